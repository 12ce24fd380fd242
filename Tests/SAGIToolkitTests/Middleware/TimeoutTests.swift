import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

@Suite("Timeout")
struct TimeoutTests {
    /// Waits until it is cancelled, and then sends what would accept the exchange.
    private static let late = ClosureApplication { exchange in
        try? await Task.sleep(for: .seconds(3600))
        #expect(Task.isCancelled)
        try await accepting.handle(exchange)
    }

    /// Calls an application, and lets the time of a clock pass once the timeout waits for it.
    private func outcomeAfterTimeout(
        _ app: some Application, _ clock: ManualClock, _ kind: RequestKind = .http
    ) async throws -> Outcome {
        async let answer = outcome(of: app, kind, RequestScope())
        try await clock.untilSomebodySleeps()
        clock.advance(by: .seconds(30))
        return try await answer
    }

    @Test("answers in time in the form of each kind, and drops what comes late", arguments: RequestKind.allCases)
    func late(kind: RequestKind) async throws {
        let clock = ManualClock()
        let calls = Mutex(0)
        let app = Self.late.wrapped(by: Timeout(.seconds(30), clock: clock) { _ in calls.withLock { $0 += 1 } })
        let answer = try await outcomeAfterTimeout(app, clock, kind)
        #expect(answer.status == 504)
        #expect(!answer.isAccepted)
        #expect(answer.body.contains("504"))
        #expect(calls.withLock { $0 } == 1)
    }

    @Test("answers with another status")
    func status() async throws {
        let clock = ManualClock()
        let app = Self.late.wrapped(by: Timeout(.seconds(30), status: .serviceUnavailable, clock: clock))
        #expect(try await outcomeAfterTimeout(app, clock).status == 503)
    }

    @Test("lets through what comes in time, and its errors", arguments: RequestKind.allCases)
    func inTime(kind: RequestKind) async throws {
        struct Failure: Error {}
        let timeout = Timeout(.seconds(30), clock: ManualClock())
        #expect(try await outcome(of: accepting.wrapped(by: timeout), kind, RequestScope()).isAccepted)
        let failing = ClosureApplication { _ in throw Failure() }
        await #expect(throws: Failure.self) {
            try await outcome(of: failing.wrapped(by: timeout), kind, RequestScope())
        }
    }

    /// Begins its answer, lets the time pass, and goes on when the test says so.
    private func slow(_ clock: ManualClock) -> ClosureApplication {
        ClosureApplication { exchange in
            switch exchange {
            case .http(let http):
                try await http.send(.start(HTTPResponse(status: .ok)))
                try await http.send(.body("first ", more: true))
            default: try await accepting.handle(exchange)
            }
            try await clock.untilSomebodySleeps()
            clock.advance(by: .seconds(60))
            try? await clock.untilNobodySleeps()
            for _ in 0..<10 { await Task.yield() }
            guard case .http(let http) = exchange else { return }
            try Task.checkCancellation()
            try await http.send(.body("second"))
        }
    }

    @Test("what has begun goes on as long as it likes", arguments: RequestKind.allCases)
    func begun(kind: RequestKind) async throws {
        let clock = ManualClock()
        let app = slow(clock).wrapped(by: Timeout(.seconds(30), clock: clock))
        let answer = try await outcome(of: app, kind, RequestScope())
        #expect(answer.isAccepted)
        #expect(answer.body == (kind == .http ? "first second" : ""))
    }

    @Test("a response that must be complete by then is cut off, and nothing else is", arguments: RequestKind.allCases)
    func wholeResponse(kind: RequestKind) async throws {
        let clock = ManualClock()
        let app = ClosureApplication { [slow = slow(clock)] exchange in
            try await slow.handle(exchange)
            if case .http = exchange { try await Task.sleep(for: .seconds(3600)) }
        }
        let limited = app.wrapped(by: Timeout(.seconds(30), wholeResponse: true, clock: clock))
        if kind == .http {
            await #expect(throws: TimeoutError.self) {
                try await outcome(of: limited, kind, RequestScope())
            }
        } else {
            #expect(try await outcome(of: limited, kind, RequestScope()).isAccepted)
        }
    }

    @Test("an interim response does not count as an answer")
    func interim() async throws {
        let clock = ManualClock()
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { return }
            try await http.send(.informational(HTTPResponse(status: .earlyHints)))
            try await Self.late.handle(exchange)
        }
        #expect(
            try await outcomeAfterTimeout(app.wrapped(by: Timeout(.seconds(30), clock: clock)), clock).status == 504)
    }

    @Test("a WebSocket that is closed instead of accepted has been answered")
    func closed() async throws {
        let clock = ManualClock()
        let app = ClosureApplication { exchange in
            guard case .webSocket(let socket) = exchange else { return }
            try await socket.send(.close())
            try await clock.untilSomebodySleeps()
            clock.advance(by: .seconds(60))
            try? await clock.untilNobodySleeps()
            for _ in 0..<10 { await Task.yield() }
        }
        let answer = try await outcome(
            of: app.wrapped(by: Timeout(.seconds(30), clock: clock)), .webSocket, RequestScope())
        #expect(answer.status == 0)
    }

    @Test("a caller that is cancelled cancels the application, and gets its error")
    func cancelled() async throws {
        let clock = ManualClock()
        let app = ClosureApplication { _ in try await Task.sleep(for: .seconds(3600)) }
            .wrapped(by: Timeout(.seconds(30), clock: clock))
        let task = Task { try await outcome(of: app, .http, RequestScope()) }
        try await clock.untilSomebodySleeps()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("answers over a socket, while the application still runs", arguments: modes)
    func live(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            if http.scope.path == "/late" {
                try await Self.late.handle(exchange)
            } else {
                try await accepting.handle(exchange)
            }
        }
        try await TestClient.run(app.wrapped(by: Timeout(.milliseconds(20))), in: mode) { client async throws in
            #expect(try await client.get("/late").status == .gatewayTimeout)
        }
        try await TestClient.run(app.wrapped(by: Timeout(.seconds(60))), in: mode) { client async throws in
            #expect(try await client.get("/").text == "inside")
        }
    }
}
