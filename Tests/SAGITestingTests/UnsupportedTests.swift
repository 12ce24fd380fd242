import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Requests that their application does not serve, in every mode")
struct UnsupportedTests {
    /// Does as the path says, and then does not serve what is more than plain HTTP. Notes what it is called with.
    static func app(_ notebook: Notebook) -> ClosureApplication {
        ClosureApplication { exchange in
            if case .lifespan = exchange { throw Unsupported(exchange) }
            notebook.note(exchange.kind)
            switch exchange {
            case .eventStream(let stream): try await begin(stream, notebook)
            case .webSocket(let socket): try await begin(socket)
            case .http(let http): return try await http.answer("plain \(String(buffer: http.content().bytes))")
            default: break
            }
            throw Unsupported(exchange)
        }
    }

    private static func begin(_ stream: EventStreamExchange, _ notebook: Notebook) async throws {
        switch stream.scope.path {
        case "/refused":
            _ = try await refusal { try await stream.send(.send(data: "too early")) }
            _ = try await refusal { try await stream.send(.start(HTTPResponse(status: .continue))) }
        case "/part": _ = try await stream.receive()
        case "/all": while case .body(_, more: true) = try await stream.receive() {}
        case "/begun":
            try await stream.send(.start())
            try await notebook.wait(for: "the client has the head")
        case "/declined": try await stream.send(.decline(HTTPResponse(status: .gone), ByteBuffer(string: "no")))
        default: break
        }
    }

    private static func begin(_ socket: WebSocketExchange) async throws {
        switch socket.scope.path {
        case "/connect": _ = try await socket.receive()
        case "/refused": _ = try await refusal { try await socket.send(.text("too early")) }
        case "/begun": try await socket.send(.accept())
        case "/denied": try await socket.send(.deny(HTTPResponse(status: .gone), ByteBuffer(string: "no")))
        case "/closed": try await socket.send(.close())
        default: break
        }
    }

    @Test("An event stream is asked for again with the whole content, and never without", arguments: TestMode.all)
    func eventStream(mode: TestMode) async throws {
        let answers: KeyValuePairs<String, (HTTPResponse.Status, String, calls: [String])> = [
            "/": (.ok, "plain one two", ["eventStream", "http"]),
            "/refused": (.ok, "plain one two", ["eventStream", "http"]),
            "/part": (.internalServerError, "The server failed to answer this request.\n", ["eventStream"]),
            "/all": (.internalServerError, "The server failed to answer this request.\n", ["eventStream"]),
            "/declined": (.gone, "no", ["eventStream"]),
        ]
        for (path, expected) in answers {
            let notebook = Notebook()
            let (content, continuation) = AsyncStream<ByteBuffer>.makeStream()
            continuation.yield(ByteBuffer(string: "one "))
            // The rest of a content of which a part is received does not come.
            if path != "/part" {
                continuation.yield(ByteBuffer(string: "two"))
                continuation.finish()
            }
            try await TestClient.run(Self.app(notebook), in: mode) { client async throws in
                let response = try await client.with { $0.raisesApplicationErrors = false }.post(
                    path, headers: [.accept: "text/event-stream"], body: .stream(content))
                #expect((response.status, response.text) == (expected.0, expected.1), "\(path)")
                #expect((response.error is Unsupported) == (expected.calls.count == 1), "\(path)")
            }
            #expect(notebook.all == expected.calls, "\(path)")
        }
    }

    @Test("Content that is there and empty has been received like any other", arguments: TestMode.all)
    func emptyContent(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.app(notebook), in: mode) { client async throws in
            let calm = client.with { $0.raisesApplicationErrors = false }
            let fields: HTTPFields = [.accept: "text/event-stream"]
            #expect(try await calm.get("/part", headers: fields).status == .internalServerError)
            // What one request has received is nothing to the next.
            #expect(try await calm.post("/", body: "content").text == "plain content")
            #expect(try await calm.get("/", headers: fields).text == "plain ")
        }
        #expect(notebook.all == ["eventStream", "http", "eventStream", "http"])
    }

    @Test("A WebSocket is asked for again unless it has been answered", arguments: TestMode.all)
    func webSocket(mode: TestMode) async throws {
        let answers: KeyValuePairs<String, (HTTPResponse.Status, String, calls: [String])> = [
            "/": (.ok, "plain ", ["webSocket", "http"]),
            "/connect": (.ok, "plain ", ["webSocket", "http"]),
            "/refused": (.ok, "plain ", ["webSocket", "http"]),
            "/denied": (.gone, "no", ["webSocket"]),
            "/closed": (.forbidden, "", ["webSocket"]),
        ]
        for (path, expected) in answers {
            let notebook = Notebook()
            try await TestClient.run(Self.app(notebook), in: mode) { client async throws in
                let calm = client.with { $0.raisesApplicationErrors = false }
                let denied = await #expect(throws: WebSocketDenied.self) { try await calm.webSocket(path) }
                #expect(denied?.response.status == expected.0, "\(path)")
                #expect(denied?.response.text == expected.1, "\(path)")
            }
            #expect(notebook.all == expected.calls, "\(path)")
        }
    }

    @Test("What has begun is cut off, or closed with 1011", arguments: TestMode.all)
    func begun(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.app(notebook), in: mode) { client async throws in
            let calm = client.with { $0.raisesApplicationErrors = false }
            try await calm.eventStream("/begun") { stream async throws in
                notebook.note("the client has the head")
                #expect(try await stream.next() == nil)
                #expect(stream.exchange.isTruncated)
            }
            try await calm.webSocket("/begun") { socket async throws in
                #expect(try await socket.closed == WebSocketClose(code: 1011))
                #expect(try await socket.applicationError() is Unsupported)
            }
        }
        #expect(notebook.all == ["eventStream", "the client has the head", "webSocket"])
    }
}
