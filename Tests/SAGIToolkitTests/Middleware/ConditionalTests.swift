// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

@Suite("ETag and ConditionalGet")
struct ConditionalTests {
    private let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    private let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"

    private func answering(
        _ fields: HTTPFields, status: HTTPResponse.Status = .ok
    ) -> some Application {
        var response = Response.text("content", status: status)
        for field in fields { response.headerFields.append(field) }
        return Handler { [response] _ in response }
    }

    // MARK: ConditionalGet

    @Test("conditions are weighed in the order of RFC 9110 §13.2.2", arguments: modes)
    func order(mode: TestMode) async throws {
        let later = "Sun, 06 Nov 1994 08:49:38 GMT"
        let match = HTTPField.Name.ifMatch
        let none = HTTPField.Name.ifNoneMatch
        let since = HTTPField.Name.ifModifiedSince
        let unmodified = HTTPField.Name.ifUnmodifiedSince
        for (conditions, status) in [
            ([:], 200), ([none: "\"a\""], 304), ([none: "W/\"a\""], 304), ([none: "\"b\", \"a\""], 304),
            ([none: "\"b\""], 200), ([none: "*"], 304), ([none: ""], 200), ([since: date], 304), ([since: later], 304),
            ([since: earlier], 200), ([since: "nonsense"], 200),
            ([since: "Sunday, 06-Nov-94 08:49:37 GMT"], 304), ([since: "Sun Nov  6 08:49:37 1994"], 304),
            // The date is not looked at beside tags.
            ([none: "\"b\"", since: date], 200), ([none: "\"a\"", since: earlier], 304),
            ([match: "\"a\""], 200), ([match: "*"], 200), ([match: "W/\"a\""], 412), ([match: "\"b\""], 412),
            ([unmodified: date], 200), ([unmodified: later], 200), ([unmodified: earlier], 412),
            ([match: "\"a\"", unmodified: earlier], 200), ([match: "\"a\"", none: "\"a\""], 304),
            ([match: "\"b\"", none: "\"a\""], 412), ([unmodified: date, since: date], 304),
        ] as [(HTTPFields, Int)] {
            let app = answering([.eTag: "\"a\"", .lastModified: date]).wrapped(by: ConditionalGet())
            try await TestClient.run(app, in: mode) { client async throws in
                for method in [HTTPRequest.Method.get, .head] {
                    let response = try await client.request(method, "/", headers: conditions)
                    #expect(response.status.code == status, "\(conditions)")
                    #expect(response.text == (status == 200 && method == .get ? "content" : response.text))
                    if status == 304 { #expect(response.body.readableBytes == 0) }
                }
            }
        }
    }

    @Test("a date is not looked at beside tags, even when the response has none", arguments: modes)
    func noTag(mode: TestMode) async throws {
        let app = answering([.lastModified: date]).wrapped(by: ConditionalGet())
        try await TestClient.run(app, in: mode) { client async throws in
            let both: HTTPFields = [.ifNoneMatch: "\"a\"", .ifModifiedSince: date]
            #expect(try await client.get("/", headers: both).status == .ok)
            #expect(try await client.get("/", headers: [.ifModifiedSince: date]).status == .notModified)
            #expect(try await client.get("/", headers: [.ifMatch: "\"a\""]).status == .preconditionFailed)
            #expect(try await client.get("/", headers: [.ifNoneMatch: "*"]).status == .notModified)
        }
        try await TestClient.run(answering([:]).wrapped(by: ConditionalGet()), in: mode) { client async throws in
            #expect(try await client.get("/", headers: [.ifModifiedSince: date]).status == .ok)
            #expect(try await client.get("/", headers: [.ifUnmodifiedSince: date]).status == .ok)
        }
    }

    @Test("a 304 keeps what RFC 9110 §15.4.5 names, and Set-Cookie", arguments: modes)
    func fields(mode: TestMode) async throws {
        let fields: HTTPFields = [
            .eTag: "\"a\"", .lastModified: date, .cacheControl: "max-age=1", .contentLocation: "/x", .date: date,
            .expires: date, .vary: "Accept", .setCookie: "a=1", .contentLanguage: "en", .contentLength: "7",
            .server: "application",
        ]
        try await TestClient.run(answering(fields).wrapped(by: ConditionalGet()), in: mode) { client async throws in
            let response = try await client.get("/", headers: [.ifNoneMatch: "\"a\""])
            #expect(response.status == .notModified)
            for name in [HTTPField.Name.eTag, .cacheControl, .contentLocation, .date, .expires, .vary, .setCookie] {
                #expect(response[name] == fields[name], "\(name)")
            }
            for name in [HTTPField.Name.lastModified, .contentLanguage, .contentType, .contentLength] {
                #expect(response[name] == nil, "\(name)")
            }
            #expect(response[.server] != "application")
        }
        let untagged = answering([.lastModified: date]).wrapped(by: ConditionalGet())
        try await TestClient.run(untagged, in: mode) { client async throws in
            #expect(try await client.get("/", headers: [.ifModifiedSince: date])[.lastModified] == date)
        }
    }

    @Test("all that would follow a 304 is dropped: parts, files, trailers", arguments: modes)
    func drops(mode: TestMode) async throws {
        let returned = Atomic(0)
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            let head = HTTPResponse(status: .ok, headerFields: [.eTag: "\"a\""])
            try await http.send(.start(head, trailers: true))
            try await http.send(.body("part", more: true))
            try await http.send(.flush)
            // There is no such file: it is not opened.
            try await http.send(.file(FileRange(path: "/nowhere/at/all"), more: true))
            try await http.send(.body("end"))
            try await http.send(.trailers([.eTag: "x"]))
            returned.add(1, ordering: .relaxed)
        }
        try await TestClient.run(app.wrapped(by: ConditionalGet()), in: mode) { client async throws in
            for condition: HTTPFields in [[.ifNoneMatch: "\"a\""], [.ifMatch: "\"b\""]] {
                let response = try await client.get("/", headers: condition)
                #expect([304, 412].contains(response.status.code))
                #expect(!response.text.contains("part") && response.trailers.isEmpty)
            }
        }
        let count = returned.load(ordering: .relaxed)
        #expect(count == 2)
    }

