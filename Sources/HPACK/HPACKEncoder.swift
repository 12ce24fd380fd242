package import HTTPSemantics

/// Encodes the header blocks of one connection (RFC 7541), one after the other.
///
/// It belongs to one event loop. Every block that is begun has to be sent, in that order: the peer's table depends on it.
package final class HPACKEncoder {
    /// Behind a pointer, where no access is checked for exclusivity.
    private let state: UnsafeMutablePointer<HPACKEncoderState>

    /// - Parameter maximumTableSize: the most that is used of what the peer allows, in bytes. The peer's
    ///   SETTINGS_HEADER_TABLE_SIZE is 4096 until it sets another one (RFC 9113 §6.5.2).
    package init(maximumTableSize: Int = 4096) {
        state = .allocate(capacity: 1)
        state.initialize(to: HPACKEncoderState(maximumTableSize: maximumTableSize))
    }

    deinit {
        state.pointee.deallocate()
        state.deallocate()
    }

    /// Takes over the peer's setting. When it changes what is used, the next block says so (RFC 7541 §4.2).
    package func setMaximumTableSize(_ size: Int) { state.pointee.setMaximumTableSize(size) }

    /// Begins a block.
    package func begin(into output: OutputBuffer) { state.pointee.begin(into: output) }

    /// Encodes `:status` with a code of three digits.
    package func encode(status: Int, into output: OutputBuffer) { state.pointee.encode(status: status, into: output) }

    /// Encodes a field.
    ///
    /// - Parameters:
    ///   - name: its name, which is not empty and has no capitals.
    ///   - indexing: how it is sent when it is in no table; by default ``FieldIndexing/default(staticIndex:valueCount:)``
    ///     says so.
    package func encode(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, indexing: FieldIndexing? = nil,
        into output: OutputBuffer
    ) {
        state.pointee.encode(name, value, indexing, into: output)
    }

    /// A number that grows with each change of the table. A block that left it as it was can be sent again as long as
    /// it is still the same.
    package var tableVersion: Int { state.pointee.tableVersion }

    /// The size of the dynamic table (RFC 7541 §4.1), in bytes.
    package var tableSize: Int { state.pointee.table.size }

    /// The entries of the dynamic table, the newest first.
    package var tableEntries: [(name: String, value: String)] { state.pointee.table.texts }
}
