import Foundation
public import NIOCore

extension WebSocket {
    /// A whole message.
    public enum Message: Sendable, Equatable {
        case text(String)
        case bytes(ByteBuffer)

        /// The text; `nil` for a binary message.
        public var text: String? { if case .text(let text) = self { text } else { nil } }

        /// The bytes: of a text its UTF-8.
        public var bytes: ByteBuffer {
            switch self {
            case .text(let text): ByteBuffer(string: text)
            case .bytes(let bytes): bytes
            }
        }

        func decode<Value: Decodable>(_ type: Value.Type, _ decoder: JSONDecoder) throws -> Value {
            do {
                return try decoder.decode(type, from: Data(bytes.readableBytesView))
            } catch {
                throw WebSocketClosure(code: 1007, reason: "A message is not the JSON that is expected.")
            }
        }
    }
}

/// Thrown by a WebSocket's handler to close the socket: it is no failure, and is not logged as one.
public struct WebSocketClosure: Error, Hashable {
    /// The code of the Close frame (RFC 6455 §7.4).
    public var code: UInt16
    /// At most 123 bytes.
    public var reason: String

    public init(code: UInt16 = 1000, reason: String = "") {
        self.code = code
        self.reason = reason
    }
}
