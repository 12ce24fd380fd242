import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Redirects, in every mode")
struct RedirectTests {
    /// `/CODE` redirects to `/there` with that status, and `/loop` to itself; every other path tells what came.
    static let application = app { http in
        let content = String(buffer: try await http.content().bytes)
        let path = http.scope.rawPath
        if let code = path == "/loop" ? 302 : Int(path.dropFirst()) {
            let location = path == "/loop" ? path : http.scope.query ?? "/there"
            let response = HTTPResponse(status: .init(code: code), headerFields: [.location: location])
            try await http.send(.start(response))
            return try await http.send(.body("elsewhere"))
        }
        let type = http.scope[.contentType] ?? "none"
        let token = http.scope[.authorization] ?? "none"
        try await http.answer("\(http.scope.method) \(path) \(content) \(type) \(token)")
    }

    @Test("The method changes as RFC 9110 says", arguments: TestMode.all)
    func methods(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            for code in [301, 302, 303] {
                #expect(try await client.post("/\(code)", body: "x").text == "GET /there  none none")
            }
            for code in [307, 308] {
                let response = try await client.post("/\(code)", body: "x")
                #expect(response.text == "POST /there x text/plain; charset=utf-8 none")
            }
            for code in [301, 302, 307, 308] {
                #expect(try await client.put("/\(code)", body: "x").text.hasPrefix("PUT /there x"))
            }
            #expect(try await client.put("/303", body: "x").text == "GET /there  none none")
            #expect(try await client.head("/303").status == .ok)
            for code in [300, 304, 305] { #expect(try await client.get("/\(code)").status.code == code) }
        }
    }

    @Test("The history tells the way", arguments: TestMode.all)
    func history(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            let response = try await client.get("/302?/301")
            #expect(response.history.map(\.status.code) == [302, 301])
            #expect(response.history.first?.text == "elsewhere")
            #expect(response.request.path == "/there")
            #expect(response.text == "GET /there  none none")
        }
    }

    @Test("References are resolved", arguments: TestMode.all)
    func references(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            let cases = [
                "there": "/there", "./a/../b": "/b", "../../c": "/c", "/d/./e/": "/d/e/", "/f#fragment": "/f",
                "http://example.com/g": "/g", "//example.com/h": "/h", "http://example.com": "/",
            ]
            for (reference, path) in cases {
                let response = try await client.get("/302?\(reference)")
                #expect(response.text.split(separator: " ").dropFirst().first == path[...], "\(reference)")
            }
        }
    }

    @Test("Credentials stay with their host", arguments: TestMode.all)
    func credentials(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            let headers: HTTPFields = [.authorization: "token"]
            #expect(try await client.get("/302", headers: headers).text == "GET /there  none token")
            let elsewhere = try await client.get("/302?http://example.com/there", headers: headers)
            #expect(elsewhere.text == "GET /there  none none")
        }
    }

    @Test("Too many are an error, and following can be turned off", arguments: TestMode.all)
    func limits(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            await #expect(throws: TestClientError.tooManyRedirects(20)) { try await client.get("/loop") }
            let one = client.with { $0.maximumRedirects = 1 }
            #expect(try await one.get("/302").status == .ok)
            await #expect(throws: TestClientError.tooManyRedirects(1)) { try await one.get("/302?/301") }
            let none = try await client.with { $0.followsRedirects = false }.get("/302")
            #expect(none.status == .found)
            #expect(none[.location] == "/there")
        }
    }

    @Test("A stream cannot be sent a second time", arguments: TestMode.all)
    func streams(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            func body() -> RequestBody {
                let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
                continuation.yield(ByteBuffer(string: "x"))
                continuation.finish()
                return .stream(stream)
            }
            await #expect(throws: TestClientError.bodyNotRepeatable) { try await client.post("/307", body: body()) }
            #expect(try await client.post("/303", body: body()).text == "GET /there  none none")
            let chunks = try await client.post("/307", body: .chunks(["a", "b"]))
            #expect(chunks.text.hasPrefix("POST /there ab"))
        }
    }

    @Test("A stream of a response is that of the last one", arguments: TestMode.all)
    func streaming(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            let text = try await client.stream(.get, "/302") { response async throws in
                try await String(buffer: response.body.collect())
            }
            #expect(text == "GET /there  none none")
        }
    }
}
