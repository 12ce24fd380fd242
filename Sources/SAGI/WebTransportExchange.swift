public import HTTPTypes
public import NIOCore

/// One WebTransport session over HTTP/3.
public struct WebTransportExchange: Sendable {
    public var scope: RequestScope
    public var receive: Receive<WebTransportInbound>
    public var send: Send<WebTransportOutbound>

    public init(scope: RequestScope, receive: Receive<WebTransportInbound>, send: Send<WebTransportOutbound>) {
        self.scope = scope
        self.receive = receive
        self.send = send
    }
}

/// A stream of a WebTransport session, by its QUIC stream number.
public struct WebTransportStreamID: Sendable, Hashable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What an application receives of a WebTransport session.
public enum WebTransportInbound: Sendable {
    /// The client asks for a session, and waits for `accept` or `refuse`.
    case connect
    /// The client opened a stream; on a bidirectional one the application may send.
    case stream(WebTransportStreamID, bidirectional: Bool)
    /// Bytes on a stream. `more` is false for the last ones.
    case data(WebTransportStreamID, ByteBuffer, more: Bool)
    /// The client gave up sending on a stream.
    case reset(WebTransportStreamID, code: UInt32)
    /// The client wants no more bytes on a stream.
    case stopSending(WebTransportStreamID, code: UInt32)
    /// A datagram.
    case datagram(ByteBuffer)
    /// The session is closed.
    case disconnect(code: UInt32, reason: String)
}

/// What an application sends on a WebTransport session.
public enum WebTransportOutbound: Sendable {
    /// Opens the session.
    case accept(headerFields: HTTPFields = [:])
    /// Answers with an ordinary response instead of a session.
    case refuse(HTTPResponse, ByteBuffer)
    /// Bytes on a stream. `more` false ends it.
    case data(WebTransportStreamID, ByteBuffer, more: Bool = true)
    /// Gives up sending on a stream.
    case reset(WebTransportStreamID, code: UInt32)
    /// Asks the client to send no more on a stream.
    case stopSending(WebTransportStreamID, code: UInt32)
    /// A datagram, which may be lost.
    case datagram(ByteBuffer)
    /// Ends the session.
    case close(code: UInt32 = 0, reason: String = "")
}
