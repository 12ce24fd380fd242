/// An endpoint that serves WebSockets.
///
/// ```swift
/// struct GameEndpoint: WebSocketEndpoint {
///     let game: Game
///
///     func onConnect(_ socket: WebSocket) async throws {
///         try await socket.accept()
///         try await socket.send(json: game.position)
///     }
///     func onMessage(_ message: JSON<Move>, on socket: WebSocket) async throws {
///         try await socket.send(json: game.play(message.value))
///     }
///     func onDisconnect(_ socket: WebSocket) async { await game.pause() }
/// }
///
/// routes.endpoint("/game", GameEndpoint(game: game))
/// ```
///
/// One value serves all sockets. They are closed, denied and failed as with ``WebSocketHandler``. Everything of one socket
/// happens one after the other.
public protocol WebSocketEndpoint: Endpoint {
    /// What messages are: `String` for text, `ByteBuffer` for binary messages, ``JSON`` for values,
    /// ``WebSocket/Message`` for anything.
    associatedtype Message: WebSocketInput

    /// Called first, to accept or deny the socket. Default: accepts it.
    nonisolated(nonsending) func onConnect(_ socket: WebSocket) async throws
    /// Called with each message.
    nonisolated(nonsending) func onMessage(_ message: Message, on socket: WebSocket) async throws
    /// Called once if ``onConnect(_:)`` has returned without denying the socket, when that has ended: ``WebSocket/closing``
    /// says how the client did it. When that has gone without a Close frame, the task is cancelled. Default: nothing.
    nonisolated(nonsending) func onDisconnect(_ socket: WebSocket) async
}

extension WebSocketEndpoint {
    public nonisolated(nonsending) func onConnect(_ socket: WebSocket) async throws { try await socket.accept() }
    public nonisolated(nonsending) func onDisconnect(_ socket: WebSocket) async {}

    var webSocketHandler: WebSocketHandler { WebSocketHandler { try await self.serve($0) } }

    private nonisolated(nonsending) func serve(_ socket: WebSocket) async throws {
        try await onConnect(socket)
        guard socket.state != .closed else { return }
        do {
            for try await message in socket { try await onMessage(Message(message), on: socket) }
        } catch {
            await onDisconnect(socket)
            throw error
        }
        await onDisconnect(socket)
    }
}
