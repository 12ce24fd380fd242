import Foundation
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("A WebSocket", .timeLimit(.minutes(1)))
struct WebSocketTests {
    // MARK: Opening

    @Test("the first message that is sent or waited for accepts it")
    func autoAccept() async throws {
        try await SocketScript.run(
            WebSocketHandler { socket async throws in
                #expect(socket.state == .connecting)
                try await socket.send("hello")
                #expect(socket.state == .open)
            }
        ) { client async throws in
            #expect(try await client.next() == "accept")
            #expect(try await client.next() == "hello")
        }
        try await SocketScript.run(WebSocketHandler { socket in _ = try await socket.receive() }) {
            client async throws in
            #expect(try await client.next() == "accept")
        }
        // A handler that does nothing has accepted all the same.
        try await SocketScript.run(WebSocketHandler { _ in }) { client async throws in
            #expect(try await client.next() == "accept")
        }
    }

    @Test("accepting says what was agreed on, and once")
    func accept() async throws {
        let app = WebSocketHandler { socket async throws in
            #expect(socket.subprotocols == ["a", "b"])
            try await socket.accept(subprotocol: "b", headerFields: [.server: "x"], compression: false)
            try await socket.accept()
            #expect(socket.subprotocol == "b")
            try await socket.keepalive(every: .seconds(5), timeout: .seconds(1))
        }
        try await SocketScript.run(app, subprotocols: ["a", "b"]) { client async throws in
            #expect(try await client.next() == "accept b 1 fields false")
            #expect(try await client.next() == "keepalive 5.0 seconds 1.0 seconds")
        }
    }

    @Test("a subprotocol that is not offered throws, and the socket can still be opened")
    func wrongSubprotocol() async throws {
        let app = WebSocketHandler { socket async throws in
            await #expect(throws: ExchangeError.self) { try await socket.accept(subprotocol: "c") }
            try await socket.accept()
        }
        try await SocketScript.run(app, subprotocols: ["a"]) { client async throws in
            #expect(try await client.next() == "accept")
        }
    }

