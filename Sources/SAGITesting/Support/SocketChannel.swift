package import NIOCore

/// What a client asks for when it opens a WebSocket.
package struct SocketOffer: Sendable {
    /// The subprotocols that it offers, in its order.
    package var subprotocols: [String]
    /// Whether it offers to compress messages (RFC 7692).
    package var offersCompression: Bool
    /// `Sec-WebSocket-Key`.
    package var key: String
    /// Where what arrives goes.
    package var inbox: SocketInbox
}

/// What goes over a WebSocket in either direction (RFC 6455 §5).
package enum SocketFrame: Sendable, Equatable {
    /// A text message, or a part of one. `more` is false for its last part.
    case text(String, more: Bool)
    /// A binary message, or a part of one. `more` is false for its last part.
    case bytes(ByteBuffer, more: Bool)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// `code` is nil when none is given.
    case close(code: UInt16?, reason: String)
}

/// What carries the frames of a WebSocket, seen from the client. What arrives goes to the ``SocketInbox`` of the offer.
package protocol SocketChannel: AnyObject, Sendable {
    /// Sends a frame, suspending while the server does not take it. Does nothing once the socket has ended.
    func send(_ frame: SocketFrame) async throws
    /// Sends a frame at once: the answer to a ping or to a Close.
    func answer(_ frame: SocketFrame)
    /// The test has taken so many bytes of messages.
    func taken(_ count: Int)
}
