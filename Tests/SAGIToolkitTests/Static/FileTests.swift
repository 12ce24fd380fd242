import HTTPTypes
import NIOCore
import SAGI
import SAGIToolkit
import Synchronization
import Testing

@Suite struct FileTests {
    let site: Site
    let app: StaticFiles

    init() throws {
        site = try Site()
        app = StaticFiles(site.root)
    }

    @Test func `a file is sent from its descriptor, with its length and type`() async throws {
        try site.add("a/style.css", "body {}", modified: 784_111_777)
        let reply = try await request(app, "/a/style.css")
        #expect(reply.status == 200)
        #expect(reply.text == "body {}")
        #expect(reply.files == [0..<7])
        #expect(reply[.contentType] == "text/css; charset=utf-8")
        #expect(reply[.contentLength] == "7")
        #expect(reply[.lastModified] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(reply[.acceptRanges] == "bytes")
        #expect(reply[.cacheControl] == nil)
        #expect(reply[.vary] == nil)
        let tag = try #require(reply[.eTag])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.count > 10)
    }

    @Test func `an empty file is an empty answer`() async throws {
        try site.add("empty.txt", "")
        let reply = try await request(app, "/empty.txt")
        #expect(reply.status == 200)
        #expect(reply[.contentLength] == "0")
        #expect(reply.files.isEmpty)
    }

