package import HTTPSemantics

/// Decodes the header blocks of one connection (RFC 7541), one after the other.
///
/// It belongs to one event loop. Whether a field may stand where it stands is for others to say; ``FieldFacts`` say what
/// its bytes are.
package final class HPACKDecoder {
    /// Behind a pointer, where no access is checked for exclusivity.
    private let state: UnsafeMutablePointer<HPACKDecoderState>

    /// - Parameter maximumTableSize: the SETTINGS_HEADER_TABLE_SIZE that the peer starts with (RFC 9113 §6.5.2), in
    ///   bytes.
    package init(maximumTableSize: Int = 4096) {
        state = .allocate(capacity: 1)
        state.initialize(to: HPACKDecoderState(maximumTableSize: maximumTableSize))
    }

    deinit {
        state.pointee.deallocate()
        state.deallocate()
    }

    /// Changes how large the peer may make the dynamic table, once it has acknowledged the setting. When that is less
    /// than it uses, its next block has to start with an update (RFC 7541 §4.2).
    package func setMaximumTableSize(_ size: Int) { state.pointee.setMaximumTableSize(size) }

    /// Decodes a whole block. Names and values are appended to `head.bytes`, and ``fields`` tells where.
    ///
    /// A list that exceeds the limits is decoded to its end, because the next blocks depend on it (RFC 9113 §10.5.1),
    /// but none of its further fields is kept. From there on, a field that is in a table costs next to nothing, and one
    /// that is put there costs no more than a copy of its name, which the table's size limits.
    package func decode(
        _ block: UnsafeRawBufferPointer, limits: FieldListLimits, into head: inout RequestHead
    ) throws(HPACKError) -> FieldListResult {
        let result = try state.pointee.decode(block, limits, at: head.bytes.count)
        head.bytes.append(state.pointee.bytes)
        return result
    }

    /// The fields of the block that was decoded last, in order. They are there until the next one is decoded.
    package var fields: UnsafeBufferPointer<DecodedField> { state.pointee.fields }

    /// Whether the block that was decoded last says the same as the one before it: the bytes are the same, and so was
    /// the table.
    package var isRepeated: Bool { state.pointee.isRepeated }

    /// The size of the dynamic table (RFC 7541 §4.1), in bytes.
    package var tableSize: Int { state.pointee.table.size }

    /// The entries of the dynamic table, the newest first.
    package var tableEntries: [(name: String, value: String)] { state.pointee.table.texts }
}

extension DynamicTable {
    /// The entries as text, the newest first.
    package var texts: [(name: String, value: String)] {
        (insertCount - count..<insertCount).reversed().map { number in
            let entry = self[number]
            let name = UnsafeRawBufferPointer(start: bytes(of: entry), count: Int(entry.nameCount))
            let value = UnsafeRawBufferPointer(
                start: bytes(of: entry) + Int(entry.nameCount), count: Int(entry.valueCount))
            return (PercentCoding.text(name), PercentCoding.text(value))
        }
    }
}
