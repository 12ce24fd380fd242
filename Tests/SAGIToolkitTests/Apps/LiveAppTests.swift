import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Echo, Broadcast and EventChannel", .timeLimit(.minutes(1)))
struct LiveAppTests {
    @Test("Echo sends everything back, whole, and takes the first subprotocol")
    func echo() async throws {
        try await SocketScript.run(Echo(), subprotocols: ["a", "b"]) { client async throws in
            #expect(try await client.next() == "accept a")
            client.send(.text("x", more: true), .text("y", more: false), .bytes(ByteBuffer(bytes: [7]), more: false))
            #expect(try await [client.next(), client.next()] == ["xy", "bytes [7]"])
        }
    }

    @Test("Broadcast sends to the others on the same path, text as text and bytes as bytes", arguments: [false, true])
    func broadcast(echoes: Bool) async throws {
        let channels = MemoryPubSub()
        let app = Broadcast(channels, echoes: echoes)
        try await SocketScript.run(app, "/a") { first async throws in
            try await SocketScript.run(app, "/a") { second async throws in
                try await SocketScript.run(app, "/b") { elsewhere async throws in
                    for client in [first, second, elsewhere] { #expect(try await client.next() == "accept") }
                    try await until("three subscribers") {
                        channels.subscribers(of: "/a") == 2 && channels.subscribers(of: "/b") == 1
                    }
                    first.say("hello")
                    first.send(.bytes(ByteBuffer(bytes: [1, 0xFF]), more: false))
                    #expect(try await [second.next(), second.next()] == ["hello", "bytes [1, 255]"])
                    if echoes { #expect(try await [first.next(), first.next()] == ["hello", "bytes [1, 255]"]) }
                    channels.say(["from outside"], on: "/a")
                    #expect(try await [first.next(), second.next()] == ["from outside", "from outside"])
                    #expect(elsewhere.waiting == [])
                }
            }
        }
        #expect(channels.names == [])
    }

    @Test("Broadcast asks which channel a request is for")
    func broadcastChannel() async throws {
        let channels = MemoryPubSub()
        let app = Broadcast(channels) { $0.query["room"] ?? "none" }
        try await SocketScript.run(app, "/?room=x") { client async throws in
            #expect(try await client.next() == "accept")
            channels.say(["1"], on: "x")
            #expect(try await client.next() == "1")
        }
    }

    @Test("EventChannel sends what is published, and to whoever comes back what was missed")
    func eventChannel() async throws {
        let channels = MemoryPubSub(history: 5)
        let app = EventChannel(channels, channel: "news", event: "item", retry: .seconds(2))
        let id = Monitor("")
        try await StreamScript.run(app) { client async throws in
            #expect(try await client.next() == "start")
            channels.say(["1", "2"], on: "news")
            let parts = try await client.next().split(separator: " ")
            #expect([parts[0], parts[2], parts[3]] == ["event=item", "retry=2000", "1"])
            id.update { $0 = String(parts[1].dropFirst(3)) }
            #expect(try await client.next().hasSuffix("2"))
        }
        try await StreamScript.run(app, lastEventID: id.withLock { $0 }) { client async throws in
            #expect(try await client.next() == "start")
            #expect(try await client.next().hasSuffix("retry=2000 2"))
        }
        #expect(channels.subscribers(of: "news") == 0)
    }

    @Test("EventChannel asks which channel a request is for, and serves event streams alone")
    func eventChannelChoice() async throws {
        let channels = MemoryPubSub()
        let app = EventChannel(channels) { $0.path }
        try await StreamScript.run(app, "/x") { client async throws in
            #expect(try await client.next() == "start")
            channels.say(["1"], on: "/x")
            #expect(try await client.next().hasSuffix(" 1"))
        }
        await #expect(throws: Unsupported.self) { _ = try await outcome(of: app, .http, RequestScope()) }
    }
}
