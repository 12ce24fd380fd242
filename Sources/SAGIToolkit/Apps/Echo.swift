public import SAGI

/// Sends every message of a WebSocket back: for trying clients out.
public struct Echo: Application {
    public init() {}

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        try await WebSocketHandler { socket in
            try await socket.accept(subprotocol: socket.subprotocols.first)
            for try await message in socket { try await socket.send(message) }
        }.handle(exchange)
    }
}
