import HTTPTypes
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

@Suite("Lifespan hooks")
struct LifespanTests {
    /// What happened, in order.
    final class Log: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    enum Words: ValueKey { typealias Value = [String] }

    static let tell = Handler { request in (request.state[Words.self] ?? []).joined(separator: " ") }

    /// An application with hooks that write down when they run.
    static func hooked(_ name: String, _ log: Log, around application: some Application = tell) -> some Application {
        application.onStartup { state in
            log.note("start \(name)")
            state[Words.self] = (state[Words.self] ?? []) + [name]
        }.onShutdown { state in
            log.note("stop \(name) \(state[Words.self]?.count ?? 0)")
        }
    }

    @Test("run in their order, and back, with the state of all", arguments: modes)
    func order(mode: TestMode) async throws {
        let log = Log()
        let app = Self.hooked("b", log, around: Self.hooked("a", log))
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(log.all == ["start a", "start b"])
            #expect(try await client.get("/").text == "a b")
        }
        #expect(log.all == ["start a", "start b", "stop b 2", "stop a 1"])
    }

    @Test("of mounted applications run with those of the router around them", arguments: modes)
    func mounted(mode: TestMode) async throws {
        let log = Log()
        let inner = try Router { $0.mount("/x", Self.hooked("x", log)) }
        let router = try Router { routes in
            routes.mount("/a", Self.hooked("a", log))
            routes.mount("/in", inner)
            routes.mount("/none", Self.tell)
        }
        try await TestClient.run(Self.hooked("all", log, around: router), in: mode) { client async throws in
            #expect(log.all == ["start a", "start x", "start all"])
            #expect(try await client.get("/none").text == "x all")
        }
        #expect(log.all.dropFirst(3).map { String($0.prefix(6)) } == ["stop a", "stop x", "stop a"])
        #expect(log.all.dropFirst(3).first == "stop all 2")
    }

    @Test("a failure stops what has been started, and is told", arguments: modes)
    func failsToStart(mode: TestMode) async throws {
        let log = Log()
        let failing = Self.hooked("a", log).onStartup { _ in throw Failure(description: "no database") }
            .onStartup { _ in log.note("never") }
        await #expect(throws: TestClientError.startupFailed("no database")) {
            try await TestClient.run(failing, in: mode) { _ in }
        }
        #expect(log.all == ["start a", "stop a 1"])

        let router = try Router { routes in
            routes.mount("/one", Self.hooked("one", log))
            routes.mount("/two", Self.tell.onStartup { _ in throw Failure(description: "no disk") })
        }
        await #expect(throws: TestClientError.startupFailed("no disk")) {
            try await TestClient.run(router, in: mode) { _ in }
        }
        #expect(log.all.suffix(2) == ["start one", "stop one 1"])
    }

    @Test("every shutdown runs, and all that is thrown is told", arguments: modes)
    func failsToStop(mode: TestMode) async throws {
        let log = Log()
        let app = Self.hooked("a", log)
            .onShutdown { _ in throw Failure(description: "first") }
            .onShutdown { _ in throw Failure(description: "second") }
        await #expect(throws: TestClientError.shutdownFailed("second\nfirst")) {
            try await TestClient.run(app, in: mode) { _ in }
        }
        #expect(log.all == ["start a", "stop a 1"])
    }

    @Test("a router without mounted applications has no lifespan")
    func declines() async throws {
        let router = try Router { $0.get("/") { _ in "" } }
        await #expect(throws: Unsupported.self) {
            try await router.handle(
                .lifespan(
                    LifespanExchange(scope: LifespanScope(), receive: Receive { .startup }, send: Send { _ in })))
        }
    }
}
