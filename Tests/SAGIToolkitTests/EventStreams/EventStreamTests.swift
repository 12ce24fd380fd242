import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("An event stream", .timeLimit(.minutes(1)))
struct EventStreamTests {
    @Test("the first event starts it, or the end of the handler")
    func autoStart() async throws {
        let app = EventStreamHandler { stream async throws in
            try await stream.send("a\nb", event: "tick", id: "1", retry: 5)
            try await stream.send(ServerSentEvent("c"))
            try await stream.send(json: ["x": 1], id: "2")
            try await stream.comment("quiet")
            try await stream.keepalive(every: .seconds(3), comment: "still")
        }
        try await StreamScript.run(app) { client async throws in
            let got = try await [client.next(), client.next(), client.next(), client.next()]
            #expect(got == ["start", "event=tick id=1 retry=5 a\nb", "c", #"id=2 {"x":1}"#])
            #expect(try await [client.next(), client.next()] == [": quiet", "keepalive 3.0 seconds still"])
        }
        try await StreamScript.run(EventStreamHandler { _ in }) { client async throws in
            #expect(try await client.next() == "start")
        }
    }

    @Test("starting says the fields of the response, and once, whoever else sends")
    func start() async throws {
        let app = EventStreamHandler { stream async throws in
            try await stream.start(headerFields: [.server: "x"])
            try await stream.start()
            try await stream.close(reason: "enough")
            try await stream.close()
            await #expect(throws: ExchangeError.self) { try await stream.send("x") }
        }
        try await StreamScript.run(app, leaves: false) { client async throws in
            #expect(try await [client.next(), client.next()] == ["start 1 fields", "close enough"])
        }
        let crowd = EventStreamHandler { stream async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 { group.addTask { try await stream.send("\(number)") } }
                try await group.waitForAll()
            }
        }
        try await StreamScript.run(crowd) { client async throws in
            #expect(try await client.next() == "start")
            var texts: Set<String> = []
            for _ in 0..<50 { texts.insert(try await client.next()) }
            #expect(texts.count == 50)
        }
    }

    @Test("it can be declined, by an error too, and not when it has begun")
    func decline() async throws {
        let app = EventStreamHandler { stream async throws in
            guard stream.lastEventID == "5" else { throw HTTPError(.notFound, "Come back with an id.") }
            try await stream.decline(.empty(.noContent))
        }
        try await StreamScript.run(app, lastEventID: "5") { client async throws in
            #expect(try await client.next() == "decline 204 ")
        }
        try await StreamScript.run(app) { client async throws in
            let text = try await client.next()
            #expect(text.hasPrefix("decline 404 ") && text.contains("Come back with an id."))
        }
        let late = EventStreamHandler { stream async throws in
            try await stream.send("x")
            await #expect(throws: ExchangeError.self) { try await stream.decline(.empty(.noContent)) }
            throw HTTPError(.notFound)
        }
        await #expect(throws: HTTPError.self) {
            try await StreamScript.run(late, leaves: false) { client async throws in
                _ = try await [client.next(), client.next()]
            }
        }
    }

    @Test("an event is dropped rather than waited with when the client is behind")
    func trySend() async throws {
        let script = StreamScript()
        let stream = EventStream(script.exchange)
        #expect(try await stream.trySend(ServerSentEvent("1")))
        script.connection.fill(1 << 20)
        #expect(try await !stream.trySend(ServerSentEvent("2")))
        script.connection.drain()
        #expect(try await stream.trySend(ServerSentEvent("3")))
        #expect(script.waiting == ["start", "1", "3"])
    }

    @Test("a sequence of events is sent until it ends")
    func sendEvents() async throws {
        let (events, continuation) = AsyncStream<ServerSentEvent>.makeStream()
        let app = EventStreamHandler { stream async throws in
            try await stream.send(from: events)
            try await stream.close(reason: "over")
        }
        try await StreamScript.run(app) { client async throws in
            // It begins before there is anything to say.
            #expect(try await client.next() == "start")
            continuation.yield(ServerSentEvent("1", event: "e"))
            #expect(try await client.next() == "event=e 1")
            continuation.finish()
            #expect(try await client.next() == "close over")
        }
    }

    @Test("the messages of a channel are sent with their ids, and whoever comes back gets what it has missed")
    func sendPublications() async throws {
        let channels = MemoryPubSub(history: 10)
        let app = EventStreamHandler { stream async throws in
            let publications = channels.subscribe(to: "a", replaying: .after(stream.lastEventID))
            try await stream.send(from: publications, event: "news")
        }
        let last = Monitor("")
        try await StreamScript.run(app) { client async throws in
            #expect(try await client.next() == "start")
            channels.say(["1"])
            let parts = try await client.next().split(separator: " ")
            #expect([parts[0], parts[2]] == ["event=news", "1"])
            last.update { $0 = String(parts[1].dropFirst(3)) }
        }
        #expect(channels.subscribers(of: "a") == 0, "it is still subscribed")
        channels.say(["2", "3"])
        try await StreamScript.run(app, lastEventID: last.withLock { $0 }) { client async throws in
            #expect(try await client.next() == "start")
            #expect(try await [client.next(), client.next()].map { $0.suffix(1) } == ["2", "3"])
        }
    }

    @Test("a client that is too slow is sent away, to come back")
    func slowClient() async throws {
        let channels = MemoryPubSub(capacity: 2)
        let app = EventStreamHandler { stream async throws in
            try await stream.send(from: channels.subscribe(to: "a", replaying: .nothing))
        }
        try await StreamScript.run(app) { client async throws in
            #expect(try await client.next() == "start")
            client.block()
            channels.say((0..<50).map(String.init))
            client.block(false)
            var last = ""
            while !last.hasPrefix("close") { last = try await client.next() }
            #expect(last == "close too slow")
        }
    }

    @Test("what is to be done at the end is done once")
    func onClose() async throws {
        let script = StreamScript()
        let stream = EventStream(script.exchange)
        let seen = LogKeeper()
        stream.onClose { seen.logger.info("\($0.map(\.name) ?? "closed")") }
        #expect(stream.isConnected)
        script.connection.disconnect()
        script.connection.complete()
        #expect(seen.lines == ["info client_closed"])
        #expect(!stream.isConnected)
    }

    @Test("another kind of exchange is not served")
    func unsupported() async throws {
        await #expect(throws: Unsupported.self) {
            _ = try await outcome(of: EventStreamHandler { _ in }, .http, RequestScope())
        }
    }
}
