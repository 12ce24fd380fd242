public import SAGI

/// An application made of a function that serves a WebSocket.
///
/// An error that knows its status (``HTTPStatusError``), thrown before the socket is open, denies it with that status;
/// ``WebSocketClosure`` closes an open one with its code. Any other error is the server's to answer: 500, or 1011.
public struct WebSocketHandler: Application {
    private let serve: nonisolated(nonsending) @Sendable (WebSocket) async throws -> Void

    public init(_ body: nonisolated(nonsending) @escaping @Sendable (WebSocket) async throws -> Void) { serve = body }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard case .webSocket(let webSocket) = exchange else { throw Unsupported(exchange) }
        let socket = WebSocket(webSocket)
        do {
            try await serve(socket)
            // A handler that does nothing has accepted all the same.
            if socket.state == .connecting { try await socket.accept() }
        } catch let closure as WebSocketClosure {
            try await socket.close(code: closure.code, reason: closure.reason)
        } catch is SlowSubscriber {
            // RFC 6455's registry: "try again later".
            try await socket.close(code: 1013, reason: "Too slow.")
        } catch let error as any HTTPStatusError {
            guard socket.state == .connecting else { throw error }
            if webSocket.scope.values[ErrorHandlingKey.self]?.wants(error) == true { throw error }
            try await socket.deny(.problem(error, for: webSocket.scope))
        }
    }
}

extension Routes {
    /// Serves WebSockets with a function; see ``WebSocketHandler``.
    public mutating func webSocket(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (WebSocket) async throws -> Void
    ) {
        webSocket(path, name: name, where: constraints, to: WebSocketHandler(handler), file: file, line: line)
    }
}
