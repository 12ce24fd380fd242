// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Responses")
struct ResponseTests {
    struct Note: Codable, Sendable, Equatable {
        var id: Int
        var text: String
    }

    @Test("have their type and length", arguments: modes)
    func types(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.get("/text") { _ in "h\u{e9}" }
            routes.get("/html") { _ in Response.html("<p>") }
            routes.get("/bytes") { _ in ByteBuffer(bytes: [1, 2, 3]) }
            routes.get("/json") { _ in Note(id: 1, text: "a/b") }
            routes.get("/list") { _ in [Note(id: 1, text: "")] }
            routes.get("/status") { _ in HTTPResponse.Status.accepted }
            routes.get("/empty") { _ in Response.empty() }
            routes.post("/pair") { _ in (.created, JSON(Note(id: 2, text: ""))) }
            routes.get("/some") { _ -> String? in "some" }
            routes.get("/none") { _ -> String? in nil }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            for (path, type, text) in [
                ("/text", "text/plain; charset=utf-8", "h\u{e9}"), ("/html", "text/html; charset=utf-8", "<p>"),
                ("/bytes", "application/octet-stream", "\u{1}\u{2}\u{3}"),
                ("/json", "application/json", #"{"id":1,"text":"a/b"}"#),
                ("/list", "application/json", #"[{"id":1,"text":""}]"#), ("/some", "text/plain; charset=utf-8", "some"),
            ] {
                let response = try await client.get(path)
                #expect((response.status, response[.contentType], response.text) == (.ok, type, text))
                #expect(response[.contentLength] == String(text.utf8.count))
            }
            let pair = try await client.post("/pair")
            #expect((pair.status, pair.text) == (.created, #"{"id":2,"text":""}"#))
            let accepted = try await client.get("/status")
            #expect((accepted.status, accepted.text) == (.accepted, ""))
            let empty = try await client.get("/empty")
            #expect((empty.status, empty[.contentLength], empty[.contentType]) == (.noContent, nil, nil))
            #expect(try await client.get("/none").status == .notFound)
        }
    }

    @Test(
        "a redirect escapes what no URL can hold",
        arguments: [
            ("/a b\u{e9}", "/a%20b%C3%A9"), ("/a%20b?x=1&y#z", "/a%20b?x=1&y#z"),
            ("/a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x"),
            ("https://example.org/<>", "https://example.org/%3C%3E"),
        ])
    func redirect(location: String, expected: String) {
        let response = Response.redirect(to: location)
        #expect((response.status, response[.location]) == (.seeOther, expected))
    }

    @Test(
        "a redirect to where a client says stays on this host",
        arguments: [
            ("/home", "/home"), ("/", "/"), ("", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"),
            ("https://evil.example", "/"), ("/\t/evil.example", "/"), ("javascript:alert(1)", "/"), ("home", "/"),
        ])
    func localRedirect(path: String, expected: String) {
        #expect(Response.redirect(toLocal: path)[.location] == expected)
    }

    @Test("are streamed as they are written, and flushed when asked", arguments: modes)
    func streams(mode: TestMode) async throws {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let app = Handler { _ in
            Response.stream(contentType: "text/plain") { writer in
                for await part in stream {
                    try await writer.write(part)
                    try await writer.flush()
                }
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                var body = response.body.makeAsyncIterator()
                for part in ["one", "two"] {
                    continuation.yield(part)
                    #expect(try await body.next() == ByteBuffer(string: part))
                }
                continuation.finish()
                #expect(try await body.next() == nil)
            }
        }
    }

    @Test("a sequence is sent element by element, and an error cuts it off", arguments: modes)
    func sequences(mode: TestMode) async throws {
        struct Failure: Error {}
        let router = try Router { routes in
            routes.get("/whole") { _ in
                Response.stream(
                    AsyncStream {
                        for part in ["a", "b"] { $0.yield(ByteBuffer(string: part)) }; $0.finish()
                    })
            }
            routes.get("/broken") { _ in
                Response.stream { writer in
                    try await writer.write("a")
                    try await writer.flush()
                    throw Failure()
                }
            }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/whole").text == "ab")
            let broken = try await client.with { $0.raisesApplicationErrors = false }.get("/broken")
            #expect(broken.isTruncated)
            #expect(try await client.head("/broken").status == .ok)
        }
    }

    @Test("early hints go before, and background work comes after", arguments: modes)
    func extras(mode: TestMode) async throws {
        let link = HTTPField.Name("Link")!
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let app = Handler { _ in
            var response = Response.text("done")
            response.earlyHints = [[link: "</style.css>; rel=preload"]]
            response.background = [{ continuation.yield("one") }, { continuation.finish() }]
            return response
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.informational.map { $0.headerFields[link] } == ["</style.css>; rel=preload"])
            #expect(response.text == "done")
            var seen: [String] = []
            for await line in stream { seen.append(line) }
            #expect(seen == ["one"])
        }
    }

    @Test("a file is sent by the server", arguments: modes)
    func files(mode: TestMode) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sagi-\(UUID().uuidString)"
        #expect(FileManager.default.createFile(atPath: path, contents: Data("0123456789".utf8)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let app = Handler { _ in Response(body: .file(FileRange(path: path, offset: 2, length: 5))) }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect((response.text, response[.contentLength]) == ("23456", "5"))
        }
    }

    @Test("Vary gets each name once")
    func vary() {
        var fields: HTTPFields = [:]
        fields.addVary(.accept)
        fields.addVary(.accept)
        fields.addVary(.origin)
        #expect(fields[.vary] == "Accept, Origin")
        fields[.vary] = "*"
        fields.addVary(.accept)
        #expect(fields[.vary] == "*")
    }
}

