import HTTPTypes
import NIOCore
public import SAGI

extension Response: Application {
    /// Answers any exchange that began with a request with this response.
    ///
    /// What declines an event stream, a WebSocket or a WebTransport session has its content at once. Where that is a file
    /// or is streamed, and not known to be short (``ResponseBody/stream(_:)`` by its `Content-Length`, and up to 1 MiB),
    /// it is declined with 406.
    ///
    /// - Throws: ``Unsupported`` for the lifespan; what `send` throws.
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

    /// Declines with this response, whose content goes with it as a whole: so it must be there, or be known to be short.
    private nonisolated(nonsending) func decline(_ exchange: Exchange) async throws {
        let head = HTTPResponse(status: status, headerFields: headerFields)
        if case .empty = body { return try await exchange.decline(with: head) }
        if case .bytes(let bytes) = body { return try await exchange.decline(with: head, body: bytes) }
        guard let scope = exchange.request else { throw Unsupported(exchange) }
        if scope.method == .head { return try await exchange.decline(with: head) }
        guard let content = try await shortContent(scope.connection) else {
            let detail = "This cannot be had as an event stream, a WebSocket or a WebTransport session."
            return try await Response.problem(.notAcceptable, detail, for: scope).decline(exchange)
        }
        try await exchange.decline(with: head, body: content)
    }
}
