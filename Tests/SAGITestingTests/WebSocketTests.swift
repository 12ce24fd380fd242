import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("WebSockets, in every mode")
struct WebSocketTests {
    static let echo = socketApp { socket in
        try await socket.open()
        try await socket.echo()
    }

    struct Note: Codable, Equatable {
        var title: String
    }

    @Test("Messages of each kind and size come back", arguments: TestMode.all)
    func echoes(mode: TestMode) async throws {
        let long = String(repeating: "ab\u{20AC}c", count: 40_000)
        let bytes = ByteBuffer(repeating: 7, count: 150_000)
        try await TestClient.run(Self.echo, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send("hello")
                #expect(try await socket.receive() == "hello")
                try await socket.send("")
                #expect(try await socket.text() == "")
                try await socket.send(long)
                #expect(try await socket.text() == long)
                try await socket.send(bytes)
                #expect(try await socket.bytes() == bytes)
                try await socket.send(json: Note(title: "x"))
                #expect(try await socket.json(as: Note.self) == Note(title: "x"))
            }
        }
    }

    @Test("A message that is not what the test takes it for says what it is", arguments: TestMode.all)
    func kinds(mode: TestMode) async throws {
        try await TestClient.run(Self.echo, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send("one")
                try await socket.send(ByteBuffer(string: "two"))
                try await socket.send("three")
                await #expect(throws: TestClientError.self) { try await socket.bytes() }
                await #expect(throws: TestClientError.self) { try await socket.text() }
                await #expect(throws: TestClientError.self) { try await socket.json(as: Note.self) }
            }
        }
    }

    @Test("Messages can be read in a loop, which ends with the socket", arguments: TestMode.all)
    func sequence(mode: TestMode) async throws {
        let app = socketApp { socket in
            try await socket.open()
            for number in 1...3 { try await socket.send(.text("\(number)")) }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                var messages: [WebSocketMessage] = []
                for try await message in socket { messages.append(message) }
                #expect(messages == ["1", "2", "3"])
                #expect(try await socket.closed == WebSocketClose(code: 1000))
            }
        }
    }

    @Test("Fragments are one message on both sides", arguments: TestMode.all)
    func fragments(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            notebook.note(try await socket.line())
            notebook.note(try await socket.line())
            try await socket.send(.text("c", more: true))
            try await socket.send(.text("d"))
            try await socket.send(.bytes(ByteBuffer(string: "e"), more: true))
            try await socket.send(.bytes(ByteBuffer(string: "f")))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send("a", more: true)
                await #expect(throws: TestClientError.self) { try await socket.send(ByteBuffer(), more: true) }
                try await socket.send("b")
                try await socket.send(ByteBuffer(string: "12"), more: true)
                try await socket.send(ByteBuffer(string: "345"))
                #expect(try await socket.text() == "cd")
                #expect(try await socket.bytes() == ByteBuffer(string: "ef"))
            }
        }
        #expect(notebook.all == ["text ab", "bytes 5"])
    }

    @Test("A long message reaches the application in parts", arguments: TestMode.all)
    func parts(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            var whole = ""
            while case .text(let part, let more) = try await socket.receive() {
                whole += part
                notebook.note(more ? "more" : "last")
                if !more { break }
            }
            try await socket.send(.text(whole))
        }
        let long = String(repeating: "\u{20AC}", count: 50_000)
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send(long)
                #expect(try await socket.text() == long)
            }
        }
        #expect(notebook.all == ["more", "more", "last"])
    }

    // MARK: The handshake

    @Test("The application sees the handshake, and the client what was agreed on", arguments: TestMode.all)
    func handshake(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            let scope = socket.scope
            notebook.note("\(socket.subprotocols)")
            notebook.note("\(scope.method) \(scope.path) \(scope.query ?? "none")")
            notebook.note("\(scope[.secWebSocketVersion] ?? "none") \(scope[.origin] ?? "none")")
            notebook.note("\(scope.extensions[DenialResponse.self] != nil)")
            _ = try await socket.receive()
            notebook.note("started \(scope.connection.responseStarted)")
            try await socket.send(
                .accept(
                    subprotocol: "v1", headerFields: [.setCookie: "a=1", .secWebSocketAccept: "mine", .server: "me"]))
            notebook.note("started \(scope.connection.responseStarted)")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket(
                "/chat", query: ["room": "1"], subprotocols: ["v2", "v1"], headers: [.origin: "http://x.test"]
            ) { socket async throws in
                #expect(socket.response.status == .switchingProtocols)
                #expect(socket.subprotocol == "v1")
                #expect(socket.headerFields[.server] == "me")
                #expect(socket.headerFields[.secWebSocketAccept] != "mine")
                #expect(!socket.isCompressed)
            }
            #expect(client.cookies["a"] == "1")
        }
        #expect(
            notebook.all == [
                "[\"v2\", \"v1\"]", "GET /chat room=1", "13 http://x.test", "true", "started false", "started true",
            ])
    }

    @Test("In memory a socket can come over HTTP/2, where it is accepted with 200")
    func http2() async throws {
        let app = socketApp { socket in
            try await socket.open()
            try await socket.send(.text("\(socket.scope.version) \(socket.scope[.upgrade] ?? "none")"))
        }
        try await TestClient.run(app, in: .inMemory { $0.version = .http2 }) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(socket.response.status == .ok)
                #expect(try await socket.text() == "\(HTTPVersion.http2) none")
            }
        }
    }

    @Test("A handshake can be denied with any response", arguments: TestMode.all)
    func denial(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            let response = HTTPResponse(status: .unauthorized, headerFields: [.wwwAuthenticate: "Basic"])
            try await socket.send(.deny(response, ByteBuffer(string: "who are you?")))
            notebook.note(try await socket.line())
            notebook.note(try await socket.line())
            notebook.note(try await refusal { try await socket.send(.accept()) })
            notebook.note(try await refusal { try await socket.send(.text("late")) })
            notebook.note(try await refusal { try await socket.send(.close()) })
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let denied = await #expect(throws: WebSocketDenied.self) { try await client.webSocket("/") }
            #expect(denied?.response.status == .unauthorized)
            #expect(denied?.response[.wwwAuthenticate] == "Basic")
            #expect(denied?.response.text == "who are you?")
        }
        #expect(
            notebook.all == [
                "connect", "disconnect 1006 completed", "wrong event", "wrong event", "wrong event",
            ])
    }

    @Test("Closing before accepting denies with 403", arguments: TestMode.all)
    func closeBeforeAccept(mode: TestMode) async throws {
        let app = socketApp { try await $0.send(.close(code: 4000, reason: "no")) }
        try await TestClient.run(app, in: mode) { client async throws in
            let denied = await #expect(throws: WebSocketDenied.self) { try await client.webSocket("/") }
            #expect(denied?.response.status == .forbidden)
            #expect(denied?.response.text == "")
        }
    }

    @Test("Events that break a rule are refused, and nothing of them is sent", arguments: TestMode.all)
    func rules(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            func refused(_ event: WebSocketOutbound) async throws {
                notebook.note(try await refusal { try await socket.send(event) })
            }
            try await refused(.text("early"))
            try await refused(.bytes(ByteBuffer()))
            try await refused(.keepalive(interval: .seconds(1)))
            try await refused(.accept(subprotocol: "unasked"))
            try await refused(.deny(HTTPResponse(status: .switchingProtocols), ByteBuffer()))
            try await refused(.close(code: 1006))
            try await socket.open("v1")
            try await refused(.accept())
            try await refused(.deny(HTTPResponse(status: .forbidden), ByteBuffer()))
            try await refused(.close(code: 999))
            try await refused(.close(code: 1000, reason: String(repeating: "x", count: 124)))
            try await socket.send(.text("a", more: true))
            try await refused(.bytes(ByteBuffer()))
            try await socket.send(.text("b"))
            try await socket.send(.close(code: 4001, reason: "enough"))
            try await refused(.text("late"))
            // Closing is said once; saying it again does no harm.
            try await refused(.close(code: 4002))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/", subprotocols: ["v1"]) { socket async throws in
                #expect(try await socket.text() == "ab")
                #expect(try await socket.closed == WebSocketClose(code: 4001, reason: "enough"))
            }
        }
        let wrong = "wrong event"
        #expect(
            notebook.all == [
                wrong, wrong, wrong, wrong, "invalid status 101", wrong, wrong, wrong, wrong, wrong, wrong, wrong,
                "taken",
            ])
    }

    @Test("A field that cannot be sent is refused, and the socket can still be accepted", arguments: TestMode.all)
    func fields(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            let bad: HTTPFields = [.server: "x"]
            var fields = bad
            fields[fields.startIndex] = HTTPField(name: .server, lenientValue: [0x61, 0x01])
            let invalid = fields
            notebook.note(try await refusal { try await socket.send(.accept(headerFields: invalid)) })
            try await socket.open()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.closed == WebSocketClose(code: 1000))
            }
        }
        #expect(notebook.all == ["invalid field Server"])
    }

    @Test("Two tasks cannot receive at once", arguments: TestMode.all)
    func concurrentReceive(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...2 {
                    group.addTask {
                        do {
                            return try await socket.line()
                        } catch {
                            return "\(error as? ExchangeError == .concurrentReceive)"
                        }
                    }
                }
                for try await line in group {
                    notebook.note(line)
                    if line == "true" { try await socket.send(.text("go")) }
                }
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.text() == "go")
                try await socket.send("one")
            }
        }
        #expect(notebook.all == ["true", "text one"])
    }

    @Test("An application that serves no WebSockets is asked again as plain HTTP", arguments: TestMode.all)
    func unsupported(mode: TestMode) async throws {
        let app = app { try await $0.answer("plain \($0.scope.method)") }
        try await TestClient.run(app, in: mode) { client async throws in
            let denied = await #expect(throws: WebSocketDenied.self) { try await client.webSocket("/") }
            #expect(denied?.response.status == .ok)
            #expect(denied?.response.text == "plain GET")
            #expect(denied?.response.error == nil)
        }
    }

    // MARK: Compression

    @Test("Compression is agreed on, unless the application does not want it", arguments: TestMode.all)
    func compression(mode: TestMode) async throws {
        let app = socketApp { socket in
            _ = try await socket.receive()
            try await socket.send(.accept(compression: socket.scope.path == "/no" ? false : nil))
            try await socket.echo()
        }
        let long = String(repeating: "again and ", count: 30_000)
        try await TestClient.run(app, in: mode) { client async throws in
            for (path, isCompressed) in ["/": true, "/no": false] {
                try await client.webSocket(path, compression: true) { socket async throws in
                    #expect(socket.isCompressed == isCompressed)
                    for _ in 1...2 {
                        try await socket.send(long)
                        #expect(try await socket.text() == long)
                    }
                    try await socket.send("frag", more: true)
                    try await socket.send("ment")
                    #expect(try await socket.text() == "fragment")
                }
            }
        }
    }

    // MARK: Pings

    @Test("A ping is answered, also while the application does something else", arguments: TestMode.all)
    func ping(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            try await notebook.wait(for: "pinged")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.ping()
                try await socket.ping()
                notebook.note("pinged")
                _ = try await socket.closed
                await #expect(throws: WebSocketClosed.self) { try await socket.ping() }
            }
        }
    }

    @Test("The server's pings are seen and answered, one each interval", arguments: TestMode.all)
    func keepalive(mode: TestMode) async throws {
        let app = socketApp { socket in
            try await socket.open()
            let timeout: Duration? = socket.scope.path == "/patient" ? nil : .seconds(60)
            try await socket.send(.keepalive(interval: .milliseconds(30), timeout: timeout))
            try await socket.echo()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            for path in ["/", "/patient"] {
                try await client.webSocket(path) { socket async throws in
                    try await socket.waitForPings(3)
                    try await socket.send("still here")
                    #expect(try await socket.text() == "still here")
                }
            }
        }
    }

    @Test("A client that answers no pings is taken for gone", arguments: TestMode.all)
    func keepaliveTimeout(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            socket.scope.connection.onDisconnect { notebook.note("\($0)") }
            _ = try await socket.line()
            try await socket.send(.keepalive(interval: .milliseconds(30), timeout: .milliseconds(50)))
            notebook.note(try await socket.line())
            notebook.note("cancelled \(Task.isCancelled)")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                socket.answersPings = false
                try await socket.send("begin")
                #expect(try await socket.closed.code == 1006)
                #expect(socket.pings.count == 1)
            }
        }
        #expect(
            notebook.all == ["keepalive_timeout", "disconnect 1006 keepalive_timeout", "cancelled true"])
    }

    // MARK: Waiting

    @Test("What does not come in time fails", arguments: TestMode.all)
    func timeouts(mode: TestMode) async throws {
        try await TestClient.run(Self.echo, in: mode) { client async throws in
            let hasty = client.with { $0.timeout = .milliseconds(1500) }
            let socket = try await hasty.webSocket("/")
            await #expect(throws: TestClientError.self) { try await socket.receive() }
            await #expect(throws: TestClientError.self) { try await socket.closed }
            await #expect(throws: TestClientError.self) { try await socket.waitForPings(1) }
            try await socket.finish()
        }
        let silent = socketApp { _ in try await Task.sleep(for: .seconds(3600)) }
        try await TestClient.run(silent, in: mode) { client async throws in
            let hasty = client.with { $0.timeout = .milliseconds(1500) }
            await #expect(throws: TestClientError.self) { try await hasty.webSocket("/") }
        }
    }

    @Test("In memory send suspends at the high-water mark, and goes on when the client receives")
    func backpressure() async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            socket.scope.transport?.onHighWater { notebook.note("high") }
            socket.scope.transport?.onDrain { notebook.note("drained") }
            for _ in 1...3 { try await socket.send(.bytes(ByteBuffer(repeating: 1, count: 1000))) }
            notebook.note("sent")
        }
        let mode = TestMode.inMemory {
            $0.highWaterMark = 2000
            $0.lowWaterMark = 1000
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await notebook.wait(for: "high")
                _ = try await socket.bytes()
                _ = try await socket.bytes()
                _ = try await socket.bytes()
                #expect(try await notebook.wait(count: 3) == ["high", "drained", "sent"])
            }
        }
    }

    @Test("In memory a client waits while the application receives nothing")
    func fullQueue() async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            try await notebook.wait(for: "go")
            try await socket.echo()
        }
        try await TestClient.run(app, in: .inMemory { $0.inputBuffer = 1000 }) { client async throws in
            let socket = try await client.with { $0.timeout = .milliseconds(1500) }.webSocket("/")
            try await socket.send(ByteBuffer(repeating: 1, count: 1000))
            await #expect(throws: TestClientError.self) { try await socket.send("more") }
            notebook.note("go")
            _ = try await socket.bytes()
            try await socket.finish()
        }
    }
}
