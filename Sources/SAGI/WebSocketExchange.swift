public import HTTPTypes
public import NIOCore

/// One WebSocket (RFC 6455), over any version of HTTP.
public struct WebSocketExchange: Sendable {
    public var scope: RequestScope
    /// The subprotocols that the client offers, in its order.
    public var subprotocols: [String]
    public var receive: Receive<WebSocketInbound>
    public var send: Send<WebSocketOutbound>

    public init(
        scope: RequestScope, subprotocols: [String], receive: Receive<WebSocketInbound>,
        send: Send<WebSocketOutbound>
    ) {
        self.scope = scope
        self.subprotocols = subprotocols
        self.receive = receive
        self.send = send
    }
}

/// What an application receives on a WebSocket.
public enum WebSocketInbound: Sendable {
    /// The client asks for a WebSocket, and waits for `accept` or `deny`.
    case connect
    /// A text message, or a part of one. `more` is false for its last part.
    case text(String, more: Bool)
    /// A binary message, or a part of one. `more` is false for its last part.
    case bytes(ByteBuffer, more: Bool)
    /// The socket is closed, with the code and reason of RFC 6455 §7.
    case disconnect(code: UInt16, reason: String)
}

/// What an application sends on a WebSocket.
public enum WebSocketOutbound: Sendable {
    /// Opens the socket, with one of the offered subprotocols or none. `compression` nil leaves the choice to
    /// the server.
    case accept(subprotocol: String? = nil, headerFields: HTTPFields = [:], compression: Bool? = nil)
    /// A text message, or a part of one. `more` is false for its last part.
    case text(String, more: Bool = false)
    /// A binary message, or a part of one. `more` is false for its last part.
    case bytes(ByteBuffer, more: Bool = false)
    /// Pings the peer each `interval`, and closes the socket when nothing comes back for `timeout`; `nil`
    /// stops that.
    case keepalive(interval: Duration?, timeout: Duration? = nil)
    /// Closes the socket. Before `accept` it is a denial with 403.
    case close(code: UInt16 = 1000, reason: String = "")
    /// Answers the handshake with an ordinary response instead of a socket.
    case deny(HTTPResponse, ByteBuffer)
}
