import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Responses as they come, in every mode")
struct StreamTests {
    @Test("The head is there before the content", arguments: TestMode.all)
    func headFirst(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .accepted)))
            try await notebook.wait(for: "head")
            try await http.send(.body("one", more: true))
            try await http.send(.flush)
            try await notebook.wait(for: "one")
            try await http.send(.body("two"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                #expect(response.status == .accepted)
                notebook.note("head")
                for try await bytes in response.body { notebook.note(String(buffer: bytes)) }
                #expect(!response.isTruncated)
            }
        }
        #expect(notebook.all == ["head", "one", "two"])
    }

    @Test("Informational responses and trailers come with the response", arguments: TestMode.all)
    func extras(mode: TestMode) async throws {
        let (link, sum) = (HTTPField.Name("link")!, HTTPField.Name("x-sum")!)
        let app = app { http in
            #expect(http.scope.extensions[EarlyHints.self] != nil)
            try await http.send(
                .informational(HTTPResponse(status: .earlyHints, headerFields: [link: "</a.css>; rel=preload"])))
            try await http.send(.informational(HTTPResponse(status: .init(code: 102))))
            try await http.send(.start(HTTPResponse(status: .ok), trailers: true))
            try await http.send(.body("a", more: true))
            try await http.send(.body("b"))
            try await http.send(.trailers([sum: "1"]))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "ab")
            #expect(response.informational.map(\.status.code) == [103, 102])
            #expect(response.informational.first?.headerFields[link] == "</a.css>; rel=preload")
            #expect(response.trailers == [sum: "1"])
            let deaf = try await client.with { $0.headerFields = [:] }.get("/")
            #expect(deaf.trailers.isEmpty)
            try await client.stream(.get, "/") { response async throws in
                #expect(response.informational.count == 2)
                #expect(try await String(buffer: response.body.collect()) == "ab")
                #expect(response.trailers == [sum: "1"])
            }
        }
    }

    @Test("A test can send and read by turns", arguments: TestMode.all)
    func duplex(mode: TestMode) async throws {
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.flush)
            while case .body(let bytes, let more) = try await http.receive() {
                try await http.send(.body(bytes, more: more))
                try await http.send(.flush)
                if !more { return }
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.open(.post, "/") { exchange async throws in
                #expect(try await exchange.head().status == .ok)
                var body = exchange.body.makeAsyncIterator()
                for part in ["ping", "pong"] {
                    try await exchange.send(part)
                    #expect(try await body.next() == ByteBuffer(string: part))
                }
                try await exchange.send("end", more: false)
                let rest = try await exchange.finish()
                #expect(rest.text == "end")
                #expect(!rest.isTruncated)
            }
        }
    }

    @Test("Files are read from disk", arguments: TestMode.all)
    func files(mode: TestMode) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sagi-\(UUID().uuidString)"
        #expect(FileManager.default.createFile(atPath: path, contents: Data((0..<200_000).map { UInt8($0 % 251) })))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let app = app { http in
            let range =
                switch http.scope.rawPath {
                case "/part": FileRange(path: path, offset: 100_000, length: 10)
                case "/rest": FileRange(path: path, offset: 199_990)
                case "/missing": FileRange(path: path + "-not")
                default: FileRange(path: path)
                }
            try await http.send(.start(HTTPResponse(status: .ok)))
            do {
                try await http.send(.file(range))
            } catch ExchangeError.file(let name, _) {
                #expect(name == path + "-not")
                try await http.send(.body("no file"))
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let whole = try await client.get("/")
            #expect(whole.body.readableBytes == 200_000)
            #expect(whole.body.getInteger(at: 150_000, as: UInt8.self) == UInt8(150_000 % 251))
            #expect(whole[.contentLength] == "200000")
            let part = try await client.get("/part")
            #expect(Array(part.body.readableBytesView) == (100_000..<100_010).map { UInt8($0 % 251) })
            #expect(try await client.get("/rest").body.readableBytes == 10)
            #expect(try await client.get("/missing").text == "no file")
            let head = try await client.head("/")
            #expect(head.body.readableBytes == 0)
            #expect(head[.contentLength] == "200000")
        }
    }

    @Test("Beyond the end of a file there is nothing, and a descriptor is left as it was", arguments: TestMode.all)
    func descriptors(mode: TestMode) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sagi-\(UUID().uuidString)"
        #expect(FileManager.default.createFile(atPath: path, contents: Data("0123456789".utf8)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let handle = try #require(FileHandle(forReadingAtPath: path))
        try handle.seek(toOffset: 3)
        let descriptor = handle.fileDescriptor
        let app = app { http in
            let offset = Int(http.scope.query ?? "") ?? 0
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.file(FileRange(.descriptor(descriptor), offset: offset), more: true))
            try await http.send(.body("!"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/?0").text == "0123456789!")
            #expect(try await client.get("/?8").text == "89!")
            #expect(try await client.get("/?10").text == "!")
            #expect(try await client.get("/?99").text == "!")
        }
        #expect(try handle.offset() == 3)
        #expect(try handle.readToEnd() == Data("3456789".utf8))
    }

    @Test("A sender waits for a slow client, and goes on with it", arguments: TestMode.all)
    func backpressure(mode: TestMode) async throws {
        let notebook = Notebook()
        let block = ByteBuffer(repeating: 1, count: 64 * 1024)
        let count = 400
        let app = app { http in
            let transport = try #require(http.scope.transport)
            transport.onHighWater { notebook.note("high") }
            transport.onDrain { notebook.note("drain") }
            try await http.send(.start(HTTPResponse(status: .ok)))
            for index in 0..<count { try await http.send(.body(block, more: index < count - 1)) }
            notebook.note("done")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                try await notebook.wait(for: "high")
                #expect(!notebook.all.contains("done"))
                let whole = try await response.body.collect()
                #expect(whole.readableBytes == block.readableBytes * count)
            }
            try await notebook.wait(for: "done")
            #expect(notebook.all.contains("drain"))
        }
    }

    @Test("In memory the marks are those of the options")
    func marks() async throws {
        let notebook = Notebook()
        let app = app { http in
            let transport = try #require(http.scope.transport)
            #expect((transport.highWaterMark, transport.lowWaterMark) == (10, 5))
            try await http.send(.start(HTTPResponse(status: .ok)))
            for index in 1...5 {
                try await http.send(.body("1234", more: index < 5))
                notebook.note("\(index): \(transport.bufferedBytes)")
            }
        }
        let mode = TestMode.inMemory { options in
            options.highWaterMark = 10
            options.lowWaterMark = 5
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                // Three events go above the mark; the fourth waits until less than the low one is left.
                #expect(try await notebook.wait(count: 3) == ["1: 4", "2: 8", "3: 12"])
                var body = response.body.makeAsyncIterator()
                _ = try await body.next()
                _ = try await body.next()
                _ = try await notebook.wait(count: 5)
                #expect(notebook.all[3] == "4: 8")
            }
        }
    }
}
