import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Requests, in every mode")
struct RequestTests {
    @Test("A path, a query and a method arrive", arguments: TestMode.all)
    func head(mode: TestMode) async throws {
        try await TestClient.run(echo, in: mode) { client async throws in
            let response = try await client.get("/caf%C3%A9/été?a=1", query: ["näme": "x & y", "b": ""])
            #expect(response.status == .ok)
            #expect(response.headerFields[text: "x-method"] == "GET")
            #expect(response.headerFields[text: "x-path"] == "/café/été")
            #expect(response.headerFields[text: "x-query"] == "a=1&n%C3%A4me=x%20%26%20y&b=")
            #expect(response.headerFields[text: "x-length"] == "none")
            #expect(response.headerFields[text: "x-host"] == client.transport.authority)
            #expect(response.text.isEmpty)
        }
    }

    @Test("Each verb sends its method", arguments: TestMode.all)
    func verbs(mode: TestMode) async throws {
        try await TestClient.run(echo, in: mode) { client async throws in
            #expect(try await client.post("/").headerFields[text: "x-method"] == "POST")
            #expect(try await client.put("/").headerFields[text: "x-method"] == "PUT")
            #expect(try await client.patch("/").headerFields[text: "x-method"] == "PATCH")
            #expect(try await client.delete("/").headerFields[text: "x-method"] == "DELETE")
            #expect(try await client.options("*").headerFields[text: "x-method"] == "OPTIONS")
            #expect(try await client.head("/").headerFields[text: "x-method"] == "HEAD")
            let own = HTTPRequest.Method("PROPFIND")!
            #expect(try await client.request(own, "/").headerFields[text: "x-method"] == "PROPFIND")
        }
    }

    @Test("Text, JSON and forms arrive with their type and length", arguments: TestMode.all)
    func bodies(mode: TestMode) async throws {
        struct Note: Codable, Equatable { var title: String }
        try await TestClient.run(echo, in: mode) { client async throws in
            let text = try await client.post("/", body: "hé")
            #expect(text.text == "hé")
            #expect(text[.contentType] == "text/plain; charset=utf-8")
            #expect(text.headerFields[text: "x-length"] == "3")

            let json = try await client.put("/", body: .json(Note(title: "a")))
            #expect(json[.contentType] == "application/json")
            #expect(try json.json(as: Note.self) == Note(title: "a"))

            let form = try await client.patch("/", body: .form(["a b": "c&d", "a b": "ü+"]))
            #expect(form.text == "a+b=c%26d&a+b=%C3%BC%2B")
            #expect(form[.contentType] == "application/x-www-form-urlencoded")

            let empty = try await client.post("/")
            #expect(empty.headerFields[text: "x-length"] == "0")
        }
    }

    @Test("A test's own type and length win over the content's", arguments: TestMode.all)
    func ownFields(mode: TestMode) async throws {
        try await TestClient.run(echo, in: mode) { client async throws in
            let response = try await client.post(
                "/", headers: [.contentType: "text/css", .contentLength: "4"], body: .chunks(["ab", "cd"]))
            #expect(response[.contentType] == "text/css")
            #expect(response.headerFields[text: "x-length"] == "4")
            #expect(response.text == "abcd")
        }
    }

