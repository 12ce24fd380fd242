// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Request")
struct RequestTests {
    struct Note: Codable, Equatable {
        struct Line: Codable, Equatable { var text: String }
        var id: Int
        var lines: [Line]
    }

    @Test("tells what the head says")
    func head() throws {
        let scope = RequestScope(
            .put, "/a%20b?x=1&x=2", scheme: "https",
            headers: [
                .contentType: "Text/HTML; Charset=\"utf-8\"", .contentLength: "12", .accept: "a/b",
                .userAgent: "me/1", .referer: "https://example.org/",
            ])
        let request = Request(scope: scope)
        #expect(request.method == .put)
        #expect(request.path == "/a b")
        #expect(request.query.all("x") == ["1", "2"])
        #expect(request.contentType?.essence == "text/html")
        #expect(request.contentType?["CHARSET"] == "utf-8")
        #expect(request.contentLength == 12)
        #expect((request.scheme, request.authority) == ("https", "example.org"))
        #expect((request.userAgent, request.referer, request[.accept]) == ("me/1", "https://example.org/", "a/b"))
        #expect(request.headerFields.count == 5)
        #expect(request.isConnected)
        #expect(Request(scope: RequestScope()).contentType == nil)
    }

    @Test("is made of every kind of exchange but the lifespan", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let app = Handler { request in
            try await request.query["q"]! + request.body.collect(upTo: 10).readableBytes.description
        }
        let outcome = try await outcome(of: app, kind, RequestScope(.post, "/?q=x"), content: "1234")
        #expect(outcome.body == (kind == .http || kind == .eventStream ? "x4" : "x0"))
    }

    // MARK: Content

    @Test("Content can be read once, and is told so with a sentence")
    func once() async throws {
        let request = Content(["ab", "", "cd"]).request()
        var text = ""
        for try await bytes in request.body {
            #expect(bytes.readableBytes > 0)
            text += String(buffer: bytes)
        }
        #expect(text == "abcd")
        let again: [() async throws -> Void] = [
            { _ = try await request.body.collect(upTo: 10) }, { _ = try await request.text() },
            { for try await _ in request.body {} }, { try await request.body.write(to: "/nowhere", upTo: 10) },
        ]
        for read in again { await #expect(throws: RequestBodyError.alreadyRead) { try await read() } }
        #expect("\(RequestBodyError.alreadyRead)".hasSuffix("."))
        let empty = Request(scope: RequestScope())
        for _ in 0..<2 { #expect(try await empty.body.collect(upTo: 0).readableBytes == 0) }
    }

    @Test("A client that goes in the middle is an error, not an end")
    func disconnect() async throws {
        let expected = RequestBodyError.disconnected(.clientClosed)
        await #expect(throws: expected) { try await Content(["ab"], end: .disconnect).request().text() }
        let fields: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        await #expect(throws: expected) { try await Content(["a=b"], end: .disconnect).request(fields).form() }
    }

    @Test("Nothing is read that nobody asked for")
    func backpressure() async throws {
        let content = Content(["a", "b", "c"])
        let request = content.request()
        #expect(content.asked == 0)
        var iterator = request.body.makeAsyncIterator()
        #expect(content.asked == 0)
        _ = try await iterator.next()
        #expect(content.asked == 1)
    }

    @Test("collect(upTo:) takes as much as is said, and refuses the first byte beyond", arguments: modes)
    func limits(mode: TestMode) async throws {
        let app = Handler { try await $0.body.collect(upTo: 4) }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.post("/", body: "1234").text == "1234")
            #expect(try await client.post("/").text == "")
            let chunked = try await client.post("/", body: .chunks(["12", "34"]))
            #expect(chunked.text == "1234")
            for body: SAGITesting.RequestBody in ["12345", .chunks(["12", "345"])] {
                let response = try await client.post("/", body: body)
                #expect(response.status == .contentTooLarge)
                #expect(response.text.contains("more than 4 bytes"))
            }
        }
    }

    @Test("text() reads UTF-8, whatever its charset is called, and nothing else", arguments: modes)
    func text(mode: TestMode) async throws {
        let app = Handler { try await $0.text(upTo: 100) }
        try await TestClient.run(app, in: mode) { client async throws in
            for type in [nil, "text/plain", "text/plain; charset=UTF-8", "text/plain;charset=\"us-ascii\""] {
                let response = try await client.post("/", body: .text("héllo", contentType: type))
                #expect(response.text == "héllo")
            }
            let latin = try await client.post("/", body: .text("x", contentType: "text/plain; charset=latin1"))
            #expect(latin.status == .unsupportedMediaType)
            #expect(latin.text.contains("latin1"))
            let broken = try await client.post("/", body: .bytes(ByteBuffer(bytes: [0x61, 0xFF])))
            #expect(broken.status == .badRequest)
        }
    }

