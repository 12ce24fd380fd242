public import NIOCore

/// A whole message of a WebSocket. A literal is a text.
///
/// ```swift
/// #expect(try await socket.receive() == "hello")
/// ```
public enum WebSocketMessage: Sendable, Hashable, ExpressibleByStringLiteral {
    /// A text message.
    case text(String)
    /// A binary message.
    case bytes(ByteBuffer)

    public init(stringLiteral text: String) { self = .text(text) }
}

/// How a WebSocket was closed (RFC 6455 §7.1.5).
public struct WebSocketClose: Sendable, Hashable, CustomStringConvertible {
    /// The code of the server's Close frame. 1005 when it had none, 1006 when the connection ended without one.
    public var code: UInt16
    /// The reason beside it; empty when there was none.
    public var reason: String

    public init(code: UInt16, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason.isEmpty ? "\(code)" : "\(code) \"\(reason)\"" }
}
