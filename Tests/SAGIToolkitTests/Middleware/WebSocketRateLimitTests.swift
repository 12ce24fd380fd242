import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("WebSocketRateLimit", .timeLimit(.minutes(1)))
struct WebSocketRateLimitTests {
    private let echo = WebSocketHandler { socket in
        for try await message in socket { try await socket.send(message) }
    }

    @Test("as many messages as are allowed go through, and the next one closes with 1008")
    func close() async throws {
        try await SocketScript.run(echo.wrapped(by: WebSocketRateLimit(3, per: .seconds(3600)))) {
            client async throws in
            #expect(try await client.next() == "accept")
            for text in ["1", "2", "3", "4", "5"] { client.say(text) }
            #expect(try await [client.next(), client.next(), client.next()] == ["1", "2", "3"])
            #expect(try await client.next() == "close 1008 Too many messages.")
            #expect(client.waiting == [])
        }
    }

    @Test("an application that still sends then is not told of it, and gets the end")
    func sendsAfterClose() async throws {
        let app = WebSocketHandler { socket in
            for try await _ in socket {}
            try await socket.send("too late")
            try await socket.close(code: 4000)
        }.wrapped(by: WebSocketRateLimit(1, per: .seconds(3600)))
        try await SocketScript.run(app) { client async throws in
            client.say("1")
            client.say("2")
            #expect(try await [client.next(), client.next()] == ["accept", "close 1008 Too many messages."])
            client.send(.disconnect(code: 1008, reason: ""))
        }
    }

    @Test("a burst may be longer or shorter than what is allowed in the time")
    func burst() async throws {
        for (burst, allowed) in [(1, 1), (5, 5)] {
            let app = echo.wrapped(by: WebSocketRateLimit(2, per: .seconds(3600), burst: burst))
            try await SocketScript.run(app) { client async throws in
                for number in 1...6 { client.say("\(number)") }
                var got: [String] = []
                repeat { got.append(try await client.next()) } while got.last?.hasPrefix("close") == false
                #expect(got.count == allowed + 2)
            }
        }
    }

    @Test("or messages are dropped, whole ones, and the socket stays open")
    func drop() async throws {
        let app = echo.wrapped(by: WebSocketRateLimit(2, per: .seconds(3600), excess: .drop))
        try await SocketScript.run(app) { client async throws in
            client.send(.text("a", more: true), .text("b", more: true), .text("c", more: false))
            client.send(.bytes(ByteBuffer(bytes: [1]), more: false))
            client.send(.text("x", more: true), .text("y", more: false), .text("z", more: false))
            #expect(try await [client.next(), client.next(), client.next()] == ["accept", "abc", "bytes [1]"])
            client.send(.disconnect(code: 1000, reason: ""))
            try await until("the client's messages") { client.isHeard }
            #expect(client.waiting == [])
        }
    }

    @Test("or they come later, none is lost, and they keep their order")
    func delay() async throws {
        let app = echo.wrapped(by: WebSocketRateLimit(1, per: .milliseconds(30), excess: .delay))
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            let start = ContinuousClock.now
            for number in 0..<5 { client.say("\(number)") }
            for number in 0..<5 { #expect(try await client.next() == "\(number)") }
            #expect(ContinuousClock.now - start >= .milliseconds(119))
        }
    }

    @Test("the quota fills again")
    func refill() async throws {
        let app = echo.wrapped(by: WebSocketRateLimit(1, per: .milliseconds(20)))
        try await SocketScript.run(app) { client async throws in
            #expect(try await client.next() == "accept")
            for number in 0..<4 {
                client.say("\(number)")
                #expect(try await client.next() == "\(number)")
                // The time itself is what is tried here.
                try await Task.sleep(for: .milliseconds(25))
            }
        }
    }

    @Test("each socket has its own quota, and other kinds pass")
    func others() async throws {
        let app = echo.wrapped(by: WebSocketRateLimit(1, per: .seconds(3600)))
        for _ in 0..<3 {
            try await SocketScript.run(app) { client async throws in
                client.say("x")
                #expect(try await [client.next(), client.next()] == ["accept", "x"])
            }
        }
        for kind in RequestKind.allCases {
            let limited = accepting.wrapped(by: WebSocketRateLimit(1, per: .seconds(1)))
            #expect(try await outcome(of: limited, kind, RequestScope()).isAccepted, "\(kind)")
        }
    }
}