    @Test("Several parts, a stream of parts and trailers arrive in order", arguments: TestMode.all)
    func parts(mode: TestMode) async throws {
        let name = HTTPField.Name("x-sum")!
        let app = app { http in
            var text = ""
            while true {
                switch try await http.receive() {
                case .body(let bytes, let more):
                    text += String(buffer: bytes)
                    if !more && http.scope.rawPath == "/plain" { return try await http.answer(text) }
                case .trailers(let fields): return try await http.answer("\(text);\(fields[name] ?? "")")
                case .disconnect: return
                }
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let chunks = try await client.post("/", body: .chunks(["one ", "two"], trailers: [name: "2"]))
            #expect(chunks.text == "one two;2")

            let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
            for part in ["a", "b", "c"] { continuation.yield(ByteBuffer(string: part)) }
            continuation.finish()
            let streamed = try await client.post("/", body: .stream(stream, trailers: [name: "3"]))
            #expect(streamed.text == "abc;3")
            #expect(try await client.post("/plain", body: .chunks(["x", "y"])).text == "xy")
        }
    }

    @Test("Trailers follow content without a length, also when there are none, and no other", arguments: TestMode.all)
    func noTrailers(mode: TestMode) async throws {
        let app = app { http in
            guard case .body(_, more: false) = try await http.receive() else { return }
            guard http.scope[.contentLength] == nil else { return try await http.answer("a length") }
            guard case .trailers(let fields) = try await http.receive() else { return }
            try await http.answer("\(fields.count) trailers")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.post("/", body: .chunks(["x"])).text == "0 trailers")
            #expect(try await client.post("/", body: .chunks(["x"], trailers: [.eTag: "x"])).text == "1 trailers")
            #expect(try await client.post("/", body: "x").text == "a length")
        }
    }

    @Test("Fields that have no place in trailers do not reach the application", arguments: TestMode.all)
    func forbiddenTrailers(mode: TestMode) async throws {
        let app = app { http in
            while true {
                guard case .trailers(let fields) = try await http.receive() else { continue }
                let names = fields.map(\.name.canonicalName).joined(separator: " ")
                return try await http.answer("\(names);\(http.scope[.authorization] ?? "none")")
            }
        }
        let trailers: HTTPFields = [
            HTTPField.Name("x-sum")!: "1", .authorization: "Basic eA==", .cookie: "admin=1", .contentLength: "99",
            .transferEncoding: "chunked", HTTPField.Name("host")!: "other", .ifMatch: "*", .eTag: "\"1\"",
        ]
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.post("/", body: .chunks(["x"], trailers: trailers)).text == "x-sum etag;none")
            #expect(try await client.post("/", body: .chunks(["x"])).text == ";none")
        }
    }

    @Test("An error of a streamed body fails the request", arguments: TestMode.all)
    func brokenStream(mode: TestMode) async throws {
        let (stream, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        continuation.yield(ByteBuffer(string: "a"))
        continuation.finish(throwing: Mishap())
        try await TestClient.run(echo, in: mode) { client async throws in
            await #expect(throws: Mishap()) { try await client.post("/", body: .stream(stream)) }
        }
    }

    @Test("A request's field replaces the client's", arguments: TestMode.all)
    func defaultFields(mode: TestMode) async throws {
        let app = app { http in
            try await http.answer("\(http.scope[.userAgent] ?? "none"), \(http.scope[.accept] ?? "none")")
        }
        var options = TestClient.Options()
        options.headerFields = [.userAgent: "a", .accept: "b"]
        try await TestClient.run(app, in: mode, options: options) { client async throws in
            #expect(try await client.get("/").text == "a, b")
            #expect(try await client.get("/", headers: [.accept: "c"]).text == "a, c")
        }
    }

    @Test("A client that expects 100 gets it when the content is wanted", arguments: TestMode.all)
    func expectContinue(mode: TestMode) async throws {
        let app = app { http in
            if http.scope.rawPath == "/no" { return try await http.answer("no", status: .forbidden) }
            let content = try await http.content().bytes
            try await http.answer(String(buffer: content))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let wanted = try await client.post("/yes", headers: [.expect: "100-continue"], body: "content")
            #expect(wanted.text == "content")
            #expect(wanted.informational.map(\.status.code) == [100])
            let refused = try await client.post("/no", headers: [.expect: "100-continue"], body: "content")
            #expect(refused.status == .forbidden)
            #expect(refused.informational.isEmpty)
            #expect(try await client.get("/no").text == "no")
        }
    }

    @Test("Large content passes in both directions", arguments: TestMode.all)
    func large(mode: TestMode) async throws {
        try await TestClient.run(echo, in: mode) { client async throws in
            let bytes = ByteBuffer(repeating: 7, count: 3_000_000)
            let response = try await client.post("/", body: .bytes(bytes))
            #expect(response.body == bytes)
        }
    }
}
