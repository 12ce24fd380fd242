import Foundation
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Chat", .timeLimit(.minutes(1)))
struct ChatTests {
    struct Event: Decodable, Equatable {
        var type: String
        var room: String?
        var nick: String?
        var old: String?
        var text: String?
        var time: String?
        var users: [String]?
        var rooms: [Room]?

        struct Room: Decodable, Equatable {
            var room: String
            var users: Int
        }
    }

    /// A client that is in the chat, and has taken a name.
    final class Member: Sendable {
        let script: SocketScript
        init(_ script: SocketScript) { self.script = script }

        func send(_ object: [String: String]) throws {
            script.say(String(decoding: try JSONEncoder().encode(object), as: UTF8.self))
        }

        func next() async throws -> Event { try await JSONDecoder().decode(Event.self, from: Data(script.next().utf8)) }

        /// The next one of a type, whatever comes before it.
        func next(_ type: String) async throws -> Event {
            while true {
                let event = try await next()
                if event.type == type { return event }
            }
        }

        func error(_ object: [String: String]) async throws -> String {
            try send(object)
            return try await next("error").text ?? ""
        }
    }

    /// Runs a test with so many clients in the lobby, called "a", "b", "c"… When it ends they leave.
    private func run(
        _ chat: some Application, _ count: Int, _ body: @escaping @Sendable ([Member]) async throws -> Void
    ) async throws {
        try await within(.seconds(30), "The chat") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                var members: [Member] = []
                for name in "abcdefgh".prefix(count) {
                    let member = Member(SocketScript())
                    group.addTask { try await chat.handle(.webSocket(member.script.exchange)) }
                    #expect(try await member.script.next() == "accept")
                    #expect(try await member.next("welcome").room == "lobby")
                    try member.send(["type": "nick", "nick": "\(name)"])
                    #expect(try await member.next("nick").nick == "\(name)")
                    // The others have seen all of that.
                    for other in members { #expect(try await other.next("nick").nick == "\(name)") }
                    members.append(member)
                }
                try await body(members)
                for member in members { member.script.leave() }
                try await group.waitForAll()
            }
        }
    }

    @Test("whoever comes is welcomed, joins the first room, and sees who is there")
    func welcome() async throws {
        try await SocketScript.run(Chat(room: "hall")) { script async throws in
            let client = Member(script)
            #expect(try await script.next() == "accept")
            let welcome = try await client.next()
            let nick = try #require(welcome.nick)
            #expect((welcome.type, welcome.room) == ("welcome", "hall"))
            #expect(nick.hasPrefix("guest-"))
            #expect(try await client.next() == Event(type: "joined", room: "hall", nick: nick))
            #expect(try await client.next() == Event(type: "users", room: "hall", users: [nick]))
        }
    }

    @Test("what one says all get, with its name and the time")
    func message() async throws {
        try await run(Chat(), 3) { members async throws in
            try members[0].send(["type": "message", "text": "<b>hello</b> 😀"])
            for member in members {
                let event = try await member.next()
                #expect((event.type, event.room, event.nick, event.text) == ("message", "lobby", "a", "<b>hello</b> 😀"))
                let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
                let time = try Date(#require(event.time), strategy: style)
                #expect(abs(time.timeIntervalSinceNow) < 20)
            }
        }
    }

    @Test("all get what is said in the same order, however many talk at once")
    func order() async throws {
        try await run(Chat(MemoryPubSub(capacity: 1000)), 4) { members async throws in
            for round in 0..<20 {
                for member in members { try member.send(["type": "message", "text": "\(round)"]) }
            }
            var heard: [[String]] = []
            for member in members {
                var texts: [String] = []
                while texts.count < 80 {
                    let event = try await member.next("message")
                    texts.append("\(event.nick ?? "") \(event.text ?? "")")
                }
                heard.append(texts)
            }
            #expect(heard.allSatisfy { $0 == heard[0] })
            #expect(heard[0].filter { $0.hasPrefix("c ") } == (0..<20).map { "c \($0)" })
        }
    }

    @Test("rooms are joined and left, and keep to themselves")
    func rooms() async throws {
        try await run(Chat(), 2) { members async throws in
            let (a, b) = (members[0], members[1])
            try a.send(["type": "join", "room": "side"])
            #expect(try await a.next() == Event(type: "joined", room: "side", nick: "a"))
            #expect(try await a.next() == Event(type: "users", room: "side", users: ["a"]))
            try a.send(["type": "message", "room": "side", "text": "alone"])
            #expect(try await a.next("message").room == "side")
            try b.send(["type": "rooms"])
            let rooms = [Event.Room(room: "lobby", users: 2), Event.Room(room: "side", users: 1)]
            // It has seen nothing of the other room.
            #expect(try await b.next() == Event(type: "rooms", rooms: rooms))
            try b.send(["type": "list", "room": "side"])
            #expect(try await b.next() == Event(type: "users", room: "side", users: ["a"]))
            try b.send(["type": "join", "room": "side"])
            #expect(try await a.next() == Event(type: "joined", room: "side", nick: "b"))
            #expect(try await b.next("users").users == ["a", "b"])
            #expect(try await b.next("message").text == "alone")
            try a.send(["type": "leave", "room": "side"])
            #expect(try await a.next() == Event(type: "left", room: "side", nick: "a"))
            #expect(try await b.next() == Event(type: "left", room: "side", nick: "a"))
            try b.send(["type": "message", "room": "side", "text": "gone?"])
            #expect(try await b.next("message").text == "gone?")
            try b.send(["type": "message", "text": "here"])
            #expect(try await a.next() == b.next())
        }
    }

    @Test("a room can be left and joined again, and the first one too")
    func again() async throws {
        try await run(Chat(), 1) { members async throws in
            let a = members[0]
            for _ in 0..<20 {
                try a.send(["type": "leave"])
                #expect(try await a.next("left").room == "lobby")
                #expect(try await a.error(["type": "message", "text": "x"]).contains("not in that room"))
                try a.send(["type": "join", "room": "lobby"])
                #expect(try await a.next("users").users == ["a"])
                try a.send(["type": "message", "text": "x"])
                #expect(try await a.next("message").text == "x")
            }
        }
    }

    @Test("who goes is gone for the others, and its name is free")
    func gone() async throws {
        let chat = Chat()
        try await run(chat, 1) { members async throws in
            try await SocketScript.run(chat) { script async throws in
                let other = Member(script)
                #expect(try await script.next() == "accept")
                try other.send(["type": "nick", "nick": "other"])
                #expect(try await other.next("nick").nick == "other")
            }
            #expect(try await members[0].next("left") == Event(type: "left", room: "lobby", nick: "other"))
            try members[0].send(["type": "list"])
            #expect(try await members[0].next("users").users == ["a"])
            try members[0].send(["type": "nick", "nick": "Other"])
            #expect(try await members[0].next() == Event(type: "nick", nick: "Other", old: "a"))
        }
    }

    @Test("whoever comes later gets what was said last, and nothing of who came and went")
    func history() async throws {
        let chat = Chat(history: 3)
        try await run(chat, 2) { members async throws in
            for number in 0..<5 { try members[0].send(["type": "message", "text": "\(number)"]) }
            for number in 0..<5 { #expect(try await members[1].next("message").text == "\(number)") }
        }
        try await SocketScript.run(chat) { script async throws in
            let late = Member(script)
            #expect(try await script.next() == "accept")
            #expect(try await late.next("users").users?.count == 1)
            for number in 2..<5 {
                let event = try await late.next()
                #expect((event.type, event.nick, event.text) == ("message", "a", "\(number)"))
            }
        }
    }

    @Test("names are checked, and are one's own, whatever their case")
    func nicks() async throws {
        try await run(Chat(), 2) { members async throws in
            let (a, b) = (members[0], members[1])
            for name in ["", " ", "x y", "ü", "a.b", "<b>", "a\n", String(repeating: "x", count: 21)] {
                #expect(try await a.error(["type": "nick", "nick": name]).contains("letters, digits"), "\(name)")
                #expect(try await a.error(["type": "join", "room": name]).contains("letters, digits"), "\(name)")
            }
            #expect(try await a.error(["type": "nick"]).contains("missing"))
            #expect(try await a.error(["type": "join"]).contains("missing"))
            #expect(try await a.error(["type": "nick", "nick": "B"]).contains("Somebody else"))
            try a.send(["type": "nick", "nick": "A_-9"])
            #expect(try await b.next() == Event(type: "nick", nick: "A_-9", old: "a"))
            try a.send(["type": "nick", "nick": "a_-9"])
            #expect(try await b.next() == Event(type: "nick", nick: "a_-9", old: "A_-9"))
            try b.send(["type": "nick", "nick": "A"])
            #expect(try await b.next() == Event(type: "nick", nick: "A", old: "b"))
        }
    }

    @Test("what is no command gets an error, and the socket stays open")
    func errors() async throws {
        try await run(Chat(messageLength: 10), 1) { members async throws in
            let a = members[0]
            for text in ["", "{", "[]", "null", "7", "{}", #"{"type":7}"#, #"{"type":"message","text":{}}"#, "\u{0}"] {
                a.script.say(text)
                #expect(try await a.next().type == "error", "\(text)")
            }
            a.script.send(.bytes(ByteBuffer(string: #"{"type":"rooms"}"#), more: false))
            #expect(try await a.next().type == "error")
            #expect(try await a.error(["type": "shout"]).contains("type"))
            #expect(try await a.error(["type": "message"]).contains("text"))
            #expect(try await a.error(["type": "message", "text": " \n"]).contains("text"))
            #expect(try await a.error(["type": "message", "text": "ééééé."]).contains("10 bytes"))
            #expect(try await a.error(["type": "message", "room": "none", "text": "x"]).contains("not in that room"))
            #expect(try await a.error(["type": "leave", "room": "none"]).contains("not in that room"))
            #expect(try await a.error(["type": "list", "room": "none"]).contains("no such room"))
            #expect(try await a.error(["type": "join", "room": "lobby"]).contains("already"))
            try a.send(["type": "message", "text": "ééééé"])
            #expect(try await a.next("message").text == "ééééé")
        }
    }

    @Test("there are only so many rooms, for all and for one")
    func limits() async throws {
        try await run(Chat(maxRooms: 3, roomsPerClient: 2), 2) { members async throws in
            let (a, b) = (members[0], members[1])
            try a.send(["type": "join", "room": "one"])
            #expect(try await a.next("users").room == "one")
            #expect(try await a.error(["type": "join", "room": "two"]).contains("Leave one first"))
            try b.send(["type": "join", "room": "two"])
            #expect(try await b.next("users").room == "two")
            try a.send(["type": "leave"])
            #expect(try await a.next("left").room == "lobby")
            #expect(try await a.error(["type": "join", "room": "three"]).contains("3 rooms"))
            // An empty room makes place for another.
            try b.send(["type": "leave", "room": "two"])
            #expect(try await b.next("left") == Event(type: "left", room: "lobby", nick: "a"))
            #expect(try await b.next("left").room == "two")
            try a.send(["type": "join", "room": "three"])
            #expect(try await a.next("users").room == "three")
        }
    }

    @Test("a client that takes nothing stalls nobody, and is closed when it comes back")
    func slowClient() async throws {
        try await run(Chat(MemoryPubSub(capacity: 8)), 3) { members async throws in
            members[2].script.block()
            for number in 0..<100 {
                try members[0].send(["type": "message", "text": "\(number)"])
                #expect(try await members[0].next("message").text == "\(number)")
                #expect(try await members[1].next("message").text == "\(number)")
            }
            members[2].script.block(false)
            var last = ""
            while !last.hasPrefix("close") { last = try await members[2].script.next() }
            #expect(last == "close 1013 Too slow.")
            members[2].script.leave()
            #expect(try await members[0].next("left").nick == "c")
        }
    }

    @Test("nobody is left in the channels")
    func leavesNothing() async throws {
        let channels = MemoryPubSub()
        try await run(Chat(channels), 4) { members async throws in
            for member in members { try member.send(["type": "join", "room": "side"]) }
            for member in members { _ = try await member.next("users") }
            #expect(channels.subscribers(of: "chat:lobby") == 4)
        }
        #expect(channels.names == [])
    }
}
