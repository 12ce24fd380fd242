import NIOCore
import SAGI

/// An application made of a function on WebSockets. It declines everything else.
func socketApp(
    _ body: nonisolated(nonsending) @escaping @Sendable (WebSocketExchange) async throws -> Void
) -> ClosureApplication {
    ClosureApplication { exchange in
        guard case .webSocket(let socket) = exchange else { throw Unsupported(exchange) }
        try await body(socket)
    }
}

/// An application made of a function on event streams. It declines everything else.
func streamApp(
    _ body: nonisolated(nonsending) @escaping @Sendable (EventStreamExchange) async throws -> Void
) -> ClosureApplication {
    ClosureApplication { exchange in
        guard case .eventStream(let stream) = exchange else { throw Unsupported(exchange) }
        try await body(stream)
    }
}

extension WebSocketExchange {
    /// Takes the request for the socket, and accepts it.
    func open(_ subprotocol: String? = nil) async throws {
        guard case .connect = try await receive() else { throw Mishap() }
        try await send(.accept(subprotocol: subprotocol))
    }

    /// Sends back what comes, part by part. Returns how the socket ended.
    @discardableResult
    func echo() async throws -> String {
        while true {
            switch try await receive() {
            case .connect: throw Mishap()
            case .text(let text, let more): try await send(.text(text, more: more))
            case .bytes(let bytes, let more): try await send(.bytes(bytes, more: more))
            case .disconnect(let code, let reason): return "\(code) \(reason)"
            }
        }
    }

    /// Receives an event, and says in a line what it is.
    func line() async throws -> String {
        switch try await receive() {
        case .connect: "connect"
        case .text(let text, let more): "text \(text)\(more ? "…" : "")"
        case .bytes(let bytes, let more): "bytes \(bytes.readableBytes)\(more ? "…" : "")"
        case .disconnect(let code, let reason): "disconnect \(code) \(reason)"
        }
    }
}

/// How `body` is refused: the name of the error, or "taken".
func refusal(_ body: () async throws -> Void) async throws -> String {
    do {
        try await body()
        return "taken"
    } catch let error as ExchangeError {
        return switch error {
        case .wrongEvent: "wrong event"
        case .invalidStatus(let code): "invalid status \(code)"
        case .invalidField(let name): "invalid field \(name)"
        case .invalidEvent: "invalid event"
        case .contentLengthExceeded: "too much"
        case .concurrentReceive: "concurrent receive"
        case .forbiddenTrailer, .file: "\(error)"
        }
    }
}
