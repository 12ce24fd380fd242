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

/// The events and answers of a lifespan, and the order that they have to keep.
final class LifespanChannel: EventSink, EventSource {
    enum Answer: Sendable {
        case started(State)
        case failed(String)
        case stopped
        case stopFailed(String)
        case ended((any Error)?)
    }

    enum Phase {
        case starting, started, stopping, over
    }

    private let phase = Mutex(Phase.starting)
    private let events: AsyncStream<LifespanEvent>
    private let eventContinuation: AsyncStream<LifespanEvent>.Continuation
    private let answers: AsyncStream<Answer>
    private let answerContinuation: AsyncStream<Answer>.Continuation

    init() {
        (events, eventContinuation) = AsyncStream.makeStream()
        (answers, answerContinuation) = AsyncStream.makeStream()
        eventContinuation.yield(.startup)
    }

    /// Asks for the shutdown, unless the application has ended already.
    func shutDown() -> Bool {
        let asks = phase.withLock { phase in
            guard phase == .started else { return false }
            phase = .stopping
            return true
        }
        if asks { eventContinuation.yield(.shutdown) }
        return asks
    }

    /// The application has ended. Returns how far it had come.
    @discardableResult
    func ended(_ error: (any Error)?) -> Phase {
        let last = phase.withLock { phase in
            defer { phase = .over }
            return phase
        }
        answerContinuation.yield(.ended(error))
        answerContinuation.finish()
        return last
    }

    func answer() async -> Answer? {
        for await answer in answers { return answer }
        return nil
    }

    func poll() -> LifespanEvent? { nil }

    nonisolated(nonsending) func next() async throws -> LifespanEvent {
        for await event in events { return event }
        throw CancellationError()
    }

    func offer(_ reply: LifespanReply) throws -> Bool {
        let answer = try phase.withLock { phase throws(ExchangeError) in
            switch (phase, reply) {
            case (.starting, .startupComplete(let state)):
                phase = .started
                return Answer.started(state)
            case (.starting, .startupFailed(let message)):
                phase = .over
                return .failed(message)
            case (.stopping, .shutdownComplete):
                phase = .over
                return .stopped
            case (.stopping, .shutdownFailed(let message)):
                phase = .over
                return .stopFailed(message)
            default:
                throw .wrongEvent("This lifespan event does not answer what the server asked.")
            }
        }
        answerContinuation.yield(answer)
        return true
    }

    nonisolated(nonsending) func send(_ reply: LifespanReply) async throws { _ = try offer(reply) }
}
