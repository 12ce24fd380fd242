public import SAGI

/// Rooms in which those who are connected by WebSocket talk to each other.
///
/// ```swift
/// routes.mount("/chat", Chat())
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `room` | "lobby" | the room that everybody is in at first; it is always there |
/// | `maxRooms` | 100 | how many rooms there are at once; a room is there while somebody is in it |
/// | `roomsPerClient` | 10 | how many rooms one client is in at once |
/// | `history` | 50 | how many messages of a room those who join it get, as far as they are kept |
/// | `messageLength` | 4096 | bytes of a message's text |
///
/// Both sides send JSON objects as text messages. A client sends these:
///
/// | `type` | | |
/// |---|---|---|
/// | `message` | `text`, `room` | says something in a room that it is in |
/// | `join` | `room` | enters a room |
/// | `leave` | `room` | leaves it |
/// | `nick` | `nick` | takes a name: at most 20 letters of ASCII, digits, `-` and `_`, and no one else's, whatever its case. The same goes for the names of rooms |
/// | `list` | `room` | asks who is in a room |
/// | `rooms` | | asks which rooms there are |
///
/// Without `room` it is the one that everybody is in at first. A client gets these:
///
/// | `type` | | |
/// |---|---|---|
/// | `welcome` | `nick`, `room` | what it is called, first of all |
/// | `message` | `room`, `nick`, `text`, `time` | somebody has said something, it itself too; `time` is that of ISO 8601 |
/// | `joined`, `left` | `room`, `nick` | somebody has come or gone |
/// | `nick` | `nick`, `old` | somebody is called something else; told once for each room that both are in |
/// | `users` | `room`, `users` | who is in a room: in answer to `list`, and after one's own `joined` |
/// | `rooms` | `rooms` | the rooms, each with its `room` and its number of `users` |
/// | `error` | `text` | what was wrong with the last message, as a sentence. The socket stays open |
///
/// All who are in a room get its messages in the same order. A client that is too slow is handled as the channels say, and
/// holds nobody up. How fast a client may talk is for ``WebSocketRateLimit`` to say.
///
/// With channels that several processes share, messages and news go to the clients of all of them; `users` and `rooms` tell
/// of the clients of this one. Two instances with the same channels are one chat.
public struct Chat<Channels: PubSub>: Application {
    private let channels: Channels
    private let options: ChatOptions
    private let presence: ChatPresence

    /// What is said goes over `channels`, under names that begin with "chat:". They keep the history.
    public init(
        _ channels: Channels, room: String = "lobby", maxRooms: Int = 100, roomsPerClient: Int = 10, history: Int = 50,
        messageLength: Int = 4096
    ) {
        precondition(ChatName.isValid(room), "A room is called by letters, digits, \"-\" and \"_\".")
        precondition(maxRooms > 0 && roomsPerClient > 0, "There is one room at least.")
        self.channels = channels
        options = ChatOptions(
            room: room, roomsPerClient: roomsPerClient, history: history, messageLength: messageLength)
        presence = ChatPresence(room: room, maxRooms: maxRooms)
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        try await WebSocketHandler { [channels, options, presence] socket in
            try await socket.accept()
            try await ChatClient.serve(socket, channels, presence, options)
        }.handle(exchange)
    }
}

extension Chat where Channels == MemoryPubSub {
    /// A chat with channels of its own, for one process. They keep as many rooms as there may be at once.
    public init(
        room: String = "lobby", maxRooms: Int = 100, roomsPerClient: Int = 10, history: Int = 50,
        messageLength: Int = 4096
    ) {
        // A room has two channels: for what is said, and for who comes and goes.
        self.init(
            MemoryPubSub(history: history, channels: maxRooms * 2), room: room, maxRooms: maxRooms,
            roomsPerClient: roomsPerClient, history: history, messageLength: messageLength)
    }
}

struct ChatOptions: Sendable {
    let room: String
    let roomsPerClient: Int
    let history: Int
    let messageLength: Int
}
