import Logging
import SAGI
import Synchronization

/// Leads an application through its server's life: startup, then shutdown.
final class Lifespan: Sendable {
    private let application: any Application
    private let mode: LifespanMode
    private let worker: Int?
    private let logger: Logger
    private let channel = LifespanChannel()
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ application: any Application, mode: LifespanMode, worker: Int?, logger: Logger) {
        self.application = application
        self.mode = mode
        self.worker = worker
        self.logger = logger
    }

    /// Tells the application to start, and waits for its answer.
    ///
    /// - Returns: the state that it prepared.
    /// - Throws: ``LifespanFailure`` when it cannot start, or does not in time.
    func startup(timeout: Duration?) async throws -> State {
        guard mode != .off else { return State() }
        let exchange = LifespanExchange(
            scope: LifespanScope(worker: worker), receive: Receive(channel), send: Send(channel))
        let running = Task { [application, channel, logger] in
            do {
                try await application.handle(.lifespan(exchange))
                channel.ended(nil)
            } catch {
                // While it serves nobody waits for an answer, so the error is told here.
                if channel.ended(error) == .started { logger.error("\(Self.failed)\(Self.text(error))") }
            }
        }
        task.withLock { $0 = running }
        switch await answer(within: timeout) {
        case .started(let state)?:
            return state
        case .failed(let message)?:
            running.cancel()
            throw LifespanFailure("The application cannot start: \(message)")
        case .ended(let error)?:
            guard mode == .auto else {
                throw LifespanFailure(
                    "The application declined the lifespan, which the mode \"on\" does not allow\(Self.text(error)).")
            }
            task.withLock { $0 = nil }
            logger.debug("The application does without a lifespan\(Self.text(error))")
            return State()
        case .stopped?, .stopFailed?, nil:
            running.cancel()
            throw LifespanFailure(
                "The application did not start within \(timeout.map(String.init(describing:)) ?? "its time").")
        }
    }

    /// Tells the application to stop, and waits for its answer. What goes wrong is logged.
    func shutdown(timeout: Duration) async {
        guard mode != .off, let running = task.withLock({ $0 }), channel.shutDown() else { return }
        switch await answer(within: timeout) {
        case .stopFailed(let message)?:
            logger.error("The application could not shut down: \(message)")
        case .ended(let error?)?:
            logger.error("\(Self.failed)\(Self.text(error))")
        case nil:
            logger.error("The application did not shut down within \(timeout).")
        case .stopped?, .ended(nil)?, .started?, .failed?:
            break
        }
        running.cancel()
    }

    private static let failed = "The application's lifespan failed"

    private func answer(within timeout: Duration?) async -> LifespanChannel.Answer? {
        await withTaskGroup(of: LifespanChannel.Answer?.self) { group in
            group.addTask { await self.channel.answer() }
            if let timeout {
                group.addTask {
                    try? await Task.sleep(for: timeout)
                    return nil
                }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func text(_ error: (any Error)?) -> String {
        error.map { ": \(String(describing: $0))" } ?? ""
    }
}

/// Why a server did not start.
public struct LifespanFailure: Error, CustomStringConvertible, Equatable {
    public let description: String

    init(_ description: String) { self.description = description }
}
