public import HTTPTypes
public import NIOCore

/// One conversation between a server and an application: its scope, and its `receive` and `send`.
public enum Exchange: Sendable {
    /// The life of the server, or of one of its workers.
    case lifespan(LifespanExchange)
    /// One HTTP request and its response.
    case http(HTTPExchange)
    /// One stream of server-sent events: the request's `Accept` names `text/event-stream`.
    case eventStream(EventStreamExchange)
    /// One WebSocket, over any version of HTTP.
    case webSocket(WebSocketExchange)
    /// One WebTransport session.
    case webTransport(WebTransportExchange)

    /// "lifespan", "http", "eventStream", "webSocket" or "webTransport".
    public var kind: String {
        switch self {
        case .lifespan: "lifespan"
        case .http: "http"
        case .eventStream: "eventStream"
        case .webSocket: "webSocket"
        case .webTransport: "webTransport"
        }
    }

    /// The scope of any exchange that began with a request; `nil` for the lifespan.
    ///
    /// Setting it changes this copy of the exchange only, which is how a middleware hands a changed scope on.
    /// Setting `nil`, or setting it for the lifespan, changes nothing.
    public var request: RequestScope? {
        get {
            switch self {
            case .lifespan: nil
            case .http(let http): http.scope
            case .eventStream(let stream): stream.scope
            case .webSocket(let socket): socket.scope
            case .webTransport(let session): session.scope
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .lifespan:
                return
            case .http(var http):
                http.scope = newValue
                self = .http(http)
            case .eventStream(var stream):
                stream.scope = newValue
                self = .eventStream(stream)
            case .webSocket(var socket):
                socket.scope = newValue
                self = .webSocket(socket)
            case .webTransport(var session):
                session.scope = newValue
                self = .webTransport(session)
            }
        }
    }

    /// Sets the attachment of the scope.
    package mutating func attach(_ attachment: any AnyObject & Sendable) {
        switch self {
        case .lifespan:
            return
        case .http(var http):
            http.scope.attachment = attachment
            self = .http(http)
        case .eventStream(var stream):
            stream.scope.attachment = attachment
            self = .eventStream(stream)
        case .webSocket(var socket):
            socket.scope.attachment = attachment
            self = .webSocket(socket)
        case .webTransport(var session):
            session.scope.attachment = attachment
            self = .webTransport(session)
        }
    }

    /// Answers the request that began this exchange with an ordinary HTTP response, in the form that its
    /// kind needs: a response, the decline of an event stream, the denial of a WebSocket, the refusal of a
    /// WebTransport session.
    ///
    /// Middleware that guards requests uses this, so that asking for a WebSocket does not get around it.
    ///
    /// - Parameters:
    ///   - response: the status and fields.
    ///   - body: the whole content; `Content-Length` is added when the response has none.
    /// - Throws: ``ExchangeError/wrongEvent(_:)`` when a response has started already or the exchange is the
    ///   lifespan.
    public nonisolated(nonsending) func decline(
        with response: HTTPResponse, body: ByteBuffer = ByteBuffer()
    ) async throws {
        var response = response
        if response.headerFields[.contentLength] == nil, HTTPResponse.Status.allowsContent(response.status.code) {
            response.headerFields[.contentLength] = String(body.readableBytes)
        }
        switch self {
        case .lifespan:
            throw ExchangeError.wrongEvent("The lifespan has no request that could be declined.")
        case .http(let http):
            try await http.send(.start(response))
            try await http.send(.body(body))
        case .eventStream(let stream):
            try await stream.send(.decline(response, body))
        case .webSocket(let socket):
            try await socket.send(.deny(response, body))
        case .webTransport(let session):
            try await session.send(.refuse(response, body))
        }
    }
}

extension HTTPResponse.Status {
    /// Whether a response with this status can have content (RFC 9110 §6.4.1).
    package static func allowsContent(_ code: Int) -> Bool { code >= 200 && code != 204 && code != 304 }
}
