import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Testing

@Suite("Scripted exchanges")
struct ScriptedExchangeTests {
    /// Says everything in capitals.
    struct Loud: Middleware {
        func handle(_ exchange: Exchange, next: some Application) async throws {
            switch exchange {
            case .webSocket(var socket):
                socket.send = Send { [send = socket.send] event in
                    guard case .text(let text, let more) = event else { return try await send(event) }
                    try await send(.text(text.uppercased(), more: more))
                }
                try await next.handle(.webSocket(socket))
            case .eventStream(var stream):
                stream.send = Send { [send = stream.send] event in
                    guard case .comment(let text) = event else { return try await send(event) }
                    try await send(.comment(text.uppercased()))
                }
                try await next.handle(.eventStream(stream))
            default:
                try await next.handle(exchange)
            }
        }
    }

    @Test("A WebSocket: what is received is the script, and what is sent is kept")
    func webSocket() async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            notebook.note("\(socket.subprotocols)")
            try await socket.open("v1")
            notebook.note(try await socket.echo())
            notebook.note(try await socket.line())
        }
        let script = ScriptedExchange.webSocket(
            subprotocols: ["v1"], receiving: [.connect, .text("hello", more: false)])
        try await script.run(app.wrapped(by: Loud()))
        let sent = script.sent
        #expect(sent.count == 2)
        guard case .accept(subprotocol: "v1", headerFields: _, compression: nil)? = sent.first else { throw Mishap() }
        guard case .text("HELLO", more: false)? = sent.last else { throw Mishap() }
        #expect(script.rest.isEmpty)
        #expect(
            notebook.all == ["[\"v1\"]", "1006 client_closed", "disconnect 1006 client_closed"])
    }

    @Test("An event stream, and what of its script was not received")
    func eventStream() async throws {
        let app = streamApp { stream in
            try await stream.send(.start())
            try await stream.send(.comment("quiet"))
        }
        let script = ScriptedExchange.eventStream()
        try await script.run(app.wrapped(by: Loud()))
        #expect(try await script.waitForSent(2).count == 2)
        guard case .comment("QUIET")? = script.sent.last else { throw Mishap() }
        #expect(script.rest.count == 1)
    }

    @Test("An HTTP request")
    func http() async throws {
        let script = ScriptedExchange.http(
            RequestScope(request: HTTPRequest(method: .put, scheme: "http", authority: "x.test", path: "/a")),
            receiving: [.body(ByteBuffer(string: "ab"), more: true), .body(ByteBuffer(string: "c"), more: false)])
        try await script.run(
            app { http in
                try await http.answer("\(http.scope.path) \(String(buffer: try await http.content().bytes))")
                guard case .disconnect(.clientClosed) = try await http.receive() else { throw Mishap() }
            })
        guard case .body(let bytes, more: false)? = script.sent.last else { throw Mishap() }
        #expect(String(buffer: bytes) == "/a abc")
    }

    @Test("What the application throws is thrown, and what takes too long fails")
    func failures() async throws {
        let script = ScriptedExchange.http()
        await #expect(throws: Mishap()) { try await script.run(app { _ in throw Mishap() }) }
        await #expect(throws: TestClientError.self) {
            try await script.run(app { _ in try await Task.sleep(for: .seconds(3600)) }, timeout: .milliseconds(20))
        }
        await #expect(throws: TestClientError.self) {
            _ = try await script.waitForSent(1, timeout: .milliseconds(20))
        }
    }
}
