public import HTTPTypes
public import Logging
public import SAGI

/// A request, as a handler gets it: its head, its parameters, and its content.
///
/// ```swift
/// routes.post("/users/:id/notes") { request in
///     let id = try request.parameter("id", as: Int.self)
///     let note = try await request.json(Note.self)
///     return try await notes.add(note, of: id)
/// }
/// ```
///
/// A value over the exchange's scope; ``body`` can be read once.
public struct Request: Sendable {
    /// The facts of the request, with what middleware has put in.
    public var scope: RequestScope
    /// The content: read it whole, as a stream, or not at all. Once.
    public let body: RequestBody

    /// Makes a request of the exchange that it began; `nil` for the lifespan.
    ///
    /// The content of a WebSocket or WebTransport handshake is empty.
    public init?(_ exchange: Exchange) {
        switch exchange {
        case .lifespan: return nil
        case .http(let http): self.init(http)
        case .eventStream(let stream):
            let receive = stream.receive
            self.init(
                scope: stream.scope,
                body: RequestBody(
                    Receive {
                        switch try await receive() {
                        case .body(let bytes, let more): .body(bytes, more: more)
                        case .disconnect(let reason): .disconnect(reason)
                        }
                    }))
        case .webSocket(let socket): self.init(scope: socket.scope, body: .empty)
        case .webTransport(let session): self.init(scope: session.scope, body: .empty)
        }
    }

    /// Makes a request of an HTTP exchange.
    public init(_ http: HTTPExchange) {
        self.init(scope: http.scope, body: RequestBody(http.receive))
    }

    /// Makes a request of its parts, as for a test.
    public init(scope: RequestScope, body: RequestBody = .empty) {
        self.scope = scope
        self.body = body
    }
}

// MARK: The head

extension Request {
    /// The method.
    public var method: HTTPRequest.Method { scope.method }
    /// The path, decoded; see `RequestScope.path`.
    public var path: String { scope.path }
    /// All header fields. ``subscript(_:)`` is cheaper for one of them.
    public var headerFields: HTTPFields { scope.headerFields }
    /// The version of HTTP.
    public var version: HTTPVersion { scope.version }
    /// "http" or "https": of the connection, or as a trusted proxy tells (``ProxyHeaders``).
    public var scheme: String { scope.scheme }
    /// The host and port that the client asked for.
    public var authority: String? { scope.authority }
    /// The client's address: of the connection, or as a trusted proxy tells (``ProxyHeaders``).
    public var client: PeerAddress? { scope.client }
    /// What the application prepared at startup.
    public var state: State { scope.state }
    /// What middleware has put in, under keys that are types.
    public var values: TypedValues { scope.values }
    /// A logger whose lines say which request they belong to.
    public var logger: Logger { scope.logger }

    /// The value of a header field, several of that name joined with ", "; `nil` when there is none.
    public subscript(_ name: HTTPField.Name) -> String? { scope[name] }

    /// The media type of the content; `nil` without a valid `Content-Type`.
    public var contentType: MediaType? { scope[.contentType].flatMap(MediaType.init) }

    /// The length that the client promised; `nil` when it did not.
    public var contentLength: Int? { scope[.contentLength].flatMap { Int($0) } }

    /// The parameters of the query, in their order.
    public var query: Parameters { Parameters(query: scope.query ?? "") }
}

// MARK: The connection

extension Request {
    /// Whether the client is still there and waits for the response.
    public var isConnected: Bool { scope.connection.isConnected }
    /// Why the exchange ended before its response was complete.
    public var disconnectReason: DisconnectReason? { scope.connection.disconnectReason }
    /// Calls `body` if the client goes before its response is complete; see `ConnectionState.onDisconnect(_:)`.
    public func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void) {
        scope.connection.onDisconnect(body)
    }
    /// Calls `body` when the response is complete; see `ConnectionState.onComplete(_:)`.
    public func onComplete(_ body: @escaping @Sendable () -> Void) { scope.connection.onComplete(body) }
}
