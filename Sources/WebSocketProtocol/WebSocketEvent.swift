package import NIOCore

/// What arrives on a WebSocket.
package enum WebSocketEvent: Sendable, Equatable {
    /// A text message, or a part of one. `more` is false for its last part.
    case text(String, more: Bool)
    /// A binary message, or a part of one. `more` is false for its last part.
    case bytes(ByteBuffer, more: Bool)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// The peer closes. `code` is nil when it gives none.
    case close(code: UInt16?, reason: String)
}
