import Synchronization

/// Who is in which room of a ``Chat``, and what they are called.
final class ChatPresence: Sendable {
    /// Names a client as long as it is there.
    typealias ID = Int

    private struct State {
        var lastID = 0
        var nicks: [ID: String] = [:]
        /// Names in use, in small letters.
        var taken: Set<String> = []
        var rooms: [String: Set<ID>] = [:]
    }

    /// The room that is always there.
    private let room: String
    private let maxRooms: Int
    private let state: Mutex<State>

    init(room: String, maxRooms: Int) {
        self.room = room
        self.maxRooms = maxRooms
        state = Mutex(State(rooms: [room: []]))
    }

    /// A new client, with a name that nobody has.
    func enter() -> (id: ID, nick: String) {
        state.withLock { state in
            state.lastID += 1
            var nick: String
            repeat { nick = "guest-\(Int.random(in: 1000...9_999_999))" } while !state.taken.insert(nick).inserted
            state.nicks[state.lastID] = nick
            return (state.lastID, nick)
        }
    }

    /// The client is gone: its rooms must have been left.
    func exit(_ id: ID) {
        state.withLock { state in
            if let nick = state.nicks.removeValue(forKey: id) { state.taken.remove(nick.lowercased()) }
        }
    }

    /// - Throws: ``ChatRefusal`` when somebody else has the name.
    func rename(_ id: ID, to nick: String) throws {
        try state.withLock { state in
            let old = state.nicks[id]
            // It may have its own name with other capitals.
            if old?.lowercased() != nick.lowercased() {
                guard state.taken.insert(nick.lowercased()).inserted else {
                    throw ChatRefusal("Somebody else is called \(nick).")
                }
                if let old { state.taken.remove(old.lowercased()) }
            }
            state.nicks[id] = nick
        }
    }

    /// - Throws: ``ChatRefusal`` when there are too many rooms.
    func join(_ id: ID, _ room: String) throws {
        try state.withLock { state in
            if state.rooms[room] == nil, state.rooms.count >= maxRooms {
                throw ChatRefusal("There are \(maxRooms) rooms, and no room for one more.")
            }
            state.rooms[room, default: []].insert(id)
        }
    }

    func leave(_ id: ID, _ room: String) {
        state.withLock { state in
            state.rooms[room]?.remove(id)
            if state.rooms[room]?.isEmpty == true, room != self.room { state.rooms[room] = nil }
        }
    }

    /// The names of those who are in a room, sorted; `nil` when there is no such room.
    func users(in room: String) -> [String]? {
        state.withLock { state in state.rooms[room]?.compactMap { state.nicks[$0] } }?.sorted()
    }

    var rooms: [ChatEvent.Room] {
        state.withLock { $0.rooms.map { ChatEvent.Room(room: $0.key, users: $0.value.count) } }
            .sorted { $0.room < $1.room }
    }
}
