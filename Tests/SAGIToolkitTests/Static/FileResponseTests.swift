// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Response.file")
struct FileResponseTests {
    let site: Site

    init() throws {
        site = try Site()
        try site.add("a.txt", "0123456789", modified: 784_111_777)
        try site.add("sub/b.html", "<p>")
        try site.add(".hidden", "secret")
        try site.link("link.txt", to: "a.txt")
        try site.link("out.txt", to: site.outside + "/secret.txt")
    }

    private func app(
        contentType: String? = nil, disposition: Disposition? = nil, cacheControl: String? = nil,
        maximumRanges: Int = 16
    ) -> Handler {
        Handler { [path = site.root + "/a.txt"] request in
            try Response.file(
                path, for: request, contentType: contentType, disposition: disposition, cacheControl: cacheControl,
                maximumRanges: maximumRanges)
        }
    }

    @Test("sends the file, with what describes it", arguments: modes)
    func whole(mode: TestMode) async throws {
        try await TestClient.run(app(cacheControl: "max-age=9"), in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.status == .ok && response.text == "0123456789")
            #expect(response[.contentType] == "text/plain; charset=utf-8")
            #expect(response[.contentLength] == "10")
            #expect(response[.lastModified] == "Sun, 06 Nov 1994 08:49:37 GMT")
            #expect(response[.acceptRanges] == "bytes" && response[.cacheControl] == "max-age=9")
            #expect(response[.eTag] != nil && response[.contentDisposition] == nil)
            let head = try await client.head("/")
            #expect(head.body.readableBytes == 0 && head[.contentLength] == "10")
            #expect(head[.eTag] == response[.eTag])
        }
        try await TestClient.run(app(contentType: "image/x"), in: mode) { client async throws in
            #expect(try await client.get("/")[.contentType] == "image/x")
        }
        #expect(try site.openFiles().isEmpty)
    }

    @Test("answers ranges, one and several", arguments: modes)
    func ranges(mode: TestMode) async throws {
        try await TestClient.run(app(), in: mode) { client async throws in
            for (range, text, positions) in [
                ("bytes=2-4", "234", "2-4"), ("bytes=-3", "789", "7-9"), ("bytes=-30", "0123456789", "0-9"),
                ("bytes=8-", "89", "8-9"),
            ] {
                let response = try await client.get("/", headers: [.range: range])
                #expect(response.status == .partialContent && response.text == text)
                #expect(response[.contentRange] == "bytes \(positions)/10")
                #expect(response[.contentLength] == String(text.utf8.count))
            }
            let several = try await client.get("/", headers: [.range: "bytes=0-1,8-9"])
            #expect(several.status == .partialContent)
            #expect(several[.contentType]?.hasPrefix("multipart/byteranges; boundary=") == true)
            #expect(several.text.contains("Content-Range: bytes 0-1/10\r\n\r\n01\r\n"))
            #expect(several.text.contains("Content-Range: bytes 8-9/10\r\n\r\n89\r\n"))
            let outside = try await client.get("/", headers: [.range: "bytes=20-"])
            #expect(outside.status == .rangeNotSatisfiable && outside[.contentRange] == "bytes */10")
            let tag = try await client.get("/")[.eTag]!
            #expect(try await client.get("/", headers: [.range: "bytes=0-0", .ifRange: tag]).text == "0")
            #expect(try await client.get("/", headers: [.range: "bytes=0-0", .ifRange: "\"x\""]).text.count == 10)
            #expect(try await client.head("/", headers: [.range: "bytes=0-0"])[.contentLength] == "10")
        }
        try await TestClient.run(app(maximumRanges: 0)) { client async throws in
            let response = try await client.get("/", headers: [.range: "bytes=0-0"])
            #expect(response.text.count == 10 && response[.acceptRanges] == nil)
        }
    }

    @Test("answers conditions, and other methods without them", arguments: modes)
    func conditions(mode: TestMode) async throws {
        try await TestClient.run(app(disposition: .attachment()), in: mode) { client async throws in
            let tag = try await client.get("/")[.eTag]!
            let same: HTTPFields = [.ifNoneMatch: tag]
            let unchanged = try await client.get("/", headers: same)
            #expect(unchanged.status == .notModified && unchanged[.contentDisposition] == nil)
            #expect(try await client.get("/", headers: [.ifMatch: "\"x\""]).status == .preconditionFailed)
            let since: HTTPFields = [.ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"]
            #expect(try await client.get("/", headers: since).status == .notModified)
            let posted = try await client.post("/", headers: [.ifNoneMatch: tag, .range: "bytes=0-0"])
            #expect(posted.status == .ok && posted.text == "0123456789")
        }
    }

    @Test("a file that is not there is 404: missing, a directory, a pipe", arguments: modes)
    func missing(mode: TestMode) async throws {
        for path in ["/none", "", "/sub", "/a.txt/"] {
            let app = Handler { [root = site.root] request in try Response.file(root + path, for: request) }
            try await TestClient.run(app, in: mode) { client async throws in
                #expect(try await client.get("/").status == .notFound, "\(path)")
            }
        }
        let device = Handler { request in try Response.file("/dev/zero", for: request) }
        try await TestClient.run(device, in: mode) { client async throws in
            #expect(try await client.get("/").status == .notFound)
        }
    }

    @Test("a name in a directory never leads out of it", arguments: modes)
    func inDirectory(mode: TestMode) async throws {
        for (name, text) in [
            ("a.txt", "0123456789"), ("sub/b.html", "<p>"), ("../outside/secret.txt", nil), ("out.txt", nil),
            ("link.txt", nil), (".hidden", nil), ("sub", nil), ("", nil), ("/a.txt", nil), ("sub//b.html", nil),
            ("sub/../a.txt", nil), ("a.txt/", nil), ("a\0.txt", nil), ("sub\\b.html", nil), ("%2e%2e/outside", nil),
        ] as [(String, String?)] {
            let app = Handler { [root = site.root] request in try Response.file(name, in: root, for: request) }
            try await TestClient.run(app, in: mode) { client async throws in
                let response = try await client.get("/anything")
                #expect(response.status == (text == nil ? .notFound : .ok), "\(name)")
                if let text { #expect(response.text == text) }
            }
        }
    }

    @Test("a response can be sent twice, and keeps its file open meanwhile", arguments: modes)
    func twice(mode: TestMode) async throws {
        let request = Request(scope: RequestScope())
        let response = try Response.file(site.root + "/a.txt", for: request)
        let app = Handler { _ in response }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/").text == "0123456789")
            #expect(try await client.get("/").text == "0123456789")
        }
    }

    @Test(
        "a name to save under is told to old and new clients",
        arguments: [
            (.attachment(), "attachment; filename=\"a.txt\""), (.inline(), "inline; filename=\"a.txt\""),
            (.attachment(filename: "report 1.pdf"), "attachment; filename=\"report 1.pdf\""),
            (
                .attachment(filename: "Übersicht.pdf"),
                "attachment; filename=\"_bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf"
            ),
            (
                .inline(filename: "a\"b\\c%20.txt"),
                "inline; filename=\"c_20.txt\"; filename*=UTF-8''c%2520.txt"
            ),
            (.attachment(filename: "../../etc/passwd"), "attachment; filename=\"passwd\""),
            (.attachment(filename: "a\r\nSet-Cookie: x"), "attachment; filename=\"aSet-Cookie: x\""),
            (.attachment(filename: "\u{202E}fdp.exe"), "attachment; filename=\"fdp.exe\""),
            (.attachment(filename: ".."), "attachment"), (.attachment(filename: ""), "attachment"),
            (
                .attachment(filename: "it's (1)*.txt"),
                "attachment; filename=\"it's (1)*.txt\""
            ),
        ] as [(Disposition, String)])
    func disposition(disposition: Disposition, expected: String) async throws {
        try await TestClient.run(app(disposition: disposition)) { client async throws in
            #expect(try await client.get("/")[.contentDisposition] == expected)
            #expect(try await client.get("/", headers: [.range: "bytes=0-0"])[.contentDisposition] == expected)
        }
    }
}

