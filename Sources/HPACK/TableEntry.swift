/// A field in a table: where its name is, with its value right behind it, and what is known of it.
package struct TableEntry: Sendable, BitwiseCopyable {
    /// Where the name starts, counted in a way of the table's own.
    package var position: UInt32 = 0
    package var nameCount: UInt32 = 0
    package var valueCount: UInt32 = 0
    /// For a table that is searched: the number for name and value.
    package var hash: UInt32 = 0
    /// For a table that is searched: the entry that was put into the same place of the index before.
    package var older: UInt32 = 0
    /// The first entry of the static table with this name, or zero.
    package var staticIndex: UInt8 = 0
    package var facts = FieldFacts.none

    /// What names and values of all entries have in common (RFC 7541 §4.1).
    package static let overhead = 32

    /// Bytes of name and value.
    @inline(__always)
    package var count: Int { Int(nameCount &+ valueCount) }
}
