/// What a server serves: one asynchronous function, called once for each exchange.
///
/// ```swift
/// struct Hello: Application {
///     func handle(_ exchange: Exchange) async throws {
///         guard case .http(let http) = exchange else { throw Unsupported(exchange) }
///         try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
///         try await http.send(.body("Hello, world!\n"))
///     }
/// }
/// ```
///
/// The server calls `handle` once in its life with ``Exchange/lifespan(_:)``, and then once for every
/// request, event stream, WebSocket or WebTransport session. Returning means that the exchange is
/// complete; throwing before a response has started makes the server answer 500, and throwing later
/// cuts the response off visibly. An application that does not know a kind of exchange throws
/// ``Unsupported``.
///
/// `handle` runs on the event loop of the connection: it must not block. ``offLoop(_:)`` runs work
/// that takes long.
public protocol Application: Sendable {
    nonisolated(nonsending) func handle(_ exchange: Exchange) async throws
}

/// An application made of a closure.
public struct ClosureApplication: Application {
    private let body: nonisolated(nonsending) @Sendable (Exchange) async throws -> Void

    /// Makes an application that calls `body` with each exchange.
    public init(_ body: nonisolated(nonsending) @escaping @Sendable (Exchange) async throws -> Void) {
        self.body = body
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        try await body(exchange)
    }
}

/// Thrown by an application that does not serve this kind of exchange.
///
/// For the lifespan this is how an application declines it, which is no error. A request that asks for an event stream
/// or a WebSocket then comes again as plain HTTP, when nothing has been sent, and nothing received but a WebSocket's
/// `connect`: whoever asks may also get an ordinary response. For HTTP itself the server answers 500.
public struct Unsupported: Error, CustomStringConvertible {
    /// The name of the kind, as in "webSocket".
    public let kind: String

    public init(_ exchange: Exchange) { kind = exchange.kind }

    public var description: String { "This application does not serve \(kind) exchanges." }
}