@Suite("Static")
struct StaticMiddlewareTests {
    let site: Site
    private let inner = Handler { request in Response.text("inside \(request.path) \(request.scope.rootPath)") }

    init() throws {
        site = try Site()
        try site.add("a.txt", "file")
        try site.add("index.html", "<p>index")
        try site.add("docs/index.html", "<p>docs")
        try site.add("plain/b.txt", "b")
        try site.add(".hidden", "secret")
        try site.link("out.txt", to: site.outside + "/secret.txt")
    }

    @Test("what is there is served, everything else goes on", arguments: modes)
    func passes(mode: TestMode) async throws {
        try await TestClient.run(inner.wrapped(by: Static(site.root)), in: mode) { client async throws in
            for (path, text) in [
                ("/a.txt", "file"), ("/", "<p>index"), ("/docs/", "<p>docs"), ("/docs", "<p>docs"),
                ("/plain/b.txt", "b"), ("/none", "inside /none "), ("/plain/", "inside /plain/ "),
                ("/a.txt/", "inside /a.txt/ "), ("/.hidden", "inside /.hidden "), ("/out.txt", "inside /out.txt "),
                ("/../outside/secret.txt", "inside /../outside/secret.txt "),
                ("/%2e%2e/outside/secret.txt", "inside /../outside/secret.txt "),
            ] {
                #expect(try await client.get(path).text == text, "\(path)")
            }
            #expect(try await client.post("/a.txt").text == "inside /a.txt ")
            #expect(try await client.head("/a.txt")[.contentLength] == "4")
            let part = try await client.get("/a.txt", headers: [.range: "bytes=-2"])
            #expect(part.status == .partialContent && part.text == "le")
            let tag = try await client.get("/a.txt")[.eTag]!
            #expect(try await client.get("/a.txt", headers: [.ifNoneMatch: tag]).status == .notModified)
        }
    }