@Suite("Errors")
struct ErrorTests {
    static func router() throws -> Router {
        try Router { routes in
            routes.get("/known") { _ -> String in
                throw HTTPError(.tooManyRequests, "Slow <down>.", headerFields: [.retryAfter: "7"])
            }
            routes.get("/unknown") { _ -> String in throw ResponseTests.Note.Missing() }
            routes.get("/parameter/:id") { request in "\(try request.parameter("id", as: Int.self))" }
            routes.get("/mistake") { request in try request.parameter("id") }
            routes.post("/twice") { request -> String in
                _ = try await request.text()
                return try await request.text()
            }
        }
    }

    @Test(
        "are told as the client wants it",
        arguments: [
            (nil, "text/plain; charset=utf-8", "429 Too Many Requests\nSlow <down>.\n"),
            (
                "*/*", "application/problem+json",
                #"{"detail":"Slow <down>.","status":429,"title":"Too Many Requests"}"#
            ),
            (
                "text/plain, application/json;q=0.5", "text/plain; charset=utf-8",
                "429 Too Many Requests\nSlow <down>.\n"
            ),
            ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8", "<p>Slow &lt;down&gt;.</p>"),
        ])
    func negotiates(accept: String?, type: String, text: String) async throws {
        var options = TestClient.Options()
        options.headerFields[.accept] = accept
        try await TestClient.run(Self.router(), options: options) { client async throws in
            let response = try await client.get("/known")
            #expect((response.status, response[.contentType]) == (.tooManyRequests, type))
            #expect((response[.retryAfter], response[.vary]) == ("7", "Accept"))
            #expect(response.text.contains(text))
        }
    }

    @Test("that know no status go to the server", arguments: modes)
    func unknown(mode: TestMode) async throws {
        try await TestClient.run(Self.router(), in: mode) { client async throws in
            await #expect(throws: ResponseTests.Note.Missing.self) { try await client.get("/unknown") }
            await #expect(throws: RouterError.self) { try await client.get("/mistake") }
            #expect(try await client.get("/parameter/x").status == .notFound)
            #expect(try await client.get("/parameter/7").text == "7")
            #expect(try await client.post("/twice", body: "x").status == .internalServerError)
        }
    }

    @Test("decline every kind of exchange in its form", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let app = Handler { _ -> String in throw HTTPError(.forbidden, "No.") }
        let outcome = try await outcome(of: app, kind, RequestScope())
        #expect((outcome.status, outcome.isAccepted, outcome.body) == (403, false, "403 Forbidden\nNo.\n"))
    }
}

@Suite("Declining with a response")
struct DeclineTests {
    private static let declining: [RequestKind] = [.eventStream, .webSocket, .webTransport]

    @Test("content that is there goes with it", arguments: declining)
    func content(kind: RequestKind) async throws {
        for (response, content) in [(Response.text("bytes"), "bytes"), (Response.empty(.ok), "")] {
            let seen = try await outcome(of: response, kind, RequestScope())
            #expect((seen.status, seen.body, seen.isAccepted) == (200, content, false))
            #expect(seen.headerFields[.contentLength] == String(content.utf8.count))
        }
        let head = try await outcome(of: Response.stream { _ in }, kind, RequestScope(.head))
        #expect(head.body.isEmpty && head.status == 200)
    }

    @Test("content that is streamed, or in a file, is left to plain HTTP", arguments: declining)
    func streamed(kind: RequestKind) async throws {
        let site = try Site()
        try site.add("a.txt", "from the file")
        let file = FileRange(path: site.root + "/a.txt", offset: 5)
        for (response, content) in [
            (Response.stream { try await $0.write("written") }, "written"), (Response(body: .file(file)), "the file"),
        ] {
            guard kind != .webTransport else {
                await #expect(throws: Unsupported.self) { try await outcome(of: response, kind, RequestScope()) }
                continue
            }
            #expect(try await outcome(of: response, kind, RequestScope()).body == content)
        }
    }
}

extension ResponseTests.Note {
    struct Missing: Error {}
}
