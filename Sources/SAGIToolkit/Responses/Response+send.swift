import HTTPTypes
import NIOCore
public import SAGI

extension Response: Application {
    /// Answers any exchange that began with a request with this response.
    ///
    /// - Throws: ``Unsupported`` for the lifespan, and for content that is streamed or in a file on an exchange that is not
    ///   plain HTTP, which a server then makes of it; what `send` throws.
    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        switch exchange {
        case .lifespan: throw Unsupported(exchange)
        case .http(let http): try await send(to: http)
        case .eventStream, .webSocket, .webTransport:
            try await decline(exchange)
            try await runBackground()
        }
    }

    /// Sends it, and does its background work.
    ///
    /// - Throws: what `send`, a streaming function or background work throws.
    public nonisolated(nonsending) func send(to http: HTTPExchange) async throws {
        for fields in earlyHints {
            try await http.send(.informational(HTTPResponse(status: .earlyHints, headerFields: fields)))
        }
        try await http.send(.start(HTTPResponse(status: status, headerFields: headerFields)))
        switch body {
        case .empty: try await http.send(.body(ByteBuffer()))
        case .bytes(let bytes): try await http.send(.body(bytes))
        case .file(let range): try await http.send(.file(range))
        case .stream(let write):
            // What would never be seen is not made.
            if http.scope.method != .head { try await write(ResponseWriter(http.send, http.scope.connection)) }
            try await http.send(.body(ByteBuffer()))
        }
        try await runBackground()
    }

    private nonisolated(nonsending) func runBackground() async throws {
        for work in background { try await work() }
    }

    /// Declines with this response, whose content goes with it as a whole: so it must be there.
    private nonisolated(nonsending) func decline(_ exchange: Exchange) async throws {
        let head = HTTPResponse(status: status, headerFields: headerFields)
        if case .empty = body { return try await exchange.decline(with: head) }
        if case .bytes(let bytes) = body { return try await exchange.decline(with: head, body: bytes) }
        guard exchange.request?.method == .head else { throw Unsupported(exchange) }
        try await exchange.decline(with: head)
    }
}