    @Test("only success is looked at, and only GET and HEAD", arguments: modes)
    func scope(mode: TestMode) async throws {
        for (method, status, expected) in [
            (.post, .ok, 200), (.put, .ok, 200), (.get, .notFound, 404), (.get, .internalServerError, 500),
            (.get, .partialContent, 304), (.get, .found, 302),
        ] as [(HTTPRequest.Method, HTTPResponse.Status, Int)] {
            let app = answering([.eTag: "\"a\""], status: status).wrapped(by: ConditionalGet())
            try await TestClient.run(app, in: mode) { client async throws in
                let response = try await client.request(method, "/", headers: [.ifNoneMatch: "\"a\""])
                #expect(response.status.code == expected)
            }
        }
    }

    @Test("other kinds of exchange go by", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let app = accepting.wrapped(by: ETag()).wrapped(by: ConditionalGet())
        let scope = RequestScope(headers: [.ifNoneMatch: "\"x\""])
        let seen = try await outcome(of: app, kind, scope)
        #expect(seen.isAccepted)
        #expect((seen.headerFields[.eTag] != nil) == (kind == .http))
    }

    // MARK: ETag

    @Test("the same content has the same tag, other content another", arguments: modes)
    func tags(mode: TestMode) async throws {
        let app = Handler { request in request.path }
        try await TestClient.run(app.wrapped(by: ETag()), in: mode) { client async throws in
            let first = try await client.get("/a")
            #expect(first[.eTag]?.wholeMatch(of: /"[0-9a-f]{32}"/) != nil)
            #expect(first.text == "/a" && first[.contentLength] == "2")
            #expect(try await client.get("/a")[.eTag] == first[.eTag])
            #expect(try await client.head("/a")[.eTag] == first[.eTag])
            #expect(try await client.get("/b")[.eTag] != first[.eTag])
        }
        try await TestClient.run(app.wrapped(by: ETag(weak: true)), in: mode) { client async throws in
            #expect(try await client.get("/a")[.eTag]?.hasPrefix("W/\"") == true)
        }
    }

    @Test("what is no GET or HEAD with 200 has no tag, nor what must not be stored", arguments: modes)
    func untagged(mode: TestMode) async throws {
        for (method, status, fields) in [
            (.post, .ok, [:]), (.get, .notFound, [:]), (.get, .internalServerError, [:]), (.get, .created, [:]),
            (.get, .ok, [.cacheControl: "no-store, max-age=0"]),
        ] as [(HTTPRequest.Method, HTTPResponse.Status, HTTPFields)] {
            try await TestClient.run(answering(fields, status: status).wrapped(by: ETag()), in: mode) {
                client async throws in
                let response = try await client.request(method, "/")
                #expect(response[.eTag] == nil && response.status == status)
                #expect(response.text == "content")
            }
        }
        try await TestClient.run(answering([.eTag: "\"own\""]).wrapped(by: ETag()), in: mode) { client async throws in
            #expect(try await client.get("/")[.eTag] == "\"own\"")
        }
    }