    @Test(
        "json() takes JSON by any of its names",
        arguments: [nil, "application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"])
    func json(type: String?) async throws {
        let fields: HTTPFields = type.map { [.contentType: $0] } ?? [:]
        let note = try await Content([#"{"id":1,"#, #""lines":[{"text":"a"}]}"#]).request(fields).json(Note.self)
        #expect(note == Note(id: 1, lines: [.init(text: "a")]))
    }

    @Test(
        "json() says where what is wrong stands",
        arguments: [
            (#"{"id":1}"#, "lines is missing"), (#"{"id":"x","lines":[]}"#, "id is no Int"),
            (#"{"id":1,"lines":[{"text":"a"},{"text":5}]}"#, "lines[1].text is no String"),
            (#"{"id":1,"lines":[{}]}"#, "lines[0].text is missing"),
            (#"{"id":null,"lines":[]}"#, "id is null"), ("[]", "the whole is no"), ("{", "no valid JSON."),
            ("", "no valid JSON."),
        ])
    func wrongJSON(text: String, sentence: String) async throws {
        let problem = await refusal { _ = try await Content([text]).request().json(Note.self) }
        #expect(problem?.status == 400)
        #expect(problem?.detail.contains(sentence) == true, "\(problem?.detail ?? "")")
    }

    @Test("json() refuses another type, and too much", arguments: modes)
    func otherJSON(mode: TestMode) async throws {
        let app = Handler { try await JSON($0.json([Int].self, upTo: 8)) }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.post("/", body: .json([1, 2])).text == "[1,2]")
            let other = try await client.post("/", body: .text("[1]", contentType: "text/plain"))
            #expect(other.status == .unsupportedMediaType)
            #expect(try await client.post("/", body: .json([1, 2, 3, 4])).status == .contentTooLarge)
            #expect(try await client.post("/", body: .text("[1", contentType: nil)).status == .badRequest)
        }
    }

    @Test("form() reads a form, in UTF-8 and within its limits", arguments: modes)
    func form(mode: TestMode) async throws {
        let app = Handler { request in
            try await request.form(upTo: 40, fields: 3).items.map { "\($0.name)>\($0.value)" }
        }
        let type = "application/x-www-form-urlencoded"
        try await TestClient.run(app, in: mode) { client async throws in
            func post(_ text: String, _ type: String? = type) async throws -> TestResponse {
                try await client.post("/", body: .text(text, contentType: type))
            }
            #expect(try await client.post("/", body: .form(["a": "1 2", "é": "&="])).text == #"["a>1 2","é>&="]"#)
            #expect(try await post("a=1&a=2&b", "\(type); charset=UTF-8").text == #"["a>1","a>2","b>"]"#)
            #expect(try await post("").text == "[]")
            #expect(try await post("a=%FF").status == .badRequest)
            #expect(try await post("a", "text/plain").status == .unsupportedMediaType)
            #expect(try await post("a", nil).status == .unsupportedMediaType)
            #expect(try await post(String(repeating: "a", count: 41)).status == .contentTooLarge)
            let many = try await post("a&b&c&d")
            #expect(many.status == .contentTooLarge)
            #expect(many.text.contains("more than 3 fields"))
        }
    }

    // MARK: To a file

    @Test("Content goes to a file that is new, and its owner's alone", arguments: modes)
    func file(mode: TestMode) async throws {
        let site = try Site()
        let app = Handler { request in
            try await "\(request.body.write(to: site.root + "/\(request.query["name"] ?? "")", upTo: 300_000))"
        }
        try site.add("there", "before")
        try site.link("link", to: site.outside + "/secret.txt")
        try site.link("dangling", to: site.outside + "/new.txt")
        let options = {
            var options = TestClient.Options(); options.raisesApplicationErrors = false; return options
        }()
        try await TestClient.run(app, in: mode, options: options) { client async throws in
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let response = try await client.post("/?name=a", body: .bytes(ByteBuffer(bytes: bytes)))
            #expect(response.text == "300000")
            #expect(try site.read("a") == bytes)
            #expect(try site.permissions("a") == 0o600)
            #expect(try await client.post("/?name=empty").text == "0")
            #expect(try site.read("empty") == [])
            for name in ["there", "link", "dangling", ".", "no/where"] {
                let refused = try await client.post("/?name=\(name)", body: "x")
                #expect(refused.status == .internalServerError, "\(name)")
            }
            let large = try await client.post("/?name=large", body: .bytes(ByteBuffer(bytes: bytes + [0])))
            #expect(large.status == .contentTooLarge)
        }
        #expect(try site.read("there") == Array("before".utf8))
        #expect(try site.names() == ["a", "dangling", "empty", "link", "there"])
        #expect(try site.openFiles() == [])
    }

    @Test("A file that does not become whole is removed, but not another one in its place")
    func unwholeFile() async throws {
        let site = try Site()
        await #expect(throws: RequestBodyError.disconnected(.clientClosed)) {
            try await Content(["ab"], end: .disconnect).body.write(to: site.root + "/a", upTo: 10)
        }
        #expect(try site.names() == [])
        await #expect(throws: FileWriteError.exists(path: site.root + "/b")) {
            try site.add("b", "other")
            try await Content(["ab"], end: .disconnect).body.write(to: site.root + "/b", upTo: 10)
        }
        #expect(try site.read("b") == Array("other".utf8))
        let problem = await refusal { try await Content(["x"]).body.write(to: "a\0b", upTo: 10) }
        #expect(problem?.detail.contains("NUL") == true)
        #expect(try site.openFiles() == [])
    }
}
