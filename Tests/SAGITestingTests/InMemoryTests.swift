import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite("What is set in memory")
struct InMemoryTests {
    enum Number: ValueKey { typealias Value = Int }

    @Test("Addresses, scheme, version, state, extensions and the root path are those of the options")
    func options() async throws {
        let app = app { http in
            let scope = http.scope
            #expect(scope.client == .ip("192.0.2.1", port: 4))
            #expect(scope.server == .unix("/run/app.sock"))
            #expect(scope.scheme == "https")
            #expect(scope.authority == "example.com:8443")
            #expect(scope.version == .http2)
            #expect(scope.state[Number.self] == 7)
            #expect(scope.rootPath == "/mounted")
            #expect(scope.extensions[TLSInfo.self]?.clientCertificateName == "CN=alice")
            #expect(scope[HTTPField.Name("host")!] == nil)
            #expect(scope[.connection] == nil)
            try await http.answer("whole")
        }
        let mode = TestMode.inMemory { options in
            options.client = .ip("192.0.2.1", port: 4)
            options.server = .unix("/run/app.sock")
            options.scheme = "https"
            options.authority = "example.com:8443"
            options.version = .http2
            options.state = State()
            options.state?[Number.self] = 7
            options.rootPath = "/mounted"
            options.extensions[TLSInfo.self] = TLSInfo(clientCertificateName: "CN=alice")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/").text == "whole")
        }
    }

    @Test("By default there are the capabilities that there are")
    func defaults() async throws {
        let app = app { http in
            let scope = http.scope
            let capabilities = [
                scope.extensions[EarlyHints.self] == nil, scope.extensions[Trailers.self] == nil,
                scope.extensions[FullFlush.self] == nil, scope.extensions[TLSInfo.self] == nil,
            ]
            #expect(scope.client == .ip("127.0.0.1", port: 50000))
            #expect(scope.authority == "testserver")
            #expect(scope.scheme == "http")
            #expect(scope.version == (scope.rawPath == "/1.0" ? .http10 : .http11))
            try await http.answer(capabilities.map { $0 ? "0" : "1" }.joined())
        }
        try await TestClient.run(app) { client async throws in
            #expect(try await client.get("/").text == "1110")
            #expect(try await client.with { $0.headerFields = [:] }.get("/").text == "1010")
        }
        try await TestClient.run(app, in: .inMemory { $0.version = .http10 }) { client async throws in
            #expect(try await client.get("/1.0").text == "0010")
        }
    }

    @Test("HTTP/1.0 gets neither informational responses nor trailers")
    func oldVersion() async throws {
        let app = app { http in
            try await http.send(.informational(HTTPResponse(status: .earlyHints)))
            try await http.send(.start(HTTPResponse(status: .ok), trailers: true))
            try await http.send(.body("whole"))
            try await http.send(.trailers([.eTag: "x"]))
        }
        try await TestClient.run(app, in: .inMemory { $0.version = .http10 }) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(response.informational.isEmpty)
            #expect(response.trailers.isEmpty)
        }
    }

    @Test("A URL names its own scheme and host")
    func urls() async throws {
        let app = app { try await $0.answer("\($0.scope.scheme) \($0.scope.authority ?? "") \($0.scope.path)") }
        try await TestClient.run(app) { client async throws in
            #expect(try await client.get("https://example.com:444/a?b").text == "https example.com:444 /a")
            await #expect(throws: TestClientError.self) { try await client.get("ftp://example.com/") }
        }
    }

    @Test("An upload waits for a slow application")
    func upload() async throws {
        let notebook = Notebook()
        let sent = Notebook()
        let app = app { http in
            try await notebook.wait(for: "read")
            let content = try await http.content().bytes
            try await http.answer(String(content.readableBytes))
        }
        try await TestClient.run(app, in: .inMemory { $0.inputBuffer = 10 }) { client async throws in
            try await client.open(.post, "/") { exchange async throws in
                try await exchange.send("123456")
                try await exchange.send("123456")
                // Ten bytes wait already: this one has to wait for the application.
                async let third: Void = {
                    try await exchange.send("123456", more: false)
                    sent.note("third")
                }()
                #expect(sent.all.isEmpty)
                notebook.note("read")
                try await third
                #expect(try await exchange.finish().text == "18")
            }
        }
    }

    @Test("Nothing may be sent after the application has returned")
    func afterReturn() async throws {
        let notebook = Notebook()
        let app = app { http in
            try await http.answer("whole")
            Task {
                try await notebook.wait(for: "over")
                do {
                    try await http.send(.body("more"))
                } catch ExchangeError.wrongEvent {
                    notebook.note("refused")
                }
                guard case .disconnect(.completed) = try await http.receive() else { return }
                notebook.note("completed")
            }
        }
        try await TestClient.run(app) { client async throws in
            #expect(try await client.get("/").text == "whole")
            notebook.note("over")
            try await notebook.wait(for: "completed")
        }
        #expect(notebook.all == ["over", "refused", "completed"])
    }

    @Test("A file that becomes shorter while it is sent cuts the response off")
    func shrinkingFile() async throws {
        let path = "/tmp/sagi-\(UInt64.random(in: 0...UInt64.max))"
        let file = try #require(fopen(path, "w+"))
        defer {
            fclose(file)
            unlink(path)
        }
        #expect(ftruncate(fileno(file), 1_000_000) == 0)
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try? await http.send(.file(FileRange(path: path)))
        }
        try await TestClient.run(app) { client async throws in
            let client = client.with { $0.raisesApplicationErrors = false }
            try await client.stream(.get, "/") { response async throws in
                var count = 0
                for try await bytes in response.body {
                    if count == 0 { #expect(truncate(path, 100) == 0) }
                    count += bytes.readableBytes
                }
                #expect(count < 1_000_000)
                #expect(response.isTruncated)
            }
        }
    }
}
