public import HTTPTypes
public import NIOCore

/// One HTTP request and its response.
public struct HTTPExchange: Sendable {
    /// The facts of the request.
    public var scope: RequestScope
    /// `try await http.receive()`: the next part of the request's content.
    public var receive: Receive<HTTPRequestEvent>
    /// `try await http.send(.start(…))`: the next part of the response.
    public var send: Send<HTTPResponseEvent>

    public init(scope: RequestScope, receive: Receive<HTTPRequestEvent>, send: Send<HTTPResponseEvent>) {
        self.scope = scope
        self.receive = receive
        self.send = send
    }
}

/// What an application receives of an HTTP request.
public enum HTTPRequestEvent: Sendable {
    /// A part of the content, any transfer coding removed. A request without content has one empty part.
    /// `more` is false for the last one.
    case body(ByteBuffer, more: Bool)
    /// The trailer fields of the request, which may be none. This follows the last part of content that was sent
    /// without `Content-Length`, and no other. Fields that mean nothing after the content, such as `Host` or
    /// `Authorization`, are not among them (RFC 9110 §6.5.1).
    case trailers(HTTPFields)
    /// The exchange is over: the peer has gone, or the response is complete.
    case disconnect(DisconnectReason)
}

/// What an application sends as an HTTP response, in this order: any number of `informational`, one
/// `start`, then `body` and `file` until one of them says that no more follows, then `trailers` where they
/// were announced. `flush` may stand anywhere.
public enum HTTPResponseEvent: Sendable {
    /// An interim response with a status from 102 to 199: 103 Early Hints (RFC 8297). A server that cannot
    /// send it (HTTP/1.0) drops it.
    case informational(HTTPResponse)
    /// The status and fields of the response. `trailers` announces a ``trailers(_:)`` event.
    ///
    /// `Transfer-Encoding` and `Connection` are the server's business: `Connection: close` is honoured, and
    /// anything else in them is ignored. A `Content-Length` is a promise that is enforced.
    case start(HTTPResponse, trailers: Bool = false)
    /// A part of the content. `more` is false for the last part.
    case body(ByteBuffer, more: Bool = false)
    /// A part of the content that lies in a file. `more` is false for the last part.
    case file(FileRange, more: Bool = false)
    /// The trailer fields, after the last part of the content. They end the response, and are dropped when
    /// the client cannot take them. A field that a client needs before the content, such as `Content-Type` or
    /// `Set-Cookie`, makes `send` throw (RFC 9110 §6.5.1).
    case trailers(HTTPFields)
    /// Hands everything sent so far to the operating system now.
    case flush

    /// A part of the content: `text` as UTF-8.
    public static func body(_ text: String, more: Bool = false) -> HTTPResponseEvent {
        .body(ByteBuffer(string: text), more: more)
    }
}

/// A part of a file, to be sent as content.
public struct FileRange: Sendable {
    /// Where the file is.
    public enum Source: Sendable, Hashable {
        /// The server opens the file, and closes it after sending.
        case path(String)
        /// A descriptor open for reading. It stays the application's, which keeps it open until `send` has
        /// returned.
        case descriptor(CInt)
    }

    public var source: Source
    /// The first byte to send. Default 0. Beyond the end of the file nothing is sent.
    public var offset: Int
    /// How many bytes to send; `nil`, the default, is up to the end of the file as it is when sending starts.
    public var length: Int?

    public init(_ source: Source, offset: Int = 0, length: Int? = nil) {
        self.source = source
        self.offset = offset
        self.length = length
    }

    public init(path: String, offset: Int = 0, length: Int? = nil) {
        self.init(.path(path), offset: offset, length: length)
    }
}
