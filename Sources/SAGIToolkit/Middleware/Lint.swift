import HTTPTypes
public import SAGI

/// Finds what an application does against the specification (`docs/spec`), while it is being developed.
///
/// ```swift
/// app.wrapped { if settings.isDevelopment { Lint() } }
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `report` | `nil` | called with each breach, after which the event goes on to the server; `nil` throws it, from `send` or at the end of the exchange |
///
/// It looks at every event of every kind of exchange: order, statuses, header fields, lengths, the fields of event
/// streams, the close codes of WebSockets; whether the exchange was answered, and to its end; events after the end, and
/// two tasks that receive at once. A server refuses some of that too, but lets pass what harms nobody on the wire, such
/// as a `Content-Length` on a 204. After the client has gone nothing is looked at, for nothing is sent then.
///
/// Put it innermost, around the application itself. It costs time for each event: leave it out in production.
public struct Lint: Middleware {
    private let report: (@Sendable (LintFinding) -> Void)?

    public init(report: (@Sendable (LintFinding) -> Void)? = nil) { self.report = report }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        switch exchange {
        case .lifespan(var lifespan):
            let watch = LintWatch(LifespanRules(), nil, report)
            lifespan.send = watch.watching(lifespan.send)
            lifespan.receive = watch.watching(lifespan.receive) { $0.noteReceived($1) }
            // Declining is allowed, by throwing or returning.
            try await next.handle(.lifespan(lifespan))
        case .http(var http):
            let watch = LintWatch(HTTPRules(isHead: http.scope.method == .head), http.scope.connection, report)
            http.send = watch.watching(http.send)
            http.receive = watch.watching(http.receive)
            try await watch.run { try await next.handle(.http(http)) }
        case .eventStream(var stream):
            let watch = LintWatch(EventStreamRules(), stream.scope.connection, report)
            stream.send = watch.watching(stream.send)
            stream.receive = watch.watching(stream.receive)
            try await watch.run { try await next.handle(.eventStream(stream)) }
        case .webSocket(var socket):
            let watch = LintWatch(WebSocketRules(offered: socket.subprotocols), socket.scope.connection, report)
            socket.send = watch.watching(socket.send)
            socket.receive = watch.watching(socket.receive) { $0.noteReceived($1) }
            try await watch.run { try await next.handle(.webSocket(socket)) }
        case .webTransport(var session):
            let watch = LintWatch(WebTransportRules(), session.scope.connection, report)
            session.send = watch.watching(session.send)
            session.receive = watch.watching(session.receive) { $0.noteReceived($1) }
            try await watch.run { try await next.handle(.webTransport(session)) }
        }
    }
}

/// A breach of the specification that ``Lint`` has found.
public struct LintFinding: Error, Hashable, CustomStringConvertible {
    /// The number of the rule, such as "HTTP-27"; where the specification has none yet, the section of the standard.
    public let rule: String
    /// What the application has done, as a sentence.
    public let message: String

    init(_ rule: String, _ message: String) {
        self.rule = rule
        self.message = message
    }

    public var description: String { "\(rule): \(message)" }
}
