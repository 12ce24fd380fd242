import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGIServer
import SAGITesting
import Testing

@Suite("The application's lifespan, in every mode")
struct LifespanTests {
    enum Greeting: ValueKey { typealias Value = String }

    /// Notes its life, and answers with what it prepared.
    struct Living: Application {
        let notebook: Notebook
        var shutdownReply = LifespanReply.shutdownComplete

        func handle(_ exchange: Exchange) async throws {
            switch exchange {
            case .lifespan(let lifespan):
                #expect(try await lifespan.receive() == .startup)
                notebook.note("startup")
                var state = State()
                state[Greeting.self] = "prepared"
                try await lifespan.send(.startupComplete(state))
                #expect(try await lifespan.receive() == .shutdown)
                notebook.note("shutdown")
                try await lifespan.send(shutdownReply)
                notebook.note("end")
            case .http(let http):
                notebook.note("request")
                try await http.answer(http.scope.state[Greeting.self] ?? "nothing")
            default:
                throw Unsupported(exchange)
            }
        }
    }

    @Test("Startup comes before the test, and shutdown after it", arguments: TestMode.all)
    func order(mode: TestMode) async throws {
        let notebook = Notebook()
        let text = try await TestClient.run(Living(notebook: notebook), in: mode) { client async throws in
            #expect(notebook.all == ["startup"])
            return try await client.get("/").text
        }
        #expect(text == "prepared")
        try await notebook.wait(for: "end")
        #expect(notebook.all == ["startup", "request", "shutdown", "end"])
    }

    @Test("A startup that fails fails the test with its message", arguments: TestMode.all)
    func startupFails(mode: TestMode) async throws {
        let app = ClosureApplication { exchange async throws in
            guard case .lifespan(let lifespan) = exchange else { throw Unsupported(exchange) }
            _ = try await lifespan.receive()
            try await lifespan.send(.startupFailed("no database"))
        }
        await #expect(throws: TestClientError.startupFailed("no database")) {
            try await TestClient.run(app, in: mode) { _ in Issue.record("The test must not run.") }
        }
    }

    @Test("A shutdown that fails fails the test with its message", arguments: TestMode.all)
    func shutdownFails(mode: TestMode) async throws {
        let app = Living(notebook: Notebook(), shutdownReply: .shutdownFailed("still busy"))
        await #expect(throws: TestClientError.shutdownFailed("still busy")) {
            try await TestClient.run(app, in: mode) { _ in }
        }
    }

    @Test("A test's own error wins, and the application is shut down", arguments: TestMode.all)
    func testFails(mode: TestMode) async throws {
        let notebook = Notebook()
        await #expect(throws: Mishap()) {
            try await TestClient.run(Living(notebook: notebook), in: mode) { _ in throw Mishap() }
        }
        try await notebook.wait(for: "end")
        #expect(notebook.all == ["startup", "shutdown", "end"])
    }

    @Test("Declining by throwing or returning is no error", arguments: TestMode.all)
    func declines(mode: TestMode) async throws {
        for throwing in [true, false] {
            let app = ClosureApplication { exchange async throws in
                guard case .http(let http) = exchange else {
                    if throwing { throw Unsupported(exchange) }
                    return
                }
                try await http.answer("whole")
            }
            try await TestClient.run(app, in: mode) { client async throws in
                #expect(try await client.get("/").text == "whole")
            }
        }
    }

    @Test("Declining fails where the lifespan is on", arguments: [true, false])
    func mustNotDecline(isLive: Bool) async throws {
        let mode = isLive ? TestMode.live { $0.server.lifespan = .on } : TestMode.inMemory { $0.lifespan = .on }
        let error = await #expect(throws: TestClientError.self) {
            try await TestClient.run(FailureTests.silent, in: mode) { _ in }
        }
        guard case .startupFailed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("With the lifespan off the application is not told", arguments: [true, false])
    func off(isLive: Bool) async throws {
        let notebook = Notebook()
        let mode = isLive ? TestMode.live { $0.server.lifespan = .off } : TestMode.inMemory { $0.lifespan = .off }
        try await TestClient.run(Living(notebook: notebook), in: mode) { client async throws in
            #expect(try await client.get("/").text == "nothing")
        }
        #expect(notebook.all == ["request"])
    }

    @Test("An event that answers nothing is refused", arguments: TestMode.all)
    func wrongReplies(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = ClosureApplication { exchange async throws in
            guard case .lifespan(let lifespan) = exchange else { throw Unsupported(exchange) }
            for reply in [LifespanReply.shutdownComplete, .startupComplete(), .startupComplete()] {
                do {
                    try await lifespan.send(reply)
                    notebook.note("taken")
                } catch ExchangeError.wrongEvent {
                    notebook.note("refused")
                }
            }
        }
        try await TestClient.run(app, in: mode) { _ async throws in
            #expect(try await notebook.wait(count: 3) == ["refused", "taken", "refused"])
        }
    }

    @Test("An application that does not start in time fails the test")
    func startupTimeout() async throws {
        var options = TestClient.Options()
        options.timeout = .milliseconds(100)
        let app = ClosureApplication { _ in try await Task.sleep(for: .seconds(3600)) }
        let sentence = "The application's answer to startup did not come within 0.1 seconds."
        await #expect(throws: TestClientError.timeout(sentence)) {
            try await TestClient.run(app, options: options) { _ in }
        }
    }

    @Test("Exchanges that are still open are ended before the shutdown")
    func endsExchanges() async throws {
        let notebook = Notebook()
        let app = ClosureApplication { exchange async throws in
            switch exchange {
            case .lifespan(let lifespan):
                _ = try await lifespan.receive()
                try await lifespan.send(.startupComplete())
                _ = try await lifespan.receive()
                notebook.note("shutdown")
                try await lifespan.send(.shutdownComplete)
            case .http(let http):
                _ = try await http.content()
                try await http.answer("whole")
                // Its work goes on after the response.
                notebook.note("after \(try await http.receive())")
            default: throw Unsupported(exchange)
            }
        }
        try await TestClient.run(app) { client async throws in
            _ = try await client.get("/")
        }
        #expect(notebook.all == ["after disconnect(completed)", "shutdown"])
    }
}