    @Test("tasks that send at once open it once")
    func manyOpen() async throws {
        let app = WebSocketHandler { socket async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 { group.addTask { try await socket.send("\(number)") } }
                try await group.waitForAll()
            }
        }
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            var texts: Set<String> = []
            for _ in 0..<50 { texts.insert(try await client.next()) }
            #expect(texts.count == 50)
        }
    }

    @Test("it can be denied, and then takes nothing")
    func deny() async throws {
        let app = WebSocketHandler { socket async throws in
            try await socket.deny(.text("Not you.", status: .unauthorized))
            #expect(socket.state == .closed)
            await #expect(throws: ExchangeError.self) { try await socket.send("x") }
        }
        try await SocketScript.run(app) { client async throws in #expect(try await client.next() == "deny 401 Not you.")
        }
        // Not when it is open.
        let late = WebSocketHandler { socket async throws in
            try await socket.accept()
            await #expect(throws: ExchangeError.self) { try await socket.deny(.text("Not you.")) }
            #expect(socket.state == .open)
        }
        try await SocketScript.run(late) { client async throws in #expect(try await client.next() == "accept") }
    }

    @Test("an error with a status denies it, and is none any more when it is open")
    func statusError() async throws {
        let app = WebSocketHandler { _ in throw HTTPError(.forbidden, "Members only.") }
        try await SocketScript.run(app) { client async throws in
            let text = try await client.next()
            #expect(text.hasPrefix("deny 403 ") && text.contains("Members only."))
        }
        let late = WebSocketHandler { socket async throws in
            try await socket.accept()
            throw HTTPError(.forbidden)
        }
        await #expect(throws: HTTPError.self) { try await SocketScript.run(late) { _ in } }
    }

    // MARK: Messages

    @Test("parts become whole messages")
    func parts() async throws {
        let app = WebSocketHandler { socket in for try await message in socket { try await socket.send(message) } }
        try await SocketScript.run(app) { client async throws in
            client.send(.text("a", more: true), .text("b", more: true), .text("c", more: false))
            client.send(.bytes(ByteBuffer(bytes: [1]), more: true), .bytes(ByteBuffer(bytes: [2, 3]), more: false))
            client.send(.bytes(ByteBuffer(bytes: []), more: false), .text("", more: false))
            let got = try await [client.next(), client.next(), client.next(), client.next(), client.next()]
            #expect(got == ["accept", "abc", "bytes [1, 2, 3]", "bytes []", ""])
        }
    }

    private struct Point: Codable, Equatable { var x: Int }

    @Test("messages are values of JSON, and what is none closes with 1007")
    func json() async throws {
        let app = WebSocketHandler { socket async throws in
            let first = try #require(try await socket.receive(Point.self))
            try await socket.send(json: Point(x: first.x + 1))
            for try await point in socket.messages(of: Point.self) { try await socket.send(json: [point]) }
        }
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            client.say(#"{"x":1}"#)
            #expect(try await client.next() == #"{"x":2}"#)
            client.send(.bytes(ByteBuffer(string: #"{"x":3}"#), more: false))
            #expect(try await client.next() == #"[{"x":3}]"#)
            client.say("{")
            #expect(try await client.next().hasPrefix("close 1007 "))
        }
    }

    @Test("a message is dropped rather than waited with when the client is behind")
    func trySend() async throws {
        let script = SocketScript()
        let socket = WebSocket(script.exchange)
        #expect(try await socket.trySend(.text("1")))
        script.connection.fill(1 << 20)
        #expect(try await !socket.trySend(.text("2")))
        script.connection.drain()
        #expect(try await socket.trySend(.text("3")))
        #expect(script.waiting == ["accept", "1", "3"])
    }

    // MARK: The end

    @Test("the end of the socket ends the sequence, and says how")
    func end() async throws {
        let app = WebSocketHandler { socket async throws in
            for try await _ in socket {}
            let closing = try #require(socket.closing)
            #expect((closing.code, closing.reason) == (4001, "bye"))
            #expect(socket.state == .closed)
        }
        try await SocketScript.run(app) { client async throws in client.send(.disconnect(code: 4001, reason: "bye")) }
    }

    @Test("closing sends a code and a reason, and before it is open denies it")
    func close() async throws {
        let app = WebSocketHandler { socket async throws in
            try await socket.accept()
            await #expect(throws: ExchangeError.self) { try await socket.close(code: 1005) }
            #expect(socket.state == .open)
            try await socket.close(code: 3000, reason: "enough")
            try await socket.close(code: 3001)
            #expect(socket.state == .closed)
            await #expect(throws: ExchangeError.self) { try await socket.send("x") }
        }
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            #expect(try await client.next() == "close 3000 enough")
            #expect(client.waiting == [])
        }
    }

    @Test("an error that is a closure closes with its code, and so does a subscriber that is too slow")
    func closure() async throws {
        let app = WebSocketHandler { socket async throws in
            try await socket.accept()
            throw WebSocketClosure(code: 4004, reason: "No such game.")
        }
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            #expect(try await client.next() == "close 4004 No such game.")
        }
        let slow = WebSocketHandler { socket async throws in
            try await socket.accept()
            throw SlowSubscriber(waiting: 5)
        }
        try await SocketScript.run(slow) { client async throws in
            #expect(try await client.next() == "accept")
            #expect(try await client.next() == "close 1013 Too slow.")
        }
    }

    @Test("what is to be done at the end is done once, with the reason")
    func onClose() async throws {
        for isGone in [true, false] {
            let script = SocketScript()
            let socket = WebSocket(script.exchange)
            let seen = LogKeeper()
            socket.onClose { seen.logger.info("\($0.map(\.name) ?? "closed")") }
            if isGone { script.connection.disconnect() } else { script.connection.complete() }
            script.connection.disconnect()
            #expect(seen.lines == [isGone ? "info client_closed" : "info closed"])
            #expect(socket.state == .connecting)
        }
    }

    @Test("another kind of exchange is not served")
    func unsupported() async throws {
        await #expect(throws: Unsupported.self) {
            _ = try await outcome(of: WebSocketHandler { _ in }, .http, RequestScope())
        }
    }

    // MARK: A sequence that is sent

    @Test("a sequence is sent while messages are received")
    func sendFrom() async throws {
        let channels = MemoryPubSub()
        let app = WebSocketHandler { socket async throws in
            let publications = channels.subscribe(to: "a", replaying: .nothing)
            try await socket.send(from: publications) {
                $0.text == "skipped" ? nil : .text($0.text)
            } receiving: { message in
                channels.publish(message.bytes, to: "a", from: nil)
            }
        }
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            channels.say(["1", "skipped", "2"])
            client.say("3")
            #expect(Set(try await [client.next(), client.next(), client.next()]) == ["1", "2", "3"])
        }
        #expect(channels.names == [], "it is still subscribed")
    }

    @Test("the end of the sequence ends both, and so does an error of either")
    func sendFromEnds() async throws {
        let (numbers, continuation) = AsyncStream<Int>.makeStream()
        continuation.yield(1)
        continuation.finish()
        let ends = WebSocketHandler { socket async throws in
            try await socket.send(from: numbers) { .text("\($0)") }
            try await socket.close(code: 1000, reason: "over")
        }
        try await SocketScript.run(ends) { client async throws in
            #expect(try await [client.next(), client.next(), client.next()] == ["accept", "1", "close 1000 over"])
        }
        let channels = MemoryPubSub()
        let fails = WebSocketHandler { socket async throws in
            try await socket.send(from: channels.subscribe(to: "a", replaying: .nothing)) {
                .text($0.text)
            } receiving: { _ in
                throw WebSocketClosure(code: 4000)
            }
        }
        try await SocketScript.run(fails) { client async throws in
            #expect(try await client.next() == "accept")
            client.say("x")
            #expect(try await client.next() == "close 4000 ")
        }
        #expect(channels.names == [])
    }

    @Test("a client that takes nothing loses its subscription and holds nobody up")
    func slowClient() async throws {
        let channels = MemoryPubSub(capacity: 4)
        let app = WebSocketHandler { socket async throws in
            try await socket.send(from: channels.subscribe(to: "a", replaying: .nothing)) { .text($0.text) }
        }
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            client.block()
            channels.say((0..<100).map(String.init))
            client.block(false)
            var got: [String] = []
            repeat { got.append(try await client.next()) } while !got.contains { $0.hasPrefix("close") }
            #expect(got.last == "close 1013 Too slow.")
            // One was under way, perhaps.
            #expect(got.count <= 6 && got.dropLast() == (0..<got.count - 1).map(String.init)[...])
        }
    }
}