    @Test("a path that names nothing at all is the application's to refuse", arguments: modes)
    func malformed(mode: TestMode) async throws {
        try await TestClient.run(inner.wrapped(by: Static(site.root)), in: mode) { client async throws in
            #expect(try await client.get("/a%00.txt").text == "inside /a\0.txt ")
        }
    }

    @Test("it can lie below a path, and inside of a mount", arguments: modes)
    func prefix(mode: TestMode) async throws {
        for prefix in ["/assets", "assets/", "/assets/"] {
            let app = inner.wrapped(by: Static(site.root, at: prefix))
            try await TestClient.run(app, in: mode) { client async throws in
                #expect(try await client.get("/assets/a.txt").text == "file")
                #expect(try await client.get("/a.txt").text == "inside /a.txt ")
                #expect(try await client.get("/assetsa.txt").text == "inside /assetsa.txt ")
                #expect(try await client.get("/assets/none").text == "inside /assets/none ")
            }
            let mounted = try await request(app, "/mount/assets/a.txt", rootPath: "/mount")
            #expect(mounted.text == "file")
        }
    }

    @Test("it has the options of StaticFiles", arguments: modes)
    func options(mode: TestMode) async throws {
        var options = StaticFiles.Options()
        options.cacheControl = "max-age=5"
        options.listsDirectories = true
        options.hiddenFiles = .allow
        let app = inner.wrapped(by: Static(site.root, options: options))
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/a.txt")[.cacheControl] == "max-age=5")
            #expect(try await client.get("/plain/").text.contains("b.txt"))
            #expect(try await client.get("/.hidden").text == "secret")
        }
    }

    @Test("sockets and sessions go on to the application", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let seen = try await outcome(of: accepting.wrapped(by: Static(site.root)), kind, RequestScope(.get, "/a.txt"))
        let isFile = kind == .http || kind == .eventStream
        #expect(seen.status == (isFile ? 200 : 101))
        #expect(seen.isAccepted)
        #expect(seen.headerFields[.contentLength] == (isFile ? "4" : nil))
    }
}
