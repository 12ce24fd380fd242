import Foundation
import Logging
import SAGI
import Synchronization
import Testing

@testable import SAGIServer

@Suite("The lifespan", .timeLimit(.minutes(1)))
struct LifespanTests {
    private func lifespan(
        _ mode: LifespanMode, worker: Int? = nil, logger: Logger = Logger(label: "test"),
        _ body: nonisolated(nonsending) @escaping @Sendable (LifespanExchange) async throws -> Void
    ) -> Lifespan {
        let application = ClosureApplication { exchange in
            guard case .lifespan(let lifespan) = exchange else { throw Unsupported(exchange) }
            try await body(lifespan)
        }
        return Lifespan(application, mode: mode, worker: worker, logger: logger)
    }

    enum Number: ValueKey { typealias Value = Int }

    @Test("hands the state on, and waits for the shutdown")
    func wholeLife() async throws {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let lifespan = lifespan(.auto) { lifespan in
            #expect(try await lifespan.receive() == .startup)
            var state = State()
            state[Number.self] = 7
            try await lifespan.send(.startupComplete(state))
            #expect(try await lifespan.receive() == .shutdown)
            continuation.yield("stopping")
            try await lifespan.send(.shutdownComplete)
        }
        #expect(try await lifespan.startup(timeout: .seconds(5))[Number.self] == 7)
        await lifespan.shutdown(timeout: .seconds(5))
        continuation.finish()
        var seen: [String] = []
        for await line in stream { seen.append(line) }
        #expect(seen == ["stopping"])
    }

    @Test("takes a decline for none, unless the mode is on", arguments: [true, false])
    func declines(byThrowing: Bool) async throws {
        struct Declined: Error {}
        let decline: @Sendable (LifespanExchange) async throws -> Void = { _ in if byThrowing { throw Declined() } }
        let auto = lifespan(.auto) { try await decline($0) }
        #expect(try await auto.startup(timeout: .seconds(5)).isEmpty)
        await auto.shutdown(timeout: .seconds(5))
        let on = lifespan(.on) { try await decline($0) }
        await #expect(throws: LifespanFailure.self) { try await on.startup(timeout: .seconds(5)) }
    }

    @Test("does not call the application when it is off")
    func off() async throws {
        let off = lifespan(.off) { _ in Issue.record("called") }
        #expect(try await off.startup(timeout: .seconds(5)).isEmpty)
        await off.shutdown(timeout: .seconds(5))
    }

    @Test("fails with the application's message, or when it takes too long")
    func fails() async throws {
        let failing = lifespan(.auto) { lifespan in
            _ = try await lifespan.receive()
            try await lifespan.send(.startupFailed("no database"))
        }
        let error = await #expect(throws: LifespanFailure.self) { try await failing.startup(timeout: .seconds(5)) }
        #expect(try #require(error).description.contains("no database"))
        let hanging = lifespan(.auto) { _ in try await Task.sleep(for: .seconds(60)) }
        await #expect(throws: LifespanFailure.self) { try await hanging.startup(timeout: .milliseconds(50)) }
    }

    @Test("refuses an answer to what was not asked")
    func order() async throws {
        let lifespan = lifespan(.auto) { lifespan in
            await #expect(throws: ExchangeError.self) { try await lifespan.send(.shutdownComplete) }
            try await lifespan.send(.startupComplete())
            await #expect(throws: ExchangeError.self) { try await lifespan.send(.startupComplete()) }
        }
        _ = try await lifespan.startup(timeout: .seconds(5))
        await lifespan.shutdown(timeout: .seconds(5))
    }

    @Test("tells the number of the worker", arguments: [nil, 3])
    func worker(number: Int?) async throws {
        let lifespan = lifespan(.auto, worker: number) { lifespan in
            #expect(lifespan.scope.worker == number)
            try await lifespan.send(.startupComplete())
        }
        _ = try await lifespan.startup(timeout: .seconds(5))
    }

    @Test("ends when the application does not stop in time, and says so")
    func hangs() async throws {
        let log = LogLines()
        let lifespan = lifespan(.auto, logger: log.logger) { lifespan in
            try await lifespan.send(.startupComplete())
            try await Task.sleep(for: .seconds(60))
        }
        _ = try await lifespan.startup(timeout: .seconds(5))
        await lifespan.shutdown(timeout: .milliseconds(50))
        #expect(log.all.contains { $0.hasPrefix("The application did not shut down within") })
    }

    @Test("logs an error that comes while it serves, at once and once")
    func failsWhileServing() async throws {
        struct Failure: Error {}
        let log = LogLines()
        let lifespan = lifespan(.auto, logger: log.logger) { lifespan in
            try await lifespan.send(.startupComplete())
            throw Failure()
        }
        _ = try await lifespan.startup(timeout: .seconds(5))
        let deadline = ContinuousClock.now + .seconds(5)
        while log.all.isEmpty, ContinuousClock.now < deadline { await Task.yield() }
        #expect(log.all == ["The application's lifespan failed: Failure()"])
        await lifespan.shutdown(timeout: .seconds(5))
        #expect(log.all.count == 1)
    }

    @Test("is asked to start before the server listens, and to stop when the server cannot listen")
    func listening() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sagi-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let seen = LogLines()
        let application = ClosureApplication { exchange in
            guard case .lifespan(let lifespan) = exchange else { return }
            #expect(try await lifespan.receive() == .startup)
            seen.note("socket: \(FileManager.default.fileExists(atPath: path))")
            try await lifespan.send(.startupComplete())
            #expect(try await lifespan.receive() == .shutdown)
            seen.note("stopped")
            try await lifespan.send(.shutdownComplete)
        }
        var configuration = ServerConfiguration()
        configuration.listeners = [ListenerConfiguration(.unix(path))]
        let server = Server(application, configuration: configuration)
        try await server.start()
        #expect(FileManager.default.fileExists(atPath: path))
        // The place is taken.
        let second = Server(application, configuration: configuration)
        await #expect(throws: ConfigurationError.self) { try await second.start() }
        #expect(seen.all == ["socket: false", "socket: true", "stopped"])
        await server.shutdown()
        #expect(seen.all.count == 4)
    }
}

/// What is logged, or noted, in order.
final class LogLines: Sendable {
    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.note(event.message.description) }
    }

    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    func note(_ line: String) { lines.withLock { $0.append(line) } }
}
