/// Why a header block cannot be decoded. The decoder's table is unknown afterwards, so the connection ends with
/// COMPRESSION_ERROR (RFC 9113 §4.3).
package enum HPACKError: Error, Hashable, Sendable {
    /// The block ends within a field.
    case truncated
    /// An integer is larger than any that can mean something, or longer than it has to be by far.
    case integerOverflow
    /// An index of zero, or one that neither table has.
    case invalidIndex
    /// A Huffman-coded string with the code for its end in it, or with wrong padding.
    case invalidHuffman
    /// The table would be larger than was allowed.
    case tableSizeUpdateTooLarge
    /// A size update that is not at the start of the block.
    case misplacedTableSizeUpdate
    /// The table had to shrink, and no size update said so.
    case missingTableSizeUpdate

    /// A sentence for the peer and the log.
    package var sentence: String {
        switch self {
        case .truncated: "A header block ends within a field."
        case .integerOverflow: "An integer in a header block is too large."
        case .invalidIndex: "A header block refers to an entry that is in no table."
        case .invalidHuffman: "A string in a header block is not valid Huffman code."
        case .tableSizeUpdateTooLarge: "A header block makes the dynamic table larger than allowed."
        case .misplacedTableSizeUpdate: "A header block changes the size of the dynamic table after its start."
        case .missingTableSizeUpdate: "A header block does not make the dynamic table as small as it has to be."
        }
    }
}
