public import HTTPTypes
public import SAGI

/// An application made of a function that turns a request into what is answered.
///
/// ```swift
/// let app = Handler { request in "Hello, \(request.query["name"] ?? "world")!" }
/// ```
///
/// An error that knows its status (``HTTPError``, ``HTTPStatusError``) is answered with it; any other one goes on to
/// whoever is outside: an ``ErrorHandler``, or the server.
public struct Handler: Application {
    private let respond: nonisolated(nonsending) @Sendable (Request) async throws -> Response

    /// Makes an application of a function.
    public init<Result: ResponseConvertible>(
        _ body: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        respond = { request in try await body(request).response(to: request) }
    }

    /// The same, for a value that is sent as JSON.
    @_disfavoredOverload
    public init<Result: Encodable & Sendable>(
        _ body: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> Result
    ) {
        respond = { request in try await .json(body(request)) }
    }

    /// The same, for a status and what is answered with it.
    @_disfavoredOverload
    public init<Result: ResponseConvertible>(
        _ body: nonisolated(nonsending) @escaping @Sendable (Request) async throws -> (HTTPResponse.Status, Result)
    ) {
        respond = { request in
            let (status, content) = try await body(request)
            return try WithStatus(status, content).response(to: request)
        }
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard let request = Request(exchange) else { throw Unsupported(exchange) }
        let response: Response
        do {
            response = try await respond(request)
        } catch let error as any HTTPStatusError {
            // A client that has gone is told nothing.
            guard request.isConnected else { return }
            if request.scope.values[ErrorHandlingKey.self]?.wants(error) == true { throw error }
            response = .problem(error, for: request.scope)
        }
        try await response.handle(exchange)
    }
}
