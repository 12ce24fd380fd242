import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGIServer
import SAGITesting
import Testing

@Suite("The end of WebSockets, in every mode")
struct WebSocketEndTests {
    /// Notes how the socket ends, for the application and for its connection.
    static func noting(_ notebook: Notebook) -> ClosureApplication {
        socketApp { socket in
            socket.scope.connection.onDisconnect { notebook.note("on disconnect \($0)") }
            socket.scope.connection.onComplete { notebook.note("on complete") }
            try await socket.open()
            notebook.note(try await socket.echo())
            notebook.note("cancelled \(Task.isCancelled)")
            // It stays the end, and nothing of what is sent throws.
            notebook.note(try await socket.line())
            try await socket.send(.text("unseen"))
            try await socket.send(.close(code: 4000))
        }
    }

    @Test("The client closes: the application is told why, and goes on", arguments: TestMode.all)
    func clientCloses(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.noting(notebook), in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.close(code: 3001, reason: "bye") == WebSocketClose(code: 3001))
                await #expect(throws: WebSocketClosed.self) { try await socket.send("late") }
                await #expect(throws: WebSocketClosed.self) { try await socket.receive() }
            }
        }
        #expect(
            notebook.all == ["on disconnect client_closed", "3001 bye", "cancelled false", "disconnect 3001 bye"])
    }

    @Test("A Close without a code is 1005 on both sides", arguments: TestMode.all)
    func noCode(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.noting(notebook), in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.close(code: nil) == WebSocketClose(code: 1005))
            }
        }
        #expect(notebook.all.dropFirst().first == "1005 ")
    }

    @Test("The application closes: the client is told why, and its answer is the end", arguments: TestMode.all)
    func applicationCloses(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            socket.scope.connection.onDisconnect { notebook.note("on disconnect \($0)") }
            socket.scope.connection.onComplete { notebook.note("on complete") }
            try await socket.open()
            try await socket.send(.text("last words"))
            try await socket.send(.close(code: 4000, reason: "enough"))
            notebook.note(try await socket.line())
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.closed == WebSocketClose(code: 4000, reason: "enough"))
                // What came before can still be received.
                #expect(try await socket.text() == "last words")
                let closed = await #expect(throws: WebSocketClosed.self) { try await socket.receive() }
                #expect(closed?.close == WebSocketClose(code: 4000, reason: "enough"))
                #expect(closed?.failure == nil)
            }
        }
        #expect(notebook.all == ["on complete", "disconnect 4000 "])
    }

    @Test("A client that goes away without a Close is 1006", arguments: TestMode.all)
    func drop(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.noting(notebook), in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send("hello")
                #expect(try await socket.text() == "hello")
                socket.drop()
                #expect(try await socket.closed == WebSocketClose(code: 1006))
            }
            _ = try await notebook.wait(count: 4)
        }
        #expect(
            notebook.all == [
                "on disconnect client_closed", "1006 client_closed", "cancelled true",
                "disconnect 1006 client_closed",
            ])
    }

    @Test("A client that goes away before it is answered", arguments: TestMode.all)
    func dropBeforeAccept(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            notebook.note(try await socket.line())
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                notebook.note(try await socket.line())
                try await socket.send(.accept())
                notebook.note("nothing is sent")
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let opening = Task { try await client.webSocket("/") }
            try await notebook.wait(for: "connect")
            opening.cancel()
            await #expect(throws: (any Error).self) { try await opening.value }
            _ = try await notebook.wait(count: 3)
        }
        #expect(notebook.all == ["connect", "disconnect 1006 client_closed", "nothing is sent"])
    }

    @Test("Messages that came before the end are received before it", arguments: TestMode.all)
    func queued(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            try await notebook.wait(for: "go")
            for _ in 1...3 { notebook.note(try await socket.line()) }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send("one")
                try await socket.send("two")
                try await socket.close()
                notebook.note("go")
            }
        }
        #expect(notebook.all == ["go", "text one", "text two", "disconnect 1000 "])
    }

    @Test("Messages before a Close are answered", arguments: TestMode.all)
    func answeredBeforeClose(mode: TestMode) async throws {
        try await TestClient.run(WebSocketTests.echo, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send("one")
                try await socket.send("two")
                try await socket.close()
                #expect(try await socket.text() == "one")
                #expect(try await socket.text() == "two")
                await #expect(throws: WebSocketClosed.self) { try await socket.receive() }
            }
        }
    }

    @Test("An application that returns closes with 1000", arguments: TestMode.all)
    func returns(mode: TestMode) async throws {
        let app = socketApp { try await $0.open() }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.closed == WebSocketClose(code: 1000))
                #expect(try await socket.applicationError() == nil)
            }
        }
    }

    @Test("An application that throws closes with 1011, and the test is told what", arguments: TestMode.all)
    func throwsError(mode: TestMode) async throws {
        let app = socketApp { socket in
            try await socket.open()
            _ = try await socket.receive()
            throw Mishap()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            await #expect(throws: Mishap()) {
                try await client.webSocket("/") { socket async throws in
                    try await socket.send("now")
                    _ = try await socket.receive()
                }
            }
            await #expect(throws: Mishap()) {
                try await client.webSocket("/") { socket async throws in
                    try await socket.send("now")
                    #expect(try await socket.closed.code == 1011)
                }
            }
            let calm = client.with { $0.raisesApplicationErrors = false }
            try await calm.webSocket("/") { socket async throws in
                try await socket.send("now")
                await #expect(throws: WebSocketClosed.self) { try await socket.receive() }
                #expect(try await socket.closed == WebSocketClose(code: 1011))
                #expect(try await socket.applicationError() as? Mishap == Mishap())
            }
        }
    }

    @Test("An application that leaves before it has answered is a 500", arguments: TestMode.all)
    func leavesBeforeAnswer(mode: TestMode) async throws {
        let app = socketApp { if $0.scope.path == "/throw" { throw Mishap() } }
        try await TestClient.run(app, in: mode) { client async throws in
            await #expect(throws: Mishap()) { try await client.webSocket("/throw") }
            await #expect(throws: TestClientError.self) { try await client.webSocket("/return") }
            let calm = client.with { $0.raisesApplicationErrors = false }
            for path in ["/throw", "/return"] {
                let denied = await #expect(throws: WebSocketDenied.self) { try await calm.webSocket(path) }
                #expect(denied?.response.status == .internalServerError)
            }
        }
    }

    @Test("A test that fails drops its socket", arguments: TestMode.all)
    func failingTest(mode: TestMode) async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.noting(notebook), in: mode) { client async throws in
            await #expect(throws: Mishap()) {
                try await client.webSocket("/") { _ async throws in throw Mishap() }
            }
            _ = try await notebook.wait(count: 4)
        }
        #expect(notebook.all.dropFirst().first == "1006 client_closed")
    }

    @Test("A socket that is open when the server goes down is closed with 1001", arguments: TestMode.all)
    func shutdown(mode: TestMode) async throws {
        let notebook = Notebook()
        let socket = try await TestClient.run(Self.noting(notebook), in: mode) { client async throws in
            try await client.webSocket("/")
        }
        #expect(try await socket.closed.code == 1001)
        #expect(
            try await notebook.wait(count: 4) == [
                "on disconnect server_shutdown", "1001 server_shutdown", "cancelled true",
                "disconnect 1001 server_shutdown",
            ])
    }

    @Test(
        "An application that does not notice the end is cancelled in time",
        arguments: [
            TestMode.inMemory { $0.closeTimeout = .milliseconds(100) },
            TestMode.live { $0.server.webSocket.closeTimeout = .milliseconds(100) },
        ])
    func unnoticed(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            try await notebook.noteCancellation()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                #expect(try await socket.close() == WebSocketClose(code: 1000))
                #expect(try await socket.applicationError() is CancellationError)
            }
        }
        #expect(notebook.all == ["cancelled"])
    }

    @Test("In memory cancelling can be turned off")
    func noCancelling() async throws {
        let notebook = Notebook()
        try await TestClient.run(Self.noting(notebook), in: .inMemory { $0.cancelsOnDisconnect = false }) {
            client async throws in
            let socket = try await client.webSocket("/")
            socket.drop()
            _ = try await notebook.wait(count: 4)
        }
        #expect(notebook.all.contains("cancelled false"))
    }
}
