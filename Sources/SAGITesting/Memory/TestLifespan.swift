import SAGI

/// Leads an application through the life of a server.
final class TestLifespan: Sendable {
    private struct Life: Sendable {
        var stage = Stage.starting
        var hasStarted = false
        var events: ArraySlice<LifespanEvent> = [.startup]
        var task: Task<Void, Never>?
    }

    private enum Stage: Sendable {
        case starting
        case started(State)
        case refused(String)
        case stopping
        case stopped
        case stopFailed(String)
        /// The application has returned or thrown without saying more.
        case over((any Error)?)
    }

    private let application: any Application
    private let life = Monitor(Life())

    init(_ application: any Application) { self.application = application }

    /// Tells the application to start.
    ///
    /// - Returns: the state that it prepared; `nil` when it declined.
    /// - Throws: ``TestClientError/startupFailed(_:)`` or ``TestClientError/timeout(_:)``.
    func startup(mayDecline: Bool, timeout: Duration) async throws -> State? {
        let exchange = LifespanExchange(
            scope: LifespanScope(), receive: Receive { try await self.receive() }, send: Send { try self.send($0) })
        let task = Task { [application, life] in
            var failure: (any Error)?
            do {
                try await application.handle(.lifespan(exchange))
            } catch {
                failure = error
            }
            life.update { life in
                switch life.stage {
                case .starting, .started, .stopping: life.stage = .over(failure)
                case .refused, .stopped, .stopFailed, .over: break
                }
            }
        }
        life.withLock { $0.task = task }
        let stage: Stage
        do {
            stage = try await within(timeout, "The application's answer to startup") { [life] in
                try await life.wait { life -> Stage? in if case .starting = life.stage { nil } else { life.stage } }
            }
        } catch {
            task.cancel()
            throw error
        }
        switch stage {
        case .started(let state): return state
        case .refused(let message): throw TestClientError.startupFailed(message)
        case .over(let error) where !mayDecline:
            let why = error.map { ": \($0)" } ?? ""
            throw TestClientError.startupFailed("it declined the lifespan\(why).")
        default: return nil
        }
    }

    /// Tells the application to stop, if it has started.
    ///
    /// - Throws: ``TestClientError/shutdownFailed(_:)`` or ``TestClientError/timeout(_:)``.
    func shutdown(timeout: Duration) async throws {
        life.update { life in
            guard case .started = life.stage else { return }
            life.stage = .stopping
            life.events.append(.shutdown)
        }
        defer { life.withLock { $0.task }?.cancel() }
        let stage = try await within(timeout, "The application's answer to shutdown") { [life] in
            try await life.wait { life -> Stage? in if case .stopping = life.stage { nil } else { life.stage } }
        }
        switch stage {
        case .stopFailed(let message): throw TestClientError.shutdownFailed(message)
        // Whoever threw before has declined; whoever started must not fail unseen.
        case .over(let error?) where life.withLock({ $0.hasStarted }):
            throw TestClientError.shutdownFailed("its lifespan threw \(error)")
        default: break
        }
    }

    private func receive() async throws -> LifespanEvent {
        try await life.wait { $0.events.popFirst() }
    }

    private func send(_ reply: LifespanReply) throws(ExchangeError) {
        try life.update { life throws(ExchangeError) in
            switch (life.stage, reply) {
            case (.starting, .startupComplete(let state)):
                life.stage = .started(state)
                life.hasStarted = true
            case (.starting, .startupFailed(let message)): life.stage = .refused(message)
            case (.stopping, .shutdownComplete): life.stage = .stopped
            case (.stopping, .shutdownFailed(let message)): life.stage = .stopFailed(message)
            default: throw .wrongEvent("This lifespan event does not answer what the server asked.")
            }
        }
    }
}
