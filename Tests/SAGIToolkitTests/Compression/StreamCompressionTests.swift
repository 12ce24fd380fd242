// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Synchronization
import Testing

@testable import SAGIToolkit

/// Content that comes in parts.
@Suite("Compression of streams")
struct StreamCompressionTests {
    private let gzip: HTTPFields = [.acceptEncoding: "gzip"]

    private func streaming(
        _ fields: HTTPFields = [.contentType: "text/plain"], trailers: Bool = false,
        _ body: @escaping @Sendable (Send<HTTPResponseEvent>) async throws -> Void
    ) -> ClosureApplication {
        ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: fields), trailers: trailers))
            try await body(http.send)
        }
    }

    @Test("what was sent reaches the client when the application waits, in every coding", arguments: modes)
    func waits(mode: TestMode) async throws {
        for coding in ContentCoding.allCases {
            let (signals, go) = AsyncStream<Void>.makeStream()
            let app = streaming { send in
                try await send(.body("one, ", more: true))
                try await send(.body("two, ", more: true))
                var signals = signals.makeAsyncIterator()
                for number in 0..<3 {
                    await signals.next()
                    try await send(.body("more \(number), ", more: true))
                }
                await signals.next()
                try await send(.body("end"))
            }
            try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
                try await client.stream(.get, "/", headers: [.acceptEncoding: coding.name]) { response in
                    #expect(response[.contentEncoding] == coding.name)
                    #expect(response[.contentLength] == nil)
                    let reader = try Reader(coding)
                    var body = response.body.makeAsyncIterator()
                    for expected in ["one, two, ", "more 0, ", "more 1, ", "more 2, ", "end"] {
                        var text = ""
                        while text.utf8.count < expected.utf8.count, let bytes = try await body.next() {
                            text += try reader.read(bytes)
                        }
                        #expect(text == expected)
                        go.yield()
                    }
                    while let bytes = try await body.next() { #expect(try reader.read(bytes) == "") }
                    #expect(reader.isAtEnd)
                }
            }
        }
    }

    @Test("a flush lets the client have everything, and goes on to the server")
    func flush() async throws {
        let events = Mutex<[String]>([])
        let app = streaming { send in
            try await send(.flush)
            try await send(.body("one", more: true))
            try await send(.flush)
            try await send(.flush)
            try await send(.body("two"))
        }.wrapped(by: Compression())
        let reader = try Reader(.gzip)
        nonisolated(unsafe) let unsafeReader = reader
        let http = HTTPExchange(
            scope: RequestScope(headers: gzip), receive: Receive { .body(ByteBuffer(), more: false) },
            send: Send { event in
                let name =
                    switch event {
                    case .start: "start"
                    case .body(let bytes, let more): "\(try unsafeReader.read(bytes))\(more ? "…" : ".")"
                    case .flush: "flush"
                    default: "other"
                    }
                events.withLock { $0.append(name) }
            })
        try await app.handle(.http(http))
        #expect(events.withLock { $0 } == ["start", "flush", "one…", "flush", "flush", "two."])
    }

    @Test("parts that come without waiting are compressed together", arguments: modes)
    func together(mode: TestMode) async throws {
        let app = streaming { send in
            for number in 0..<2000 { try await send(.body("row \(number % 10)\n", more: true)) }
            try await send(.body(ByteBuffer()))
        }
        try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
            let response = try await client.get("/", headers: gzip)
            #expect(try response.plain.utf8.count == 12_000)
            // A flush after each of them would cost five bytes each.
            #expect(response.body.readableBytes < 2000)
        }
    }

    @Test("a promised length is enforced, though it is not sent", arguments: modes)
    func promise(mode: TestMode) async throws {
        var options = TestClient.Options()
        options.raisesApplicationErrors = false
        let fields: HTTPFields = [.contentType: "text/plain", .contentLength: "2000"]
        let short = streaming(fields) { send in
            try await send(.body(String(repeating: "x", count: 1999), more: true))
            try await send(.flush)
            try await send(.body(""))
        }
        let long = streaming(fields) { send in
            try await send(.body(String(repeating: "x", count: 2000), more: true))
            await #expect(throws: ExchangeError.contentLengthExceeded(promised: 2000)) {
                try await send(.body("x", more: true))
            }
            try await send(.body(""))
        }
        try await TestClient.run(short.wrapped(by: Compression()), in: mode, options: options) { client async throws in
            #expect(try await client.get("/", headers: gzip).isTruncated)
        }
        try await TestClient.run(long.wrapped(by: Compression()), in: mode, options: options) { client async throws in
            let response = try await client.get("/", headers: gzip)
            #expect(!response.isTruncated)
            #expect(try response.plain.count == 2000)
        }
    }

    @Test("an application that fails leaves a response that is visibly cut off", arguments: modes)
    func failure(mode: TestMode) async throws {
        struct Failure: Error {}
        var options = TestClient.Options()
        options.raisesApplicationErrors = false
        let late = streaming { send in
            try await send(.body(String(repeating: "x", count: 2000), more: true))
            try await send(.flush)
            throw Failure()
        }
        try await TestClient.run(late.wrapped(by: Compression()), in: mode, options: options) { client async throws in
            let response = try await client.get("/", headers: gzip)
            #expect(response.status == .ok && response.isTruncated)
        }
        let early = streaming { _ in throw Failure() }
        try await TestClient.run(early.wrapped(by: Compression()), in: mode, options: options) { client async throws in
            #expect(try await client.get("/", headers: gzip).status == .internalServerError)
        }
    }

    @Test("until content has come, another start takes the place of the first", arguments: modes)
    func restart(mode: TestMode) async throws {
        let app = streaming { send in
            try await send(.start(HTTPResponse(status: .notFound, headerFields: [.contentType: "text/plain"])))
            try await send(.body(CompressionTests.text))
        }
        try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
            let response = try await client.get("/", headers: gzip)
            #expect(response.status == .notFound)
            #expect(try response.plain == CompressionTests.text)
        }
    }

    @Test("early hints and trailers pass", arguments: modes)
    func neighbours(mode: TestMode) async throws {
        let digest = HTTPField.Name("X-Sum")!
        let link = HTTPField.Name("Link")!
        for endsContent in [true, false] {
            let app = ClosureApplication { exchange in
                guard case .http(let http) = exchange else { throw Unsupported(exchange) }
                let hint = HTTPResponse(status: .earlyHints, headerFields: [link: "</a.css>"])
                try await http.send(.informational(hint))
                let head = HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])
                try await http.send(.start(head, trailers: true))
                try await http.send(.body(CompressionTests.text, more: !endsContent))
                try await http.send(.trailers([digest: "7"]))
            }
            try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
                let response = try await client.get("/", headers: gzip)
                #expect(response.informational.first?.headerFields[link] == "</a.css>")
                #expect(response.trailers[digest] == "7")
                #expect(response[.contentEncoding] == "gzip")
                #expect(try response.plain == CompressionTests.text)
            }
        }
    }

    @Test("what two tasks send at once does not mix", arguments: modes)
    func concurrent(mode: TestMode) async throws {
        let app = streaming { send in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for letter in ["a", "b", "c", "d"] {
                    group.addTask {
                        for _ in 0..<20 {
                            try await send(.body(String(repeating: letter, count: 30_000), more: true))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await send(.body("."))
        }
        try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
            let text = try await client.get("/", headers: gzip).plain
            #expect(text.utf8.count == 4 * 20 * 30_000 + 1)
            var runs = 0
            var last: Character?
            for character in text where character != last {
                runs += 1
                last = character
            }
            #expect(runs <= 81)
        }
    }

    @Test("requests at the same time do not share anything", arguments: modes)
    func parallel(mode: TestMode) async throws {
        let app = Handler { request in String(repeating: request.path, count: 500) }.wrapped(by: Compression())
        try await TestClient.run(app, in: mode) { client async throws in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    let coding = ContentCoding.allCases[number % 4]
                    group.addTask {
                        let path = "/\(number)"
                        let response = try await client.get(path, headers: [.acceptEncoding: coding.name])
                        return try response.plain == String(repeating: path, count: 500)
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test("an event stream is compressed only when asked for, each event at once", arguments: modes)
    func eventStream(mode: TestMode) async throws {
        let (signals, go) = AsyncStream<Void>.makeStream()
        let app = streaming([.contentType: "text/event-stream"]) { send in
            var signals = signals.makeAsyncIterator()
            for number in 0..<3 {
                try await send(.body("data: \(number)\n\n", more: true))
                await signals.next()
            }
            try await send(.body(ByteBuffer()))
        }
        try await TestClient.run(app.wrapped(by: Compression(eventStreams: true)), in: mode) { client async throws in
            try await client.stream(.get, "/", headers: [.acceptEncoding: "gzip", .accept: "*/*"]) { response in
                #expect(response[.contentEncoding] == "gzip")
                let reader = try Reader(.gzip)
                var body = response.body.makeAsyncIterator()
                for number in 0..<3 {
                    let bytes = try await body.next().orThrow()
                    #expect(try reader.read(bytes) == "data: \(number)\n\n")
                    go.yield()
                }
            }
        }
        for _ in 0..<3 { go.yield() }
        try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
            #expect(try await client.get("/", headers: gzip)[.contentEncoding] == nil)
        }
    }

    @Test("when the client goes, the encoder is freed and nothing fails", arguments: modes)
    func disconnect(mode: TestMode) async throws {
        let app = streaming { send in
            while !Task.isCancelled {
                try await send(.body(String(repeating: "x", count: 100_000), more: true))
            }
        }
        try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
            try await client.open(.get, "/", headers: gzip) { exchange async throws in
                #expect(try await exchange.head().headerFields[.contentEncoding] == "gzip")
                exchange.disconnect()
                #expect(try await exchange.applicationError() == nil)
            }
        }
    }

    @Test("an encoder lives from the first part of the content to the last, or until the client goes")
    func lifetime() async throws {
        for leaves in [false, true] {
            let connection = TestConnection()
            let request = HTTPRequest(
                method: .get, scheme: "http", authority: "localhost", path: "/", headerFields: gzip)
            let filter = CompressionFilter(
                Compression(), Compression.Coding(.gzip), minimum: 1,
                RequestScope(request: request, connection: connection))
            let next = Send<HTTPResponseEvent> { _ in }
            let head = HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])
            try await filter.take(.start(head), next)
            #expect(!filter.hasEncoder)
            try await filter.take(.body("part", more: true), next)
            #expect(filter.hasEncoder && !filter.isDone)
            if leaves { connection.disconnect() } else { try await filter.take(.body("end"), next) }
            #expect(!filter.hasEncoder)
            if leaves {
                try await filter.take(.body("more", more: true), next)
                try await filter.take(.body("end"), next)
            }
            #expect(filter.isDone)
        }
    }

    @Test("after a head that is refused another one may follow", arguments: modes)
    func refusedHead(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            var head = HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])
            head.headerFields.append(HTTPField(name: .server, lenientValue: [0x61, 0x01, 0x62]))
            try await http.send(.start(head))
            await #expect(throws: ExchangeError.self) {
                try await http.send(.body(CompressionTests.text, more: true))
            }
            head.headerFields[.server] = nil
            try await http.send(.start(head))
            try await http.send(.body(CompressionTests.text))
        }
        try await TestClient.run(app.wrapped(by: Compression()), in: mode) { client async throws in
            let response = try await client.get("/", headers: gzip)
            #expect(response[.contentEncoding] == "gzip")
            #expect(try response.plain == CompressionTests.text)
        }
    }
}