    @Test func `HEAD says what GET would, without the content`() async throws {
        try site.add("a.txt", "hello")
        let get = try await request(app, "/a.txt")
        let head = try await request(app, .head, "/a.txt")
        #expect(head.status == 200)
        #expect(head.fields == get.fields)
        #expect(head.body.isEmpty)
        #expect(head.files.isEmpty)
        let missing = try await request(app, .head, "/none")
        #expect(missing.status == 404)
        #expect(missing[.contentType] == "text/plain; charset=utf-8")
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .delete, .patch, .trace])
    func `any other method gets 405 with Allow`(method: HTTPRequest.Method) async throws {
        try site.add("a.txt")
        let reply = try await request(app, method, "/a.txt")
        #expect(reply.status == 405)
        #expect(reply[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test func `OPTIONS gets 204 with Allow`() async throws {
        let reply = try await request(app, .options, "/a.txt")
        #expect(reply.status == 204)
        #expect(reply[.allow] == "GET, HEAD, OPTIONS")
        #expect(reply[.contentLength] == nil)
    }

    @Test func `names are percent-decoded once and read as UTF-8`() async throws {
        try site.add("für alle/100%.txt", "yes")
        try site.add("%2e%2e", "literal")
        #expect(try await request(app, "/f%C3%BCr%20alle/100%25.txt").text == "yes")
        #expect(try await request(app, "/%252e%252e").text == "literal")
    }

    @Test func `the query has nothing to do with the file`() async throws {
        try site.add("a.txt", "hello")
        #expect(try await request(app, "/a.txt?v=1/../2").text == "hello")
    }

    @Test(arguments: [
        ("a.html", "text/html; charset=utf-8"), ("a.HTML", "text/html; charset=utf-8"),
        ("a.min.js", "text/javascript; charset=utf-8"), ("a.json", "application/json"), ("a.svg", "image/svg+xml"),
        ("a.wasm", "application/wasm"), ("a.woff2", "font/woff2"), ("a.tar.gz", "application/gzip"),
        ("a.unheard", "application/octet-stream"), ("a", "application/octet-stream"),
        ("a.", "application/octet-stream"), ("a.own", "application/x-own"), ("a.note", "text/x-note; charset=utf-8"),
        ("a.latin", "text/plain; charset=iso-8859-1"), ("a.png", "image/x-other"),
    ])
    func `the type goes by the extension, and options come first`(name: String, type: String) async throws {
        var options = StaticFiles.Options()
        options.mediaTypes = [
            "own": "application/x-own", "note": "text/x-note", "latin": "text/plain; charset=iso-8859-1",
            "png": "image/x-other",
        ]
        try site.add(name)
        let reply = try await request(StaticFiles(site.root, options: options), "/\(name)")
        #expect(reply[.contentType] == type)
    }

    @Test func `Cache-Control is as the options say`() async throws {
        var options = StaticFiles.Options()
        options.cacheControl = "public, max-age=60"
        let app = StaticFiles(site.root, options: options)
        try site.add("a.txt")
        let reply = try await request(app, "/a.txt")
        #expect(reply[.cacheControl] == "public, max-age=60")
        let cached = try await request(app, "/a.txt", [.ifNoneMatch: try #require(reply[.eTag])])
        #expect(cached.status == 304)
        #expect(cached[.cacheControl] == "public, max-age=60")
        #expect(try await request(app, "/none")[.cacheControl] == nil)
    }

    @Test func `what is not there gets 404 in the form that is preferred`() async throws {
        let plain = try await request(app, "/none")
        #expect(plain.status == 404)
        #expect(plain[.contentType] == "text/plain; charset=utf-8")
        #expect(plain.text == "404 Not Found\n")
        #expect(plain[.vary] == "Accept")
        let browser = try await request(
            app, "/<script>", [.accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"])
        #expect(browser.status == 404)
        #expect(browser[.contentType] == "text/html; charset=utf-8")
        #expect(browser.text.contains("404 Not Found"))
        #expect(!browser.text.contains("script"))
        let program = try await request(app, "/none", [.accept: "application/json"])
        #expect(program[.contentType] == "application/problem+json")
    }

    @Test func `a file is no directory`() async throws {
        try site.add("a.txt")
        #expect(try await request(app, "/a.txt/").status == 404)
        #expect(try await request(app, "/a.txt/b").status == 404)
    }

    @Test func `a directory that does not exist serves nothing until it does`() async throws {
        let app = StaticFiles(site.root + "/later/")
        #expect(try await request(app, "/a.txt").status == 404)
        try site.add("later/a.txt", "now")
        #expect(try await request(app, "/a.txt").text == "now")
    }

    @Test func `a mount point is no part of the name`() async throws {
        try site.add("a.txt", "hello")
        try site.add("static/a.txt", "deeper")
        try site.add("index.html", "home")
        #expect(try await request(app, "/static/a.txt", rootPath: "/static").text == "hello")
        #expect(try await request(app, "/static/a.txt", rootPath: "/static/").text == "hello")
        #expect(try await request(app, "/static/static/a.txt", rootPath: "/static").text == "deeper")
        #expect(try await request(app, "/staticky/a.txt", rootPath: "/static").status == 404)
        #expect(try await request(app, "/static/", rootPath: "/static").text == "home")
        let bare = try await request(app, "/static", rootPath: "/static")
        #expect(bare.status == 308)
        #expect(bare[.location] == "./static/")
    }

    @Test func `looking up on another thread gives the same`() async throws {
        var options = StaticFiles.Options()
        options.looksUpOffLoop = true
        try site.add("a.txt", "hello")
        let reply = try await request(StaticFiles(site.root, options: options), "/a.txt")
        #expect(reply.text == "hello")
        #expect(try site.openFiles().isEmpty)
    }

    @Test func `nothing stays open, whatever the answer`() async throws {
        var options = StaticFiles.Options()
        options.listsDirectories = true
        options.symbolicLinks = .withinRoot
        let app = StaticFiles(site.root, options: options)
        try site.add("d/a.txt", "hello")
        try site.add("d/a.txt.gz", "packed")
        try site.link("d/l.txt", to: "../d/a.txt")
        for path in ["/d/a.txt", "/d", "/d/", "/d/none", "/d/l.txt", "/d/../x", "/d/a.txt/"] {
            for fields: HTTPFields in [[:], [.range: "bytes=0-0"], [.ifNoneMatch: "*"], [.acceptEncoding: "gzip"]] {
                _ = try await request(app, path, fields)
                _ = try await request(app, .head, path, fields)
            }
        }
        #expect(try site.openFiles().isEmpty)
    }

    @Test func `a send that fails closes the file`() async throws {
        struct Gone: Error {}
        try site.add("a.txt", "hello")
        let http = HTTPExchange(
            scope: RequestScope(request: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/a.txt")),
            receive: Receive { .body(ByteBuffer(), more: false) },
            send: Send { if case .file = $0 { throw Gone() } })
        await #expect(throws: Gone.self) { try await app.handle(.http(http)) }
        #expect(try site.openFiles().isEmpty)
    }

    @Test func `a request for an event stream gets what any request does`() async throws {
        try site.add("d/a.txt", "0123456789")
        try site.add("d/index.html", "index")
        try site.add("long.bin", String(repeating: "x", count: 1 << 21))
        func ask(
            _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:]
        ) async throws -> Outcome {
            try await outcome(of: app, .eventStream, RequestScope(method, path, headers: fields))
        }
        let whole = try await ask(.get, "/d/a.txt", [.accept: "text/event-stream"])
        #expect(whole.status == 200 && whole.body == "0123456789")
        let plain = try await request(app, "/d/a.txt")
        #expect(whole.headerFields == plain.fields)
        let part = try await ask(.get, "/d/a.txt", [.range: "bytes=2-4, 6-7"])
        #expect(part.status == 206 && part.body.contains("\r\n\r\n234\r\n"))
        #expect(try await ask(.get, "/d/a.txt", [.ifNoneMatch: plain[.eTag] ?? ""]).status == 304)
        #expect(try await ask(.get, "/d").headerFields[.location] == "./d/")
        #expect(try await ask(.get, "/none").status == 404)
        #expect(try await ask(.post, "/d/a.txt").headerFields[.allow] == "GET, HEAD, OPTIONS")
        let head = try await ask(.head, "/long.bin")
        #expect(head.status == 200 && head.body.isEmpty && head.headerFields[.contentLength] == String(1 << 21))
        #expect(try await ask(.get, "/long.bin").body.utf8.count == 1 << 21)
        #expect(try site.openFiles().isEmpty)
    }

    @Test func `below a router's mount and as a middleware, an event stream is the same`() async throws {
        try site.add("a.txt", "hello")
        let root = site.root
        let routes = try Router { routes in
            routes.mount("/files", StaticFiles(root))
            routes.eventStream("/events", to: accepting)
        }
        for app in [routes.wrapped(by: ETag()), routes.wrapped(by: Static(root, at: "/files"))] as [any Application] {
            func ask(_ path: String) async throws -> Outcome {
                try await outcome(
                    of: ClosureApplication { try await app.handle($0) }, .eventStream, RequestScope(.get, path))
            }
            let file = try await ask("/files/a.txt")
            #expect(file.status == 200 && file.body == "hello")
            #expect(try await ask("/files/none").status == 404)
            #expect(try await ask("/events").isAccepted)
        }
    }

    @Test func `other kinds of exchange are declined, and the lifespan is not served`() async throws {
        try site.add("a.txt")
        let scope = RequestScope(request: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/a.txt"))
        let denied = Mutex<Int?>(nil)
        let socket = WebSocketExchange(
            scope: scope, subprotocols: [], receive: Receive { .connect },
            send: Send { event in
                if case .deny(let response, _) = event { denied.withLock { $0 = response.status.code } }
            })
        try await app.handle(.webSocket(socket))
        #expect(denied.withLock { $0 } == 404)
        let lifespan = LifespanExchange(scope: LifespanScope(), receive: Receive { .startup }, send: Send { _ in })
        await #expect(throws: Unsupported.self) { try await app.handle(.lifespan(lifespan)) }
    }
}
