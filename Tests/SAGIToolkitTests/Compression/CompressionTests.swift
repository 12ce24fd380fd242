// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Testing

@testable import SAGIToolkit

@Suite("Compression")
struct CompressionTests {
    static let text = (0..<300).map { "This is line \($0).\n" }.joined()
    private let all: HTTPFields = [.acceptEncoding: "gzip, deflate, br, zstd"]

    private func answering(_ response: Response) -> ResponseWith { ResponseWith(response) }

    /// Sends one response to everything.
    struct ResponseWith: Application {
        let response: Response
        init(_ response: Response) { self.response = response }
        nonisolated(nonsending) func handle(_ exchange: Exchange) async throws { try await response.handle(exchange) }
    }

    private func page(_ fields: HTTPFields = [:], status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.text(Self.text, status: status)
        for field in fields { response.headerFields[field.name] = field.value }
        return response
    }

    @Test("compresses in each coding, in memory and over a socket", arguments: modes)
    func codings(mode: TestMode) async throws {
        try await TestClient.run(answering(page()).wrapped(by: Compression()), in: mode) { client async throws in
            for coding in ContentCoding.allCases {
                let response = try await client.get("/", headers: [.acceptEncoding: coding.name])
                #expect(response.status == .ok)
                #expect(response[.contentEncoding] == coding.name)
                #expect(response[.vary] == "Accept-Encoding")
                #expect(response[.contentLength] == String(response.body.readableBytes))
                #expect(response.body.readableBytes < 1500)
                #expect(try response.plain == Self.text)
            }
        }
    }

    @Test(
        "chooses by the client's weights, and then by its own order",
        arguments: [
            (nil, nil), ("", nil), ("gzip", "gzip"), ("x-gzip", "gzip"), ("GZIP", "gzip"), ("gzip, br", "br"),
            ("deflate, br, zstd", "zstd"),
            ("gzip;q=1, br;q=0.5", "gzip"), ("gzip;q=0", nil), ("gzip;q=0, *", "zstd"), ("*", "zstd"), ("*;q=0", nil),
            ("zstd;q=0, *;q=0.1", "br"), ("gzip;q=0.0001", nil), ("gzip;q=nan", nil), ("identity", nil),
            ("identity, gzip;q=0.5", nil), ("identity;q=0.5, gzip", "gzip"), ("compress, exi", nil),
            ("deflate, gzip;q=0.9", "deflate"), ("identity;q=0", nil), ("identity;q=0, gzip;q=0.1", "gzip"),
        ] as [(String?, String?)])
    func negotiation(accept: String?, coding: String?) async throws {
        let headers: HTTPFields = accept.map { [.acceptEncoding: $0] } ?? [:]
        try await TestClient.run(answering(page()).wrapped(by: Compression())) { client async throws in
            let response = try await client.get("/", headers: headers)
            #expect(response[.contentEncoding] == coding)
            #expect(response[.vary] == "Accept-Encoding")
            #expect(try response.plain == Self.text)
        }
    }

