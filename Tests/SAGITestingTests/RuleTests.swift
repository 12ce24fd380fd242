import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

/// Each event that breaks a rule throws, and nothing of it is sent: the response that follows is whole.
@Suite("Rules of the response, in every mode")
struct RuleTests {
    /// Sends an event that must be refused, and notes how.
    static func refused(_ event: HTTPResponseEvent, _ http: HTTPExchange, _ notebook: Notebook) async throws {
        do {
            try await http.send(event)
            notebook.note("taken")
        } catch let error as ExchangeError {
            switch error {
            case .wrongEvent: notebook.note("wrong event")
            case .invalidStatus(let code): notebook.note("invalid status \(code)")
            case .invalidField(let name): notebook.note("invalid field \(name)")
            case .forbiddenTrailer(let name): notebook.note("forbidden trailer \(name)")
            case .contentLengthExceeded(let promised): notebook.note("beyond \(promised)")
            case .invalidEvent(let sentence): notebook.note(sentence)
            case .file(_, let reason): notebook.note("file: \(reason)")
            case .concurrentReceive: notebook.note("concurrent receive")
            }
        }
    }

    @Test("Events before the start are refused", arguments: TestMode.all)
    func beforeStart(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            try await Self.refused(.body("early"), http, notebook)
            try await Self.refused(.file(FileRange(path: "/etc/hostname")), http, notebook)
            try await Self.refused(.trailers([:]), http, notebook)
            try await Self.refused(.start(HTTPResponse(status: .continue)), http, notebook)
            try await Self.refused(.start(HTTPResponse(status: .init(code: 600))), http, notebook)
            try await Self.refused(.informational(HTTPResponse(status: .ok)), http, notebook)
            try await Self.refused(.informational(HTTPResponse(status: .switchingProtocols)), http, notebook)
            try await http.answer("whole")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(response.informational.isEmpty)
        }
        #expect(
            notebook.all == [
                "wrong event", "wrong event", "wrong event", "invalid status 100", "invalid status 600",
                "invalid status 200", "invalid status 101",
            ])
    }

    @Test("Events after the start, and after the end, are refused", arguments: TestMode.all)
    func afterStart(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await Self.refused(.start(HTTPResponse(status: .ok)), http, notebook)
            try await Self.refused(.informational(HTTPResponse(status: .earlyHints)), http, notebook)
            try await Self.refused(.trailers([:]), http, notebook)
            try await http.send(.body("whole"))
            try await Self.refused(.body("more"), http, notebook)
            try await Self.refused(.start(HTTPResponse(status: .ok)), http, notebook)
            try await Self.refused(.trailers([:]), http, notebook)
            try await http.send(.flush)
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(!response.isTruncated)
        }
        #expect(notebook.all == Array(repeating: "wrong event", count: 6))
    }

    @Test("A field with a forbidden byte is refused", arguments: TestMode.all)
    func fields(mode: TestMode) async throws {
        let notebook = Notebook()
        let name = HTTPField.Name("x-bad")!
        let bad: HTTPFields = [name: "x"]
        var fields = bad
        fields[fields.startIndex] = HTTPField(name: name, lenientValue: [0x61, 0x01, 0x62])
        let invalid = fields
        let app = app { http in
            try await Self.refused(
                .informational(HTTPResponse(status: .earlyHints, headerFields: invalid)), http, notebook)
            try await Self.refused(.start(HTTPResponse(status: .ok, headerFields: invalid)), http, notebook)
            try await Self.refused(
                .start(HTTPResponse(status: .ok, headerFields: [.contentLength: "+1"])), http, notebook)
            try await http.send(.start(HTTPResponse(status: .ok), trailers: true))
            try await http.send(.body("whole"))
            try await Self.refused(.trailers(invalid), http, notebook)
            try await Self.refused(.body("more"), http, notebook)
            try await http.send(.trailers([name: "good"]))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(response.headerFields[name] == nil)
            #expect(response.trailers == [name: "good"])
        }
        #expect(
            notebook.all == [
                "invalid field x-bad", "invalid field x-bad", "invalid field Content-Length", "invalid field x-bad",
                "wrong event",
            ])
    }

    @Test("Content beyond Content-Length is refused, and the promised content passes", arguments: TestMode.all)
    func tooMuch(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "5"])))
            try await http.send(.body("abc", more: true))
            try await Self.refused(.body("def", more: true), http, notebook)
            try await http.send(.body("de"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "abcde")
        }
        #expect(notebook.all == ["beyond 5"])
    }

    @Test("Content short of Content-Length is cut off visibly", arguments: TestMode.all)
    func tooLittle(mode: TestMode) async throws {
        let hasRead = Notebook()
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "5"])))
            try await http.send(.body("abc"))
            try await http.send(.flush)
            try await hasRead.wait(for: "read")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let error = await #expect(throws: TestClientError.self) {
                try await client.stream(.get, "/") { response async throws in
                    for try await bytes in response.body {
                        #expect(String(buffer: bytes) == "abc")
                        hasRead.note("read")
                    }
                }
            }
            guard case .truncated? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("HEAD, 204 and 304 have no content, and HEAD tells its length", arguments: TestMode.all)
    func noContent(mode: TestMode) async throws {
        let app = app { http in
            let code = Int(http.scope.rawPath.dropFirst()) ?? 0
            try await http.send(.start(HTTPResponse(status: .init(code: code))))
            try await http.send(.body("content"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let head = try await client.head("/200")
            #expect(head.body.readableBytes == 0)
            #expect(head[.contentLength] == "7")
            for code in [204, 304] {
                let response = try await client.get("/\(code)")
                #expect(response.status.code == code)
                #expect(response.body.readableBytes == 0)
                #expect(response[.contentLength] == nil)
            }
            let get = try await client.get("/200")
            #expect(get.text == "content")
            #expect(get[.contentLength] == "7")
        }
    }

    @Test("Fields of the connection are not forwarded", arguments: TestMode.all)
    func connectionFields(mode: TestMode) async throws {
        let app = app { http in
            try await http.answer(
                "whole",
                headerFields: [
                    .transferEncoding: "gzip", .upgrade: "h2c", HTTPField.Name("keep-alive")!: "timeout=1",
                    HTTPField.Name("proxy-connection")!: "keep-alive", .connection: "x-custom",
                ])
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(response[.transferEncoding] == nil)
            #expect(response[.upgrade] == nil)
            #expect(response.headerFields[text: "keep-alive"] == nil)
            #expect(response.headerFields[text: "proxy-connection"] == nil)
            #expect(response[.connection] == nil)
        }
    }

    @Test("Two tasks cannot receive at the same time", arguments: TestMode.all)
    func concurrentReceive(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            _ = try await http.receive()
            do {
                try await withThrowingTaskGroup { group in
                    for _ in 0..<2 { group.addTask { _ = try await http.receive() } }
                    try await group.next()
                }
            } catch ExchangeError.concurrentReceive {
                notebook.note("refused")
            }
            try await http.answer("whole")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            // One of the two is refused, and the other one is cancelled with it.
            let response = try await client.get("/")
            #expect(response.text == "whole")
        }
        #expect(notebook.all == ["refused"])
    }

    @Test("Trailers end the content as well", arguments: TestMode.all)
    func trailersEnd(mode: TestMode) async throws {
        let notebook = Notebook()
        let name = HTTPField.Name("x-sum")!
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok), trailers: true))
            try await http.send(.body("whole", more: true))
            try await http.send(.trailers([name: "1"]))
            try await Self.refused(.body("more"), http, notebook)
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(response.trailers == [name: "1"])
            #expect(!response.isTruncated)
        }
        #expect(notebook.all == ["wrong event"])
    }

    @Test("A field that comes too late in trailers is refused, whether they are sent or not", arguments: TestMode.all)
    func forbiddenTrailers(mode: TestMode) async throws {
        let notebook = Notebook()
        let names = [
            "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Host", "Set-Cookie", "WWW-Authenticate",
            "Cache-Control", "If-Match", "Location", "Content-Type", "Content-Encoding", "Content-Range",
        ]
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok), trailers: true))
            try await http.send(.body("whole"))
            for name in names {
                try await Self.refused(.trailers([.eTag: "\"1\"", HTTPField.Name(name)!: "1"]), http, notebook)
            }
            var invalid: HTTPFields = [.eTag: "x"]
            invalid[invalid.startIndex] = HTTPField(name: .eTag, lenientValue: [0x61, 0x01, 0x62])
            try await Self.refused(.trailers(invalid), http, notebook)
            try await http.send(.trailers([.eTag: "\"1\""]))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect((response.text, response.isTruncated) == ("whole", false))
            #expect(response.trailers == [.eTag: "\"1\""])
            let deaf = try await client.with { $0.headerFields = [:] }.get("/")
            #expect((deaf.text, deaf.isTruncated, deaf.trailers) == ("whole", false, [:]))
        }
        let once = names.map { "forbidden trailer \($0)" } + ["invalid field ETag"]
        #expect(notebook.all == once + once)
    }

    @Test("Trailers do not make a response whole that is short of Content-Length", arguments: TestMode.all)
    func trailersTooEarly(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            try await http.send(
                .start(HTTPResponse(status: .ok, headerFields: [.contentLength: "5"]), trailers: true))
            try await http.send(.body("abc", more: http.scope.path == "/more"))
            try await Self.refused(.trailers([.eTag: "x"]), http, notebook)
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let client = client.with { $0.raisesApplicationErrors = false }
            for path in ["/more", "/last"] {
                do {
                    #expect(try await client.get(path).isTruncated)
                } catch TestClientError.noResponse {
                    // The connection was reset before the client had read the head.
                }
            }
        }
        #expect(notebook.all == ["wrong event", "wrong event"])
    }

    @Test("A 204 has no Content-Length, whatever the application says", arguments: TestMode.all)
    func lengthOfNothing(mode: TestMode) async throws {
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .noContent, headerFields: [.contentLength: "5"])))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect((response.status, response[.contentLength]) == (.noContent, nil))
        }
    }

    @Test("The last event may be left out when nothing could still come", arguments: TestMode.all)
    func leavesOut(mode: TestMode) async throws {
        let app = app { http in
            switch http.scope.path {
            case "/length":
                try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "5"])))
                try await http.send(.body("whole", more: true))
            case "/empty": try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "0"])))
            case "/none": try await http.send(.start(HTTPResponse(status: .noContent)))
            default:
                try await http.send(.start(HTTPResponse(status: .ok)))
                try await http.send(.flush)
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/length").text == "whole")
            #expect(try await client.get("/empty").text.isEmpty)
            #expect(try await client.get("/none").status == .noContent)
            #expect(try await client.head("/head").status == .ok)
            let open = try await client.with { $0.raisesApplicationErrors = false }.get("/open")
            #expect(open.isTruncated)
        }
    }

    @Test("An exchange cannot be declined once its response has been started", arguments: TestMode.all)
    func declinesOnce(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = ClosureApplication { exchange in
            guard case .http = exchange else { throw Unsupported(exchange) }
            try await exchange.decline(with: HTTPResponse(status: .forbidden), body: ByteBuffer(string: "no"))
            do {
                try await exchange.decline(with: HTTPResponse(status: .ok))
            } catch ExchangeError.wrongEvent {
                notebook.note("refused")
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect((response.status, response.text) == (.forbidden, "no"))
            #expect(response[.contentLength] == "2")
        }
        #expect(notebook.all == ["refused"])
    }
}
