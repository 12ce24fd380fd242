/// One socket of a ``Chat``: what it asks for, one thing after the other. What it hears comes from a task for each room.
struct ChatClient<Channels: PubSub> {
    private let socket: WebSocket
    private let channels: Channels
    private let presence: ChatPresence
    private let options: ChatOptions
    private let id: ChatPresence.ID
    private var nick: String
    /// The rooms that it is in, each with what ends the task for it.
    private var rooms: [String: AsyncStream<Void>.Continuation] = [:]
    /// Tells what it hears of itself.
    private let origin = String(UInt64.random(in: .min ... .max), radix: 36)

    private init(_ socket: WebSocket, _ channels: Channels, _ presence: ChatPresence, _ options: ChatOptions) {
        self.socket = socket
        self.channels = channels
        self.presence = presence
        self.options = options
        (id, nick) = presence.enter()
    }

    /// Serves a socket until it ends.
    nonisolated(nonsending) static func serve(
        _ socket: WebSocket, _ channels: Channels, _ presence: ChatPresence, _ options: ChatOptions
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var client = ChatClient(socket, channels, presence, options)
            let result: Result<Void, any Error>
            do {
                result = .success(try await client.talk(&group))
            } catch {
                // A socket that a task for a room has closed takes nothing any more.
                result = socket.state == .closed ? .success(()) : .failure(error)
            }
            group.cancelAll()
            await client.goodbye()
            try result.get()
        }
    }

    private mutating func talk(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        try await tell(ChatEvent(type: "welcome", room: options.room, nick: nick))
        try await join(options.room, &group)
        // A task for a room closes the socket when it fails.
        while socket.state == .open, let message = try await socket.receive(), socket.state == .open {
            do {
                try await obey(ChatCommand(message), &group)
            } catch let refusal as ChatRefusal {
                try await tell(ChatEvent(type: "error", text: refusal.sentence))
            }
        }
    }

    private mutating func obey(
        _ command: ChatCommand, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        let room = command.room ?? options.room
        switch command.type {
        case "message":
            try await say(command.text ?? "", in: room)
        case "join":
            let room = try ChatName.check(command.room, "room")
            guard rooms[room] == nil else { throw ChatRefusal("You are in that room already.") }
            try await join(room, &group)
        case "leave":
            try await leave(room)
        case "nick":
            try await rename(ChatName.check(command.nick, "user"))
        case "list":
            guard let users = presence.users(in: room) else { throw ChatRefusal("There is no such room.") }
            try await tell(ChatEvent(type: "users", room: room, users: users))
        case "rooms":
            try await tell(ChatEvent(type: "rooms", rooms: presence.rooms))
        default:
            throw ChatRefusal("There is no such \"type\".")
        }
    }

    // MARK: What it asks for

    private func say(_ text: String, in room: String) async throws {
        guard rooms[room] != nil else { throw ChatRefusal("You are not in that room.") }
        guard text.contains(where: { !$0.isWhitespace }) else { throw ChatRefusal("A message has a text.") }
        guard text.utf8.count <= options.messageLength else {
            throw ChatRefusal("A message has no more than \(options.messageLength) bytes.")
        }
        let event = ChatEvent.said(text, by: nick, in: room)
        try await channels.publish(event.json, to: Self.talk(of: room), from: origin)
    }

    private mutating func join(_ room: String, _ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        guard rooms.count < options.roomsPerClient else {
            throw ChatRefusal("You are in \(rooms.count) rooms. Leave one first.")
        }
        try presence.join(id, room)
        let (left, leave) = AsyncStream<Void>.makeStream()
        rooms[room] = leave
        // Before it is told who is there, so that nobody who comes after that is missed.
        let news = try await channels.subscribe(to: Self.news(of: room))
        let talk = try await channels.subscribe(to: Self.talk(of: room), replaying: .last(options.history))
        try await announce(ChatEvent(type: "joined", room: room, nick: nick), in: room)
        try await tell(ChatEvent(type: "users", room: room, users: presence.users(in: room) ?? []))
        group.addTask { [socket, origin] in await Self.listen(socket, talk, news, origin, until: left) }
    }

    private mutating func leave(_ room: String) async throws {
        guard let leave = rooms.removeValue(forKey: room) else { throw ChatRefusal("You are not in that room.") }
        leave.finish()
        presence.leave(id, room)
        try await announce(ChatEvent(type: "left", room: room, nick: nick), in: room)
    }

    private mutating func rename(_ new: String) async throws {
        try presence.rename(id, to: new)
        let event = ChatEvent(type: "nick", nick: new, old: nick)
        nick = new
        for room in rooms.keys { try await channels.publish(event.json, to: Self.news(of: room), from: origin) }
        try await tell(event)
    }

    /// Tells those who stay. The task may have been cancelled, and this must happen all the same.
    private func goodbye() async {
        for room in rooms.keys { presence.leave(id, room) }
        presence.exit(id)
        await Task { [channels, nick, origin, names = Array(rooms.keys)] in
            for room in names {
                let event = ChatEvent(type: "left", room: room, nick: nick)
                try? await channels.publish(event.json, to: Self.news(of: room), from: origin)
            }
        }.value
    }

    // MARK: What it hears

    private func tell(_ event: ChatEvent) async throws { try await socket.send(event.json) }

    /// Tells itself first, and then the others.
    private func announce(_ event: ChatEvent, in room: String) async throws {
        try await tell(event)
        try await channels.publish(event.json, to: Self.news(of: room), from: origin)
    }

    /// Hands on what happens in a room. When that fails it closes the socket, so that the client notices.
    private static func listen(
        _ socket: WebSocket, _ talk: Channels.Subscription, _ news: Channels.Subscription, _ origin: String,
        until left: AsyncStream<Void>
    ) async {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for try await publication in talk { try await socket.send(publication.text) } }
                group.addTask {
                    for try await publication in news where publication.origin != origin {
                        try await socket.send(publication.text)
                    }
                }
                group.addTask { for await _ in left {} }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            guard !Task.isCancelled, socket.state == .open else { return }
            let (code, reason): (UInt16, String) = error is SlowSubscriber ? (1013, "Too slow.") : (1011, "")
            try? await socket.close(code: code, reason: reason)
        }
    }

    private static func talk(of room: String) -> String { "chat:\(room)" }
    private static func news(of room: String) -> String { "chat:\(room):news" }
}
