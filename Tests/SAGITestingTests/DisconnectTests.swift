import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Clients that go away, in every mode")
struct DisconnectTests {
    /// Streams for ever, until receive tells that the client has gone; then notes what it sees.
    static func endless(_ notebook: Notebook) -> ClosureApplication {
        app { http in
            http.scope.connection.onComplete { notebook.note("complete") }
            http.scope.connection.onDisconnect { notebook.note("first \($0)") }
            http.scope.connection.onDisconnect { notebook.note("second \($0)") }
            _ = try await http.content()
            try await http.send(.start(HTTPResponse(status: .ok)))
            while http.scope.connection.isConnected {
                try await http.send(.body("0123456789", more: true))
                try await http.send(.flush)
                await Task.yield()
            }
            guard case .disconnect(let reason) = try await http.receive() else { return }
            // Nothing of this throws, and nobody sees it.
            try await http.send(.body("unseen", more: true))
            try await http.send(.start(HTTPResponse(status: .ok)))
            http.scope.connection.onDisconnect { notebook.note("late \($0)") }
            http.scope.connection.onComplete { notebook.note("complete") }
            notebook.note("received \(reason)")
        }
    }

    @Test("On demand, in the middle of the response", arguments: TestMode.all)
    func onDemand(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.endless(notebook), in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                for try await bytes in response.body {
                    #expect(bytes.readableBytes > 0)
                    break
                }
                response.disconnect()
            }
            let lines = try await notebook.wait(count: 4)
            let reasons = Set(lines.compactMap { $0.split(separator: " ").last })
            #expect(reasons.count == 1)
            #expect(lines.map { $0.split(separator: " ").first } == ["first", "second", "late", "received"])
        }
    }

    @Test("After so many bytes", arguments: TestMode.all)
    func afterBytes(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.endless(notebook), in: mode) { client async throws in
            let response = try await client.request(.get, "/", disconnect: .afterBytes(25))
            #expect(response.text == "0123456789012345678901234".prefix(25))
            #expect(response.isTruncated)
            _ = try await notebook.wait(count: 4)
        }
    }

    @Test("After so many events", arguments: TestMode.all)
    func afterEvents(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.endless(notebook), in: mode) { client async throws in
            let response = try await client.request(.get, "/", disconnect: .afterEvents(1))
            #expect(response.status == .ok)
            #expect(response.body.readableBytes == 0)
            #expect(response.isTruncated)
            await #expect(throws: TestClientError.disconnected) {
                try await client.request(.get, "/", disconnect: .atOnce)
            }
        }
    }

    @Test("Leaving a stream early disconnects", arguments: TestMode.all)
    func leaves(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.endless(notebook), in: mode) { client async throws in
            let status = try await client.stream(.get, "/") { $0.status }
            #expect(status == .ok)
            _ = try await notebook.wait(count: 4)
        }
    }

    @Test("In the middle of the request", arguments: TestMode.all)
    func midRequest(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            while true {
                switch try await http.receive() {
                case .body(let bytes, let more):
                    if bytes.readableBytes > 0 { notebook.note(String(buffer: bytes)) }
                    guard more else { return notebook.note("whole") }
                case .trailers: notebook.note("trailers")
                case .disconnect: return notebook.note("gone, cancelled: \(Task.isCancelled)")
                }
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.open(.post, "/") { exchange async throws in
                try await exchange.send("half")
                try await notebook.wait(for: "half")
                exchange.disconnect()
            }
            #expect(try await notebook.wait(count: 2) == ["half", "gone, cancelled: true"])
        }
    }

    @Test("The application's task is cancelled, and its error is not the test's", arguments: TestMode.all)
    func cancels(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            notebook.note("started")
            try await notebook.noteCancellation()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.open(.get, "/") { exchange async throws in
                try await notebook.wait(for: "started")
                exchange.disconnect()
                #expect(try await exchange.applicationError() is CancellationError)
            }
        }
        #expect(notebook.all == ["started", "cancelled"])
    }

    @Test("In memory the application sees the test's reason, at the very event")
    func reasons() async throws {
        let notebook = Notebook()
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            for part in ["a", "b", "c"] {
                try await http.send(.body(part, more: true))
                notebook.note("\(part) \(http.scope.connection.disconnectReason?.name ?? "none")")
            }
        }
        try await TestClient.run(app) { client async throws in
            let response = try await client.request(.get, "/", disconnect: .afterEvents(3, reason: .writeTimeout))
            #expect(response.text == "ab")
        }
        #expect(notebook.all == ["a none", "b write_timeout", "c write_timeout"])
    }

    @Test("In memory cancelling can be turned off")
    func noCancelling() async throws {
        let notebook = Notebook()
        let app = app { http in
            notebook.note("started")
            _ = try await http.content()
            guard case .disconnect = try await http.receive() else { return }
            notebook.note("cancelled: \(Task.isCancelled)")
        }
        try await TestClient.run(app, in: .inMemory { $0.cancelsOnDisconnect = false }) { client async throws in
            try await client.open(.get, "/") { exchange async throws in
                try await notebook.wait(for: "started")
                exchange.disconnect()
                #expect(try await exchange.applicationError() == nil)
            }
        }
        #expect(notebook.all == ["started", "cancelled: false"])
    }

    @Test("A complete exchange is never a disconnected one", arguments: TestMode.all)
    func complete(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            let connection = http.scope.connection
            connection.onDisconnect { _ in notebook.note("disconnect") }
            connection.onComplete { notebook.note("first") }
            connection.onComplete { notebook.note("second") }
            #expect(!connection.responseStarted)
            try await http.answer("whole")
            #expect(connection.responseStarted)
            guard case .disconnect(.completed) = try await http.receive() else { return notebook.note("no end") }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "whole")
            #expect(try await notebook.wait(count: 2) == ["first", "second"])
        }
        #expect(notebook.all == ["first", "second"])
    }
}
