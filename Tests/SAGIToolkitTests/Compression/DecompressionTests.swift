import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Synchronization
import Testing

@testable import SAGIToolkit

@Suite("Decompression")
struct DecompressionTests {
    private let text = CompressionTests.text

    /// Tells what it was sent, and how.
    private let echo = Handler { request in
        let body = try await request.body.collect(upTo: 50 << 20)
        let encoding = request[.contentEncoding] ?? "-"
        return "\(encoding) \(request[.contentLength] ?? "-") \(String(buffer: body))"
    }

    @Test("content is made out in each coding, whole and in parts", arguments: modes)
    func codings(mode: TestMode) async throws {
        try await TestClient.run(echo.wrapped(by: Decompression()), in: mode) { client async throws in
            for coding in ContentCoding.allCases {
                let bytes = try encoded(text, coding)
                for name in [coding.name, coding.name.uppercased(), "identity, \(coding.name)"] {
                    let response = try await client.post(
                        "/", headers: [.contentEncoding: name], body: .bytes(bytes))
                    #expect(response.text == "- - \(text)")
                }
                var rest = bytes
                var chunks: [ByteBuffer] = []
                while let chunk = rest.readSlice(length: min(7, rest.readableBytes)), chunk.readableBytes > 0 {
                    chunks.append(chunk)
                }
                let response = try await client.post(
                    "/", headers: [.contentEncoding: coding.name], body: .chunks(chunks))
                #expect(response.text == "- - \(text)")
            }
            #expect(
                try await client.post("/", headers: [.contentEncoding: "x-gzip"], body: .bytes(encoded(text, .gzip)))
                    .text == "- - \(text)")
        }
    }

    @Test("content without a coding goes by untouched", arguments: modes)
    func plain(mode: TestMode) async throws {
        try await TestClient.run(echo.wrapped(by: Decompression(limit: 3)), in: mode) { client async throws in
            #expect(try await client.post("/", body: "plain").text == "- 5 plain")
            let identity = try await client.post("/", headers: [.contentEncoding: "identity"], body: "plain")
            #expect(identity.text == "identity 5 plain")
            #expect(try await client.get("/").text == "- - ")
            // No content is none in any coding.
            #expect(try await client.get("/", headers: [.contentEncoding: "gzip"]).text == "- - ")
        }
    }

    @Test("several gzip members and zstd frames are one content", arguments: modes)
    func members(mode: TestMode) async throws {
        try await TestClient.run(echo.wrapped(by: Decompression()), in: mode) { client async throws in
            for coding in [ContentCoding.gzip, .zstd] {
                var bytes = try encoded("one, ", coding)
                try bytes.writeImmutableBuffer(encoded("", coding))
                try bytes.writeImmutableBuffer(encoded("two", coding))
                let response = try await client.post(
                    "/", headers: [.contentEncoding: coding.name], body: .bytes(bytes))
                #expect(response.text == "- - one, two")
            }
        }
    }

    @Test("a coding that is not known, not wanted or one of several is 415, and says what is taken", arguments: modes)
    func unknown(mode: TestMode) async throws {
        let reached = Atomic(false)
        let app = Handler { _ in
            reached.store(true, ordering: .relaxed)
            return "inside"
        }
        for (codings, sent, accepted) in [
            (ContentCoding.allCases, "compress", "zstd, br, gzip, deflate"), ([.gzip], "br", "gzip"),
            (ContentCoding.allCases, "gzip, gzip", "zstd, br, gzip, deflate"),
            (ContentCoding.allCases, "gzip, br", "zstd, br, gzip, deflate"), ([], "gzip", "identity"),
        ] {
            try await TestClient.run(app.wrapped(by: Decompression(codings)), in: mode) { client async throws in
                let response = try await client.post("/", headers: [.contentEncoding: sent], body: "x")
                #expect(response.status == .unsupportedMediaType)
                #expect(response[.acceptEncoding] == accepted)
            }
        }
        let wasReached = reached.load(ordering: .relaxed)
        #expect(!wasReached)
    }

    @Test("broken content is 400", arguments: modes)
    func broken(mode: TestMode) async throws {
        try await TestClient.run(echo.wrapped(by: Decompression()), in: mode) { client async throws in
            for coding in ContentCoding.allCases {
                let whole = try encoded(text, coding)
                var trailing = whole
                trailing.writeString("garbage")
                let cut = try whole.getSlice(at: 0, length: whole.readableBytes - 3).orThrow()
                for bytes in [ByteBuffer(string: "this is not compressed at all"), trailing, cut] {
                    let response = try await client.post(
                        "/", headers: [.contentEncoding: coding.name], body: .bytes(bytes))
                    #expect(response.status == .badRequest, "\(coding)")
                }
            }
        }
    }

    @Test("a bare deflate stream is not what deflate means", arguments: modes)
    func bareDeflate(mode: TestMode) async throws {
        let zlib = try encoded(text, .deflate)
        let bare = try zlib.getSlice(at: 2, length: zlib.readableBytes - 6).orThrow()
        try await TestClient.run(echo.wrapped(by: Decompression()), in: mode) { client async throws in
            let response = try await client.post("/", headers: [.contentEncoding: "deflate"], body: .bytes(bare))
            #expect(response.status == .badRequest)
        }
    }

    @Test("content is made out up to the limit, and 413 beyond it", arguments: ContentCoding.allCases)
    func limit(coding: ContentCoding) async throws {
        for (size, limit, status) in [
            (1000, 1000, 200), (1001, 1000, 413), (65536, 65536, 200), (65537, 65536, 413), (0, 0, 200), (1, 0, 413),
            (200_000, 200_000, 200), (200_001, 200_000, 413),
        ] {
            let app = echo.wrapped(by: Decompression(limit: limit, maximumRatio: 1_000_000))
            try await TestClient.run(app) { client async throws in
                let bytes = try encoded(String(repeating: "x", count: size), coding)
                let response = try await client.post(
                    "/", headers: [.contentEncoding: coding.name], body: .bytes(bytes))
                #expect(response.status.code == status, "\(size) of \(limit)")
            }
        }
    }

    @Test("the limit can be anything", arguments: [Int.max, 0, -1, .min])
    func limits(limit: Int) async throws {
        let app = echo.wrapped(by: Decompression(limit: limit, maximumRatio: .max))
        let bytes = try encoded(text, .gzip)
        try await TestClient.run(app) { client async throws in
            let response = try await client.post("/", headers: [.contentEncoding: "gzip"], body: .bytes(bytes))
            #expect(response.status == (limit == .max ? .ok : .contentTooLarge))
        }
    }

    @Test("a bomb is stopped while it is made out", arguments: ContentCoding.allCases)
    func bomb(coding: ContentCoding) async throws {
        let bytes = try encoded(String(repeating: "\0", count: 40 << 20), coding)
        let read = Mutex(0)
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            while case .body(let bytes, let more) = try await http.receive() {
                #expect(bytes.readableBytes <= 65536)
                read.withLock { $0 += bytes.readableBytes }
                if !more { break }
            }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body(""))
        }
        for (middleware, most) in [
            (Decompression(limit: 100 << 20), 1 << 20), (Decompression(limit: 1 << 20, maximumRatio: .max), 1 << 20),
        ] {
            read.withLock { $0 = 0 }
            try await TestClient.run(app.wrapped(by: middleware)) { client async throws in
                let response = try await client.post(
                    "/", headers: [.contentEncoding: coding.name], body: .bytes(bytes))
                #expect(response.status == .contentTooLarge)
            }
            // What compresses best has at most that much in one piece of the request: 64 KiB of it, and not 40 MiB.
            #expect(read.withLock { $0 } <= most + 65536 * 100)
        }
    }

    @Test("content that compresses well is taken when it is short, or the ratio allows it", arguments: modes)
    func ratio(mode: TestMode) async throws {
        for (size, ratio, status) in [(60_000, 2, 200), (70_000, 2, 413), (70_000, 2000, 200)] {
            let app = echo.wrapped(by: Decompression(maximumRatio: ratio))
            try await TestClient.run(app, in: mode) { client async throws in
                let bytes = try encoded(String(repeating: "x", count: size), .gzip)
                let response = try await client.post("/", headers: [.contentEncoding: "gzip"], body: .bytes(bytes))
                #expect(response.status.code == status)
            }
        }
    }

    @Test("the error is the application's when it has begun to answer or wants to answer itself", arguments: modes)
    func ownAnswer(mode: TestMode) async throws {
        let own = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            do {
                while case .body(_, more: true) = try await http.receive() {}
                try await Response.text("fine").send(to: http)
            } catch let error as DecompressionError {
                await #expect(throws: DecompressionError.invalidContent) { try await http.receive() }
                try await Response.text("mine: \(error.status.code)").send(to: http)
            }
        }
        let late = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.flush)
            while case .body(_, more: true) = try await http.receive() {}
        }
        var options = TestClient.Options()
        options.raisesApplicationErrors = false
        try await TestClient.run(own.wrapped(by: Decompression()), in: mode) { client async throws in
            #expect(try await client.post("/", headers: [.contentEncoding: "gzip"], body: "x").text == "mine: 400")
        }
        try await TestClient.run(late.wrapped(by: Decompression()), options: options) { client async throws in
            let response = try await client.post("/", headers: [.contentEncoding: "gzip"], body: "x")
            #expect(response.isTruncated)
            #expect(response.error as? DecompressionError == .invalidContent)
        }
    }

    @Test("after the content come trailers, and then the disconnect", arguments: modes)
    func afterContent(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            var text = ""
            var sum: String?
            while sum == nil {
                switch try await http.receive() {
                case .body(let bytes, _): text += String(buffer: bytes)
                case .trailers(let fields): sum = fields[.eTag] ?? "none"
                case .disconnect(let reason): throw RequestBodyError.disconnected(reason)
                }
            }
            try await Response.text("\(text) \(sum ?? "")").send(to: http)
            guard case .disconnect(.completed) = try await http.receive() else { throw Missing() }
        }
        try await TestClient.run(app.wrapped(by: Decompression()), in: mode) { client async throws in
            let body = RequestBody.chunks([try encoded("content", .zstd)], trailers: [.eTag: "sum"])
            #expect(try await client.post("/", headers: [.contentEncoding: "zstd"], body: body).text == "content sum")
        }
    }

    @Test("every kind is let through or refused by its own means", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let app = accepting.wrapped(by: Decompression())
        #expect(try await outcome(of: app, kind, RequestScope()).isAccepted)
        let unknown = try await outcome(of: app, kind, RequestScope(.post, headers: [.contentEncoding: "lzma"]))
        // A session has no content.
        #expect(unknown.isAccepted == (kind == .webSocket || kind == .webTransport))
        if !unknown.isAccepted { #expect(unknown.status == 415) }
    }

    @Test("content of a request for an event stream is made out too")
    func eventStream() async throws {
        let seen = Mutex("")
        let app = ClosureApplication { exchange in
            guard let request = Request(exchange) else { throw Unsupported(exchange) }
            let text = String(buffer: try await request.body.collect(upTo: 1000))
            seen.withLock { $0 = text }
        }.wrapped(by: Decompression())
        let bytes = try encoded("question", .brotli)
        let stream = EventStreamExchange(
            scope: RequestScope(.post, headers: [.contentEncoding: "br"]),
            receive: Receive { .body(bytes, more: false) }, send: Send { _ in })
        try await app.handle(.eventStream(stream))
        #expect(seen.withLock { $0 } == "question")
    }
}