    @Test("codings can be left out and put in another order", arguments: modes)
    func order(mode: TestMode) async throws {
        let app = answering(page()).wrapped(by: Compression([.gzip(level: 9), .brotli(level: 11)]))
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/", headers: all)[.contentEncoding] == "gzip")
            #expect(try await client.get("/", headers: [.acceptEncoding: "zstd"])[.contentEncoding] == nil)
        }
    }

    @Test("leaves the status as it is", arguments: [200, 201, 302, 400, 404, 500, 503])
    func status(code: Int) async throws {
        let status = HTTPResponse.Status(code: code)
        var client = TestClient.Options()
        client.followsRedirects = false
        for size in [4, 4000] {
            let response = Response.text(String(repeating: "x", count: size), status: status)
            for accept in ["gzip", "gzip;q=0", "*;q=0"] {
                try await TestClient.run(
                    answering(response).wrapped(by: Compression()), options: client
                ) { client async throws in
                    let seen = try await client.get("/", headers: [.acceptEncoding: accept])
                    #expect(seen.status.code == code)
                    #expect(try seen.plain.count == size)
                }
            }
        }
    }

    @Test("touches no other field, and makes a strong tag weak", arguments: modes)
    func fields(mode: TestMode) async throws {
        let name = HTTPField.Name("X-Other")!
        var response = page([
            .eTag: "\"abc\"", name: "1", .cacheControl: "max-age=60", .acceptRanges: "bytes", .vary: "Accept",
            .contentLength: String(Self.text.utf8.count),
        ])
        response.headerFields.append(HTTPField(name: .setCookie, value: "a=1"))
        response.headerFields.append(HTTPField(name: .setCookie, value: "b=2"))
        for (tag, expected) in [("\"abc\"", "W/\"abc\""), ("W/\"abc\"", "W/\"abc\"")] {
            response[.eTag] = tag
            try await TestClient.run(answering(response).wrapped(by: Compression()), in: mode) { client async throws in
                let seen = try await client.get("/", headers: all)
                #expect(seen[.contentEncoding] == "zstd")
                #expect(seen[.eTag] == expected)
                #expect(seen[.vary] == "Accept, Accept-Encoding")
                #expect(seen[.acceptRanges] == nil)
                #expect(seen[name] == "1" && seen[.cacheControl] == "max-age=60")
                #expect(seen.headerFields[values: .setCookie] == ["a=1", "b=2"])
                #expect(seen[.contentType] == "text/plain; charset=utf-8")
                let plain = try await client.get("/")
                #expect(plain[.eTag] == tag && plain[.acceptRanges] == "bytes")
                #expect(plain[.contentLength] == String(Self.text.utf8.count))
                #expect(plain[.vary] == "Accept, Accept-Encoding")
            }
        }
    }

    @Test("leaves short content as it is, unless the client cannot take it", arguments: modes)
    func minimum(mode: TestMode) async throws {
        for (size, minimum, accept, coding) in [
            (1023, 1024, "gzip", nil), (1024, 1024, "gzip", "gzip"), (10, 0, "gzip", "gzip"), (0, 0, "gzip", nil),
            (10, 1024, "gzip, identity;q=0", "gzip"), (10, 1024, "gzip, *;q=0", "gzip"),
            (0, 1024, "gzip, *;q=0", nil),
        ] as [(Int, Int, String, String?)] {
            let response = Response.text(String(repeating: "x", count: size))
            for hasLength in [false, true] {
                var response = response
                if hasLength { response[.contentLength] = String(size) }
                let app = answering(response).wrapped(by: Compression(minimumSize: minimum))
                try await TestClient.run(app, in: mode) { client async throws in
                    let seen = try await client.get("/", headers: [.acceptEncoding: accept])
                    #expect(seen[.contentEncoding] == coding)
                    #expect(seen[.contentLength] == String(seen.body.readableBytes))
                    #expect(try seen.plain.count == size)
                }
            }
        }
    }

    @Test("leaves alone what must not be compressed", arguments: modes)
    func exceptions(mode: TestMode) async throws {
        let digest = HTTPField.Name("Repr-Digest")!
        for response in [
            page([.contentEncoding: "gzip"]), page([.contentEncoding: "identity"]),
            page([.contentRange: "bytes 0-9/10"], status: .partialContent), page([.contentRange: "bytes 0-9/10"]),
            page([.cacheControl: "private, No-Transform"]), page([digest: "sha-256=:x:"]),
            page([.contentType: "image/png"]), page([.contentType: "text/event-stream"]),
            page([.contentType: "application/octet-stream"]), .bytes(ByteBuffer(string: Self.text)),
        ] {
            var response = response
            response[.eTag] = "\"a\""
            try await TestClient.run(answering(response).wrapped(by: Compression()), in: mode) { client async throws in
                let seen = try await client.get("/", headers: all)
                #expect(seen.headerFields[.contentEncoding] == response[.contentEncoding])
                #expect(seen[.eTag] == "\"a\"")
                #expect(seen[.vary] == nil)
                #expect(seen.text == Self.text)
            }
        }
        var untyped = page()
        untyped[.contentType] = nil
        try await TestClient.run(answering(untyped).wrapped(by: Compression()), in: mode) { client async throws in
            #expect(try await client.get("/", headers: all).text == Self.text)
        }
    }

    @Test("a response without content stays without", arguments: modes)
    func noContent(mode: TestMode) async throws {
        for status in [204, 304] {
            let response = page([.eTag: "\"a\""], status: .init(code: status))
            try await TestClient.run(answering(response).wrapped(by: Compression()), in: mode) { client async throws in
                let seen = try await client.get("/", headers: all)
                #expect(seen.status.code == status)
                #expect(seen[.contentEncoding] == nil && seen[.eTag] == "\"a\"")
                #expect(seen.body.readableBytes == 0)
            }
        }
    }

    @Test("answers HEAD with the head of GET, and no content", arguments: modes)
    func head(mode: TestMode) async throws {
        var withLength = page([.eTag: "\"a\"", .contentLength: String(Self.text.utf8.count)])
        let stream = Response.stream(contentType: "text/plain") { try await $0.write(Self.text) }
        for response in [page([.eTag: "\"a\""]), withLength] {
            try await TestClient.run(answering(response).wrapped(by: Compression()), in: mode) { client async throws in
                let seen = try await client.head("/", headers: all)
                #expect(seen[.contentEncoding] == "zstd" && seen[.eTag] == "W/\"a\"")
                #expect(seen[.contentLength] == nil)
                #expect(seen.body.readableBytes == 0)
            }
        }
        withLength.body = .empty
        try await TestClient.run(answering(withLength).wrapped(by: Compression()), in: mode) { client async throws in
            #expect(try await client.head("/", headers: all)[.contentEncoding] == "zstd")
        }
        try await TestClient.run(answering(stream).wrapped(by: Compression()), in: mode) { client async throws in
            let seen = try await client.head("/", headers: all)
            #expect(seen[.vary] == "Accept-Encoding" && seen.body.readableBytes == 0)
        }
    }

    @Test("a head that is the whole response is sent when the application returns", arguments: modes)
    func headOnly(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            let length = http.scope.method == .head ? "5000" : "0"
            let fields: HTTPFields = [.contentType: "text/plain", .contentLength: length]
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: fields)))
        }
        for (wrapped, coding) in [
            (app.wrapped(by: Compression()) as any Application, "zstd"), (app.wrapped(by: ETag()), nil),
            (app.wrapped(by: ETag()).wrapped(by: ConditionalGet()).wrapped(by: Compression()), "zstd"),
        ] {
            let application = ClosureApplication { try await wrapped.handle($0) }
            try await TestClient.run(application, in: mode) { client async throws in
                let head = try await client.head("/", headers: all)
                #expect(head.status == .ok && head[.contentEncoding] == coding)
                #expect(head[.contentLength] == (coding == nil ? "5000" : nil))
                let empty = try await client.get("/", headers: all)
                #expect(empty.status == .ok && empty[.contentLength] == "0" && empty[.contentEncoding] == nil)
            }
        }
    }

    @Test("a 304 names the tag that was made weak for this client", arguments: modes)
    func revalidation(mode: TestMode) async throws {
        let app = answering(page([.eTag: "\"a\""])).wrapped(by: ConditionalGet()).wrapped(by: Compression())
        try await TestClient.run(app, in: mode) { client async throws in
            let first = try await client.get("/", headers: all)
            let tag = try first[.eTag].orThrow()
            #expect(tag == "W/\"a\"")
            let second = try await client.get("/", headers: [.acceptEncoding: "br", .ifNoneMatch: tag])
            #expect(second.status == .notModified)
            #expect(second[.eTag] == tag && second[.vary] == "Accept-Encoding")
            let strong = try await client.get("/", headers: [.acceptEncoding: "br", .ifNoneMatch: "\"a\""])
            #expect(strong.status == .notModified && strong[.eTag] == "\"a\"")
        }
    }

    @Test("media types are chosen by pattern")
    func mediaTypes() {
        let types = MediaTypePatterns(Compression.defaultMediaTypes)
        for type in [
            "text/html", "TEXT/HTML; charset=utf-8", "text/x-anything", "application/json", "application/ld+json",
            "application/problem+json;x=y", "image/svg+xml", "application/wasm", "application/atom+xml",
            "text/javascript", "application/javascript", "image/vnd.microsoft.icon", "font/ttf",
        ] {
            #expect(types.contain(type), "\(type)")
        }
        for type in ["image/png", "font/woff2", "application/zip", "video/mp4", "", "text", "application/octet-stream"]
        {
            #expect(!types.contain(type), "\(type)")
        }
        #expect(MediaTypePatterns(["*/*"]).contain("image/png"))
    }

    @Test("options say which responses are compressed", arguments: modes)
    func choice(mode: TestMode) async throws {
        let app = answering(page([.contentType: "image/x-raw"])).wrapped(
            by: Compression(mediaTypes: ["image/*"]) { request, response in
                request.path != "/secret" && response.status == .ok
            })
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/", headers: all)[.contentEncoding] == "zstd")
            let secret = try await client.get("/secret", headers: all)
            #expect(secret[.contentEncoding] == nil && secret[.vary] == nil)
        }
    }

    @Test("content that is long goes out as it is made", arguments: modes)
    func long(mode: TestMode) async throws {
        let words = (0..<600_000).map { _ in ["alpha ", "beta ", "gamma ", "δelta "].randomElement()! }.joined()
        let app = answering(.text(words)).wrapped(by: Compression())
        try await TestClient.run(app, in: mode) { client async throws in
            for coding in ContentCoding.allCases {
                let seen = try await client.get("/", headers: [.acceptEncoding: coding.name])
                #expect(seen[.contentEncoding] == coding.name)
                #expect(seen.body.readableBytes < words.utf8.count / 2)
                #expect(try seen.plain == words)
            }
        }
    }

    @Test("a file is left to the server, and keeps its length", arguments: modes)
    func file(mode: TestMode) async throws {
        let site = try Site()
        try site.add("a.txt", Self.text)
        let size = Self.text.utf8.count
        for hasLength in [false, true] {
            var response = Response(
                headerFields: [.contentType: "text/plain"], body: .file(FileRange(path: site.root + "/a.txt")))
            if hasLength { response[.contentLength] = String(size) }
            try await TestClient.run(answering(response).wrapped(by: Compression()), in: mode) { client async throws in
                let seen = try await client.get("/", headers: all)
                #expect(seen[.contentEncoding] == nil && seen[.vary] == "Accept-Encoding")
                #expect(seen.text == Self.text)
                #expect(seen[.contentLength] == String(size))
            }
        }
    }

    @Test("a file is read and compressed when asked for", arguments: modes)
    func compressedFile(mode: TestMode) async throws {
        let site = try Site()
        let long = String(repeating: Self.text, count: 60)
        try site.add("a.txt", long)
        let app = StaticFiles(site.root).wrapped(by: Compression(files: true))
        try await TestClient.run(app, in: mode) { client async throws in
            let seen = try await client.get("/a.txt", headers: all)
            #expect(seen[.contentEncoding] == "zstd")
            #expect(seen[.eTag]?.hasPrefix("W/") == true)
            #expect(try seen.plain == long)
            let part = try await client.get("/a.txt", headers: [.acceptEncoding: "br", .range: "bytes=0-9"])
            #expect(part.status == .partialContent && part.text == String(long.prefix(10)))
            let head = try await client.head("/a.txt", headers: all)
            #expect(head[.contentEncoding] == "zstd" && head[.contentLength] == nil)
            let missing = try await client.get("/b.txt", headers: all)
            #expect(missing.status == .notFound)
        }
        let parts = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
            try await http.send(.body("before ", more: true))
            try await http.send(.file(FileRange(path: site.root + "/a.txt", offset: 5, length: 7), more: true))
            try await http.send(.file(FileRange(path: site.root + "/a.txt", offset: long.utf8.count), more: true))
            try await http.send(.body(" after"))
        }
        try await TestClient.run(parts.wrapped(by: Compression()), in: mode) { client async throws in
            #expect(try await client.get("/", headers: all).plain == "before is line after")
        }
        // HTTP-51, as without compression.
        for file in [
            FileRange(path: site.root + "/none"), FileRange(path: site.root + "/a.txt", offset: -1),
            FileRange(path: site.root + "/a.txt", length: -1),
            FileRange(path: site.root + "/a.txt", offset: 5, length: long.utf8.count),
        ] {
            let broken = Response(headerFields: [.contentType: "text/plain"], body: .file(file))
            try await TestClient.run(answering(broken).wrapped(by: Compression(files: true))) { client async throws in
                await #expect(throws: ExchangeError.self) { try await client.get("/", headers: all) }
            }
        }
    }

    @Test("refusals of every kind are compressed; what is accepted is not touched", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let scope = RequestScope(headers: [.acceptEncoding: "gzip"])
        let refusal = answering(page(status: .forbidden)).wrapped(by: Compression())
        let client = KindBytes()
        try await refusal.handle(client.exchange(kind, scope))
        let (head, body) = try client.response.orThrow()
        #expect(head.status == .forbidden)
        #expect(head.headerFields[.contentEncoding] == "gzip")
        #expect(head.headerFields[.vary] == "Accept-Encoding")
        #expect(head.headerFields[.contentLength].map { $0 == String(body.readableBytes) } ?? true)
        #expect(try decoded(body, .gzip) == Self.text)
        let accepted = try await outcome(of: accepting.wrapped(by: Compression()), kind, scope)
        #expect(accepted.isAccepted && accepted.headerFields[.contentEncoding] == nil)
        let plain = try await outcome(of: refusal, kind, RequestScope())
        #expect(plain.body == Self.text && plain.headerFields[.vary] == "Accept-Encoding")
    }
}
