package import HPACK

/// A rule that a peer has broken in a way that ends the connection (RFC 9113 §5.4.1).
package enum HTTP2Error: Error, Hashable, Sendable {
    case invalidPreface
    case missingSettings
    case settingsTimeout
    case frameTooLarge
    case wrongFrameSize
    case needsStream
    case needsConnection
    case idleStream
    case closedStream
    case clientStreamNumber
    case shrinkingStreamNumber
    case selfDependency
    case interruptedHeaderBlock
    case unexpectedContinuation
    case paddingTooLong
    case pushFromClient
    case invalidSetting
    case initialWindowTooLarge
    case zeroWindowIncrement
    case windowTooLarge
    case windowExceeded
    case headerBlockTooLarge
    case tooMuchNoise
    case compression(HPACKError)

    /// What the peer is told with GOAWAY.
    package var code: ErrorCode {
        switch self {
        case .frameTooLarge, .wrongFrameSize: .frameSizeError
        case .closedStream: .streamClosed
        case .settingsTimeout: .settingsTimeout
        case .initialWindowTooLarge, .windowTooLarge, .windowExceeded: .flowControlError
        case .headerBlockTooLarge, .tooMuchNoise: .enhanceYourCalm
        case .compression: .compressionError
        default: .protocolError
        }
    }

    /// A sentence for the peer and the log.
    package var sentence: String {
        switch self {
        case .invalidPreface: "The connection does not begin with the preface of HTTP/2."
        case .missingSettings: "The first frame is not SETTINGS."
        case .settingsTimeout: "The settings were not acknowledged in time."
        case .frameTooLarge: "A frame is larger than allowed."
        case .wrongFrameSize: "A frame has a length that its type does not allow."
        case .needsStream: "A frame that belongs to a stream names none."
        case .needsConnection: "A frame that belongs to the connection names a stream."
        case .idleStream: "A frame belongs to a stream that has not been opened."
        case .closedStream: "A frame belongs to a stream that is closed."
        case .clientStreamNumber: "A stream of the client has an even number."
        case .shrinkingStreamNumber: "A stream is opened that has a smaller number than the one before it."
        case .selfDependency: "A stream depends on itself."
        case .interruptedHeaderBlock: "Another frame interrupts a header block."
        case .unexpectedContinuation: "A CONTINUATION has nothing to continue."
        case .paddingTooLong: "The padding is longer than the frame."
        case .pushFromClient: "A client cannot push."
        case .invalidSetting: "A setting has a value that is not allowed."
        case .initialWindowTooLarge: "The initial window is too large."
        case .zeroWindowIncrement: "A window grows by nothing."
        case .windowTooLarge: "A window grows beyond its maximum."
        case .windowExceeded: "More was sent than the window allows."
        case .headerBlockTooLarge: "A header block is too large."
        case .tooMuchNoise: "Too many frames serve no request."
        case .compression(let error): error.sentence
        }
    }
}
