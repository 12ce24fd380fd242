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
            if hasExtras { try await runBackground() }
        }
    }

    /// Sends it, and does its background work.
    ///
    /// - Throws: what `send`, a streaming function or background work throws.
    public nonisolated(nonsending) func send(to http: HTTPExchange) async throws {
        if hasExtras { try await sendEarlyHints(http) }
        try await http.send(.start(head))
        switch body {
        case .empty: try await http.send(.body(ByteBuffer()))
        case .bytes(let bytes): try await http.send(.body(bytes))
        case .file(let range): try await http.send(.file(range))
        case .stream(let write):
            // What would never be seen is not made.
            if http.scope.method != .head { try await write(ResponseWriter(http.send, http.scope.connection)) }
            try await http.send(.body(ByteBuffer()))
        }
        if hasExtras { try await runBackground() }
    }

    /// The status and fields in the form in which they are sent. For the usual status it shares one object, which
    /// servers know again; making one costs as much as sending it.
    private var head: HTTPResponse {
        guard status.code == 200, status.reasonPhrase == HTTPResponse.Status.ok.reasonPhrase else {
            return HTTPResponse(status: status, headerFields: headerFields)
        }
        var head = Self.ok
        head.headerFields = headerFields
        return head
    }

    private static let ok = HTTPResponse(status: .ok)

    private nonisolated(nonsending) func sendEarlyHints(_ http: HTTPExchange) async throws {
        for fields in earlyHints {
            try await http.send(.informational(HTTPResponse(status: .earlyHints, headerFields: fields)))
        }
    }

    private nonisolated(nonsending) func runBackground() async throws {
        for work in background { try await work() }
    }

    /// Declines with this response, whose content goes with it as a whole: so it must be there.
    private nonisolated(nonsending) func decline(_ exchange: Exchange) async throws {
        let head = head
        if case .empty = body { return try await exchange.decline(with: head) }
        if case .bytes(let bytes) = body { return try await exchange.decline(with: head, body: bytes) }
        guard exchange.request?.method == .head else { throw Unsupported(exchange) }
        try await exchange.decline(with: head)
    }
}
