import HTTPTypes
import SAGI
import SAGITesting

/// Notes how the application's function ends, which a client cannot see.
final class Recorder: Sendable {
    /// Names an exchange on its way to the server. The application never sees it.
    static let fieldName = "sagi-testing-exchange"

    enum Record: Sendable {
        case running
        case ended(ApplicationOutcome)
    }

    struct Log: Sendable {
        var lastID = 0
        var exchanges: [Int: Record] = [:]
        /// Exchanges that the application did not serve, and that may come again as plain HTTP.
        var unserved: [ObjectIdentifier: Int] = [:]
        var startupFailure: String?
        var shutdownFailure: String?
    }

    let log = Monitor(Log())

    func nextID() -> Int {
        log.withLock { log in
            log.lastID += 1
            return log.lastID
        }
    }

    /// Waits until the application has returned; `nil` when it was never called.
    func outcome(of id: Int) async throws -> ApplicationOutcome? {
        let record = try await log.wait { log -> Record? in
            switch log.exchanges[id] {
            case .running?: nil
            case let other: other ?? .ended(ApplicationOutcome(error: nil, startedResponse: true))
            }
        }
        guard case .ended(let outcome) = record else { return nil }
        return outcome
    }

    func outcomeSoFar(of id: Int) -> ApplicationOutcome? {
        guard case .ended(let outcome)? = log.withLock({ $0.exchanges[id] }) else { return nil }
        return outcome
    }
}

/// An application, and how it ends.
struct RecordedApplication: Application {
    let application: any Application
    let recorder: Recorder

    nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        if case .lifespan(let lifespan) = exchange { return try await handle(lifespan) }
        guard let scope = exchange.request, let id = takeID(scope) else {
            return try await application.handle(exchange)
        }
        recorder.log.update { $0.exchanges[id] = .running }
        var failure: (any Error)?
        do {
            try await application.handle(exchange)
        } catch {
            failure = error
        }
        if failure is Unsupported, exchange.kind != "http" {
            recorder.log.withLock { $0.unserved[ObjectIdentifier(scope.storage)] = id }
        }
        let outcome = ApplicationOutcome(error: failure, startedResponse: scope.connection.responseStarted)
        recorder.log.update { $0.exchanges[id] = .ended(outcome) }
        if let failure { throw failure }
    }

    private nonisolated(nonsending) func handle(_ lifespan: LifespanExchange) async throws {
        var recorded = lifespan
        let hasStarted = Monitor(false)
        recorded.send = Send { [recorder, send = lifespan.send] reply in
            try await send(reply)
            switch reply {
            case .startupComplete: hasStarted.update { $0 = true }
            case .startupFailed(let message): recorder.log.update { $0.startupFailure = message }
            case .shutdownFailed(let message): recorder.log.update { $0.shutdownFailure = message }
            case .shutdownComplete: break
            }
        }
        do {
            try await application.handle(.lifespan(recorded))
        } catch {
            if hasStarted.withLock({ $0 }), !(error is CancellationError) {
                recorder.log.update { $0.shutdownFailure = $0.shutdownFailure ?? "its lifespan threw \(error)" }
            }
            throw error
        }
    }

    /// Reads the name of an exchange and takes it out of the request, as if it had never been there.
    private func takeID(_ scope: RequestScope) -> Int? {
        // A scope that comes a second time has no name any more.
        let unserved = recorder.log.withLock { $0.unserved.removeValue(forKey: ObjectIdentifier(scope.storage)) }
        guard let name = HTTPField.Name(Recorder.fieldName), let id = scope[name].flatMap(Int.init) else {
            return unserved
        }
        scope.removeLastHeaderField()
        return id
    }
}
