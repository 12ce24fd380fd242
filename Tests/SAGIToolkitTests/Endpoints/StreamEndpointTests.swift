import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

@Suite("Endpoints for WebSockets and event streams", .timeLimit(.minutes(1)))
struct StreamEndpointTests {
    /// One for text, which notes what is called.
    final class Text: WebSocketEndpoint {
        let calls = Mutex<[String]>([])

        func onConnect(_ socket: WebSocket) async throws {
            calls.withLock { $0.append("connect") }
            if socket.request.path == "/deny" { throw HTTPError(.unauthorized) }
            try await socket.send("welcome")
        }
        func onMessage(_ message: String, on socket: WebSocket) async throws {
            calls.withLock { $0.append(message) }
            if message == "fail" { throw WebSocketClosure(code: 4000) }
            try await socket.send(message)
        }
        func onDisconnect(_ socket: WebSocket) async {
            calls.withLock { $0.append("disconnect \(socket.closing?.code ?? 0)") }
        }
    }

    struct Bytes: WebSocketEndpoint {
        func onMessage(_ message: ByteBuffer, on socket: WebSocket) async throws { try await socket.send(message) }
    }

    struct Either: WebSocketEndpoint {
        func onMessage(_ message: WebSocket.Message, on socket: WebSocket) async throws {
            try await socket.send(message)
        }
    }

    struct Point: Codable { var x: Int }

    struct Values: WebSocketEndpoint {
        func onMessage(_ message: JSON<Point>, on socket: WebSocket) async throws {
            try await socket.send(json: Point(x: message.value.x + 1))
        }
    }

    @Test("the functions are called in turn, the last one once, however the socket ends")
    func functions() async throws {
        for (message, ending) in [("bye", 4001), ("fail", 0)] {
            let endpoint = Text()
            try await SocketScript.run(Router { $0.endpoint("/", endpoint) }) { client async throws in
                #expect(try await [client.next(), client.next()] == ["accept", "welcome"])
                client.say(message)
                #expect(try await client.next() == (message == "fail" ? "close 4000 " : "bye"))
                client.send(.disconnect(code: 4001, reason: ""))
            }
            #expect(endpoint.calls.withLock { $0 } == ["connect", message, "disconnect \(ending)"])
        }
    }

    @Test("a socket that is denied is not disconnected")
    func denied() async throws {
        let endpoint = Text()
        try await SocketScript.run(Router { $0.endpoint("/deny", endpoint) }, "/deny") { client async throws in
            #expect(try await client.next().hasPrefix("deny 401"))
        }
        #expect(endpoint.calls.withLock { $0 } == ["connect"])
    }

    @Test("messages are text, bytes, either, or JSON; those of the wrong kind close the socket")
    func kinds() async throws {
        func close(_ endpoint: some WebSocketEndpoint, _ messages: WebSocketInbound...) async throws -> [String] {
            let got = Monitor<[String]>([])
            try await SocketScript.run(Router { $0.endpoint("/", endpoint) }) { [messages] client async throws in
                for message in messages { client.send(message) }
                for _ in 0...messages.count {
                    let next = try await client.next()
                    got.update { $0.append(next) }
                }
            }
            return got.withLock { $0 }
        }
        let bytes = WebSocketInbound.bytes(ByteBuffer(string: #"{"x":1}"#), more: false)
        let text = WebSocketInbound.text(#"{"x":2}"#, more: false)
        #expect(try await close(Bytes(), bytes, text).last?.hasPrefix("close 1003 ") == true)
        #expect(try await close(Either(), bytes, text).last == #"{"x":2}"#)
        #expect(try await close(Values(), bytes, text).suffix(2) == [#"{"x":2}"#, #"{"x":3}"#])
        #expect(try await close(Values(), .text("{", more: false)).last?.hasPrefix("close 1007 ") == true)
        let got = Monitor<[String]>([])
        try await SocketScript.run(Router { $0.endpoint("/", Text()) }) { client async throws in
            client.send(bytes)
            for _ in 0..<3 {
                let next = try await client.next()
                got.update { $0.append(next) }
            }
        }
        #expect(got.withLock { $0 }.last?.hasPrefix("close 1003 ") == true)
    }

    /// All that one path can have.
    struct Everything: GetEndpoint, EventStreamEndpoint, WebSocketEndpoint {
        func get(_ request: Request) -> String { "page" }
        func stream(_ stream: EventStream) async throws { try await stream.send("event") }
        func onMessage(_ message: String, on socket: WebSocket) async throws { try await socket.send(message) }
    }

    @Test("one type can have a page, a stream and a socket at one path")
    func everything() async throws {
        let router = try Router { $0.endpoint("/all", Everything(), name: "all") }
        #expect(try router.url(for: "all", [:]) == "/all")
        #expect(try await outcome(of: router, .http, RequestScope(.get, "/all")).body == "page")
        #expect(try await outcome(of: router, .http, RequestScope(.post, "/all")).status == 405)
        try await StreamScript.run(router, "/all") { client async throws in
            #expect(try await [client.next(), client.next()] == ["start", "event"])
        }
        try await SocketScript.run(router, "/all") { client async throws in
            client.say("x")
            #expect(try await [client.next(), client.next()] == ["accept", "x"])
        }
    }
}
