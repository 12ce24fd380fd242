import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("BodyLimit")
struct BodyLimitTests {
    private static let collect = Handler { request in
        let content = try await request.body.collect(upTo: 1 << 24)
        return "\(content.readableBytes)"
    }

    @Test("answers 413 to a Content-Length that is too great, before the application is called", arguments: modes)
    func contentLength(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            if exchange.request?.path == "/never" { Issue.record("the application was called") }
            try await Self.collect.handle(exchange)
        }
        try await TestClient.run(app.wrapped(by: BodyLimit(10)), in: mode) { client async throws in
            #expect(try await client.post("/never", body: "12345678901").status == .contentTooLarge)
            #expect(try await client.post("/", body: "1234567890").text == "10")
            #expect(try await client.get("/").text == "0")
        }
    }

    @Test("counts content without a length as it comes", arguments: modes)
    func chunked(mode: TestMode) async throws {
        try await TestClient.run(Self.collect.wrapped(by: BodyLimit(10)), in: mode) { client async throws in
            #expect(try await client.post("/", body: .chunks(["12345", "67890"])).text == "10")
            let response = try await client.post("/", body: .chunks(["12345", "67890", "1"]))
            #expect(response.status == .contentTooLarge)
            #expect(response.text.contains("more than 10 bytes"))
        }
    }

    @Test("answers 413 for an application that does not, and never shows it what is too much", arguments: modes)
    func rawApplication(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            var count = 0
            while true {
                guard case .body(let bytes, let more) = try await http.receive() else { break }
                count += bytes.readableBytes
                #expect(count <= 10)
                if !more { break }
            }
            try await accepting.handle(exchange)
        }
        try await TestClient.run(app.wrapped(by: BodyLimit(10)), in: mode) { client async throws in
            #expect(try await client.post("/", body: .chunks(["123456", "789012"])).status == .contentTooLarge)
            #expect(try await client.post("/", body: .chunks(["123456"])).text == "inside")
        }
    }

    @Test("leaves the answer to an application that catches the error, and reads no further")
    func caught() async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            for _ in 0..<3 {
                await #expect(throws: HTTPError.self) { _ = try await http.receive() }
            }
            try await accepting.handle(exchange)
        }
        let outcome = try await outcome(
            of: app.wrapped(by: BodyLimit(3)), .http, RequestScope(.post), content: "1234")
        #expect(outcome.body == "inside")
    }

    @Test("a response that has begun is cut off")
    func begun() async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: .ok)))
            _ = try await http.receive()
        }
        await #expect(throws: HTTPError.self) {
            try await outcome(of: app.wrapped(by: BodyLimit(3)), .http, RequestScope(.post), content: "1234")
        }
    }

    @Test("an error of another cause goes on")
    func otherErrors() async throws {
        struct Failure: Error {}
        let app = ClosureApplication { _ in throw Failure() }.wrapped(by: BodyLimit(3))
        await #expect(throws: Failure.self) { try await outcome(of: app, .http, RequestScope(.post), content: "1234") }
    }

    @Test(
        "paths have limits of their own, the longest one first",
        arguments: [
            ("/", 413), ("/upload", 200), ("/uploads", 413), ("/upload/x", 200), ("/upload/small", 413),
            ("/upload/small/x", 413), ("/upload/../login", 413), ("/upload/%2e%2e/login", 413), ("/upload%2Fx", 413),
            ("/free", 200),
        ])
    func paths(_ path: String, _ expected: Int) async throws {
        let limit = BodyLimit(4, paths: ["/upload": 100, "/upload/small/": 4, "free": .max])
        let scope = RequestScope(.post, path, headers: [.contentLength: "5"])
        #expect(try await outcome(of: accepting.wrapped(by: limit), .http, scope).status == expected)
    }

    @Test("counts the content of event streams")
    func eventStreams() async throws {
        let app = ClosureApplication { exchange in
            guard case .eventStream(let stream) = exchange else { return }
            _ = try await stream.receive()
            try await stream.send(.start())
        }.wrapped(by: BodyLimit(3))
        #expect(try await outcome(of: app, .eventStream, RequestScope(.post), content: "1234").status == 413)
        #expect(try await outcome(of: app, .eventStream, RequestScope(.post), content: "123").isAccepted)
    }
}
