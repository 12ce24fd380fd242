/// Why a request cannot be served, and what the client is told: one status each, and the rule that was broken.
package enum HTTP1Error: Error, Hashable, Sendable {
    case malformedRequestLine
    case requestLineTooLong
    case unsupportedVersion
    case unknownMethod
    case invalidTarget
    case malformedFieldLine
    case invalidFieldName
    case invalidFieldValue
    case obsoleteLineFolding
    case bareLineFeed
    case bareCarriageReturn
    case headerSectionTooLarge
    case tooManyFields
    case missingHost
    case invalidHost
    case invalidContentLength
    case contentLengthWithTransferEncoding
    case invalidTransferEncoding
    case unsupportedTransferCoding
    case unsupportedExpectation
    case bodyTooLarge
    case malformedChunk
    case chunkExtensionsTooLarge
    case trailerSectionTooLarge

    package var status: Int {
        switch self {
        case .requestLineTooLong: 414
        case .unsupportedVersion: 505
        case .unknownMethod, .unsupportedTransferCoding: 501
        case .headerSectionTooLarge, .tooManyFields, .trailerSectionTooLarge: 431
        case .unsupportedExpectation: 417
        case .bodyTooLarge: 413
        default: 400
        }
    }

    /// A sentence for the client and the log.
    package var sentence: String {
        switch self {
        case .malformedRequestLine: "The request line is malformed."
        case .requestLineTooLong: "The request line is too long."
        case .unsupportedVersion: "This version of HTTP is not supported here."
        case .unknownMethod: "The method is not implemented."
        case .invalidTarget: "The request target is invalid."
        case .malformedFieldLine: "A header field line is malformed."
        case .invalidFieldName: "A header field name has a byte that is not allowed."
        case .invalidFieldValue: "A header field value has a byte that is not allowed."
        case .obsoleteLineFolding: "A header field is folded over several lines."
        case .bareLineFeed: "A line ends with LF alone."
        case .bareCarriageReturn: "A CR is not followed by LF."
        case .headerSectionTooLarge: "The header section is too large."
        case .tooManyFields: "There are too many header fields."
        case .missingHost: "The Host field is missing."
        case .invalidHost: "The Host field is invalid, or there are several."
        case .invalidContentLength: "The Content-Length is invalid."
        case .contentLengthWithTransferEncoding: "Content-Length and Transfer-Encoding came together."
        case .invalidTransferEncoding: "The Transfer-Encoding is invalid."
        case .unsupportedTransferCoding: "The transfer coding is not implemented."
        case .unsupportedExpectation: "The expectation cannot be met."
        case .bodyTooLarge: "The content is too large."
        case .malformedChunk: "The chunked content is malformed."
        case .chunkExtensionsTooLarge: "The chunk extensions are too large."
        case .trailerSectionTooLarge: "The trailer section is too large."
        }
    }
}

/// How much of a request the decoder takes before it refuses.
package struct HTTP1Limits: Sendable, Equatable {
    /// Bytes of the request line, without its line end. Beyond: 414.
    package var requestLine = 8 * 1024
    /// Bytes of the request line and the header section. Beyond: 431.
    package var headerSection = 32 * 1024
    /// Header fields. Beyond: 431.
    package var fieldCount = 100
    /// Bytes of content; `nil` is no limit. Beyond: 413.
    package var body: Int? = 16 * 1024 * 1024
    /// Bytes of chunk extensions in one request. Beyond: 400.
    package var chunkExtensions = 16 * 1024
    /// Bytes of the trailer section. Beyond: 431.
    package var trailerSection = 8 * 1024
    /// Whether a line may end with LF alone (RFC 9112 §2.2 lets a recipient accept that).
    package var allowsBareLineFeed = false

    package init() {}
}
