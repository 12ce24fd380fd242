/// A rule of RFC 6455 or RFC 7692 that a peer has broken. It ends the connection.
package enum WebSocketError: Error, Hashable, Sendable {
    case reservedBits
    case reservedOpcode
    case missingMask
    case unexpectedMask
    case fragmentedControlFrame
    case controlFrameTooLong
    case lengthNotMinimal
    case lengthTooLarge
    case unexpectedContinuation
    case unfinishedMessage
    case invalidText
    case malformedClose
    case invalidCloseCode
    case invalidCloseReason
    case invalidCompression
    case frameTooLarge
    case messageTooLarge
    case tooManyFragments

    /// What the peer is told (RFC 6455 §7.4.1).
    package var closeCode: UInt16 {
        switch self {
        case .invalidText, .invalidCloseReason, .invalidCompression: 1007
        case .frameTooLarge, .messageTooLarge, .tooManyFragments: 1009
        default: 1002
        }
    }

    /// Whether the peer sent too much, and not the wrong thing.
    package var isLimit: Bool { closeCode == 1009 }

    /// A short text for the Close frame.
    package var sentence: String {
        switch self {
        case .reservedBits: "A reserved bit is set."
        case .reservedOpcode: "The opcode is reserved."
        case .missingMask: "A frame of a client is not masked."
        case .unexpectedMask: "A frame of a server is masked."
        case .fragmentedControlFrame: "A control frame is fragmented."
        case .controlFrameTooLong: "A control frame is longer than 125 bytes."
        case .lengthNotMinimal: "A payload length takes more bytes than it needs."
        case .lengthTooLarge: "A payload length has its highest bit set."
        case .unexpectedContinuation: "A continuation has nothing to continue."
        case .unfinishedMessage: "A message began before the last one ended."
        case .invalidText: "A text is not UTF-8."
        case .malformedClose: "A Close frame has one byte."
        case .invalidCloseCode: "The close code may not be sent."
        case .invalidCloseReason: "A close reason is not UTF-8."
        case .invalidCompression: "A message cannot be inflated."
        case .frameTooLarge: "A frame is too large."
        case .messageTooLarge: "A message is too large."
        case .tooManyFragments: "A message has too many fragments."
        }
    }
}