    @Test("a stream is not gathered, and has no tag", arguments: modes)
    func stream(mode: TestMode) async throws {
        let (signals, go) = AsyncStream<Void>.makeStream()
        let app = Handler { _ in
            Response.stream(contentType: "text/plain") { writer in
                try await writer.write("one")
                try await writer.flush()
                for await _ in signals { break }
                try await writer.write("two")
            }
        }
        try await TestClient.run(app.wrapped(by: ETag()), in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                #expect(response[.eTag] == nil)
                var body = response.body.makeAsyncIterator()
                #expect(try await body.next().map { String(buffer: $0) } == "one")
                go.yield()
                #expect(try await body.next().map { String(buffer: $0) } == "two")
            }
        }
    }

    @Test("while the head is on its way, no event of another task overtakes it", .timeLimit(.minutes(1)))
    func overtaking() async throws {
        let order = Mutex<[String]>([])
        let (signals, second) = AsyncStream<Void>.makeStream()
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: .ok)))
            async let first: Void = http.send(.body("first", more: true))
            while order.withLock({ $0.isEmpty }) { await Task.yield() }
            second.yield()
            try await http.send(.body("second", more: true))
            try await first
        }
        let send = Send<HTTPResponseEvent> { event in
            switch event {
            case .start:
                order.withLock { $0.append("start") }
                for await _ in signals { break }
                // The other task is about to send, and would come first.
                for _ in 0..<1000 { await Task.yield() }
            case .body(let bytes, _): order.withLock { $0.append(String(buffer: bytes)) }
            default: break
            }
        }
        let http = HTTPExchange(
            scope: RequestScope(), receive: Receive { .body(ByteBuffer(), more: false) }, send: send)
        try await app.wrapped(by: ETag()).handle(.http(http))
        #expect(order.withLock { $0 } == ["start", "first", "second"])
    }

    @Test("a file is tagged by its state, and sent", arguments: modes)
    func file(mode: TestMode) async throws {
        let site = try Site()
        try site.add("a.txt", "0123456789", modified: 784_111_777)
        let path = site.root + "/a.txt"
        let app = Handler { request in
            let range = request.path == "/part" ? FileRange(path: path, offset: 2, length: 3) : FileRange(path: path)
            return Response(body: .file(range))
        }
        try await TestClient.run(app.wrapped(by: ETag()).wrapped(by: ConditionalGet()), in: mode) {
            client async throws in
            let whole = try await client.get("/")
            let part = try await client.get("/part")
            #expect(whole.text == "0123456789" && part.text == "234")
            #expect(whole[.contentLength] == "10")
            #expect(whole[.eTag] != nil && part[.eTag] != nil && whole[.eTag] != part[.eTag])
            #expect(try await client.get("/")[.eTag] == whole[.eTag])
            #expect(try await client.get("/", headers: [.ifNoneMatch: whole[.eTag]!]).status == .notModified)
            try site.add("a.txt", "abcdefghij", modified: 784_111_778)
            let changed = try await client.get("/", headers: [.ifNoneMatch: whole[.eTag]!])
            #expect(changed.text == "abcdefghij" && changed[.eTag] != whole[.eTag])
        }
        #expect(try site.openFiles().isEmpty)
        let missing = Handler { _ in Response(body: .file(FileRange(path: "/nowhere/at/all"))) }
        try await TestClient.run(missing.wrapped(by: ETag())) { client async throws in
            await #expect(throws: ExchangeError.self) { try await client.get("/") }
        }
    }

    // MARK: Both

    @Test("they work on either side of each other, and with others between them", arguments: modes)
    func anyOrder(mode: TestMode) async throws {
        let app = Handler { request in
            var response = Response.text(String(repeating: "content ", count: 500))
            if request.path == "/own" { response[.eTag] = "\"own\"" }
            return response
        }
        let applications: [any Application] = [
            app.wrapped(by: ETag()).wrapped(by: ConditionalGet()),
            app.wrapped(by: ConditionalGet()).wrapped(by: ETag()),
            app.wrapped(by: ConditionalGet()).wrapped(by: RequestID()).wrapped(by: ETag()).wrapped(by: ETag()),
            app.wrapped(by: ETag()).wrapped(by: ConditionalGet()).wrapped(by: ConditionalGet()),
            app.wrapped(by: ETag()).wrapped(by: ConditionalGet()).wrapped(by: ETag()),
            app.wrapped(by: ETag()).wrapped(by: ConditionalGet()).wrapped(by: Compression()),
            app.wrapped(by: ConditionalGet()).wrapped(by: ETag()).wrapped(by: Compression()),
            app.wrapped(by: ConditionalGet()).wrapped(by: Compression()).wrapped(by: ETag()),
            app.wrapped(by: Compression()).wrapped(by: ETag()).wrapped(by: ConditionalGet()),
            app.wrapped(by: Compression()).wrapped(by: ConditionalGet()).wrapped(by: ETag()),
            app.wrapped(by: ETag()).wrapped(by: Compression()).wrapped(by: ConditionalGet()),
        ]
        for (index, application) in applications.enumerated() {
            let application = ClosureApplication { try await application.handle($0) }
            try await TestClient.run(application, in: mode) { client async throws in
                for headers: HTTPFields in [[:], [.acceptEncoding: "gzip"]] {
                    for path in ["/", "/own"] {
                        let first = try await client.get(path, headers: headers)
                        #expect(first.status == .ok)
                        let tag = try #require(first[.eTag])
                        var conditional = headers
                        conditional[.ifNoneMatch] = tag
                        let second = try await client.get(path, headers: conditional)
                        #expect(second.status == .notModified, "order \(index), \(path), \(headers)")
                        #expect(second[.eTag] == tag, "order \(index), \(path), \(headers)")
                        conditional[.ifNoneMatch] = "\"other\""
                        let third = try await client.get(path, headers: conditional)
                        #expect(third.status == .ok && third.body == first.body)
                    }
                }
            }
        }
    }
}
