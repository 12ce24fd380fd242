import Foundation
public import NIOCore

/// What a message of a WebSocket can be read as.
public protocol WebSocketInput: Sendable {
    /// Reads a message.
    ///
    /// - Throws: ``WebSocketClosure`` for one of the wrong kind: uncaught, it closes the socket.
    init(_ message: WebSocket.Message) throws
}

extension WebSocket.Message: WebSocketInput {
    public init(_ message: WebSocket.Message) { self = message }
}

extension String: WebSocketInput {
    /// A text message; 1003 for a binary one (RFC 6455 §7.4.1).
    public init(_ message: WebSocket.Message) throws {
        guard case .text(let text) = message else { throw WebSocketClosure(code: 1003, reason: "Only text is taken.") }
        self = text
    }
}

extension ByteBuffer: WebSocketInput {
    /// A binary message; 1003 for a text.
    public init(_ message: WebSocket.Message) throws {
        guard case .bytes(let bytes) = message else {
            throw WebSocketClosure(code: 1003, reason: "Only binary messages are taken.")
        }
        self = bytes
    }
}

extension JSON: WebSocketInput where Value: Decodable {
    /// A message that is such a value as JSON; 1007 for any other.
    public init(_ message: WebSocket.Message) throws {
        self.init(try message.decode(Value.self, JSONDecoder()))
    }
}
