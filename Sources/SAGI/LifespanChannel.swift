import Synchronization

/// The server's end of a lifespan: its events and answers, and the order that they have to keep. For whoever leads an
/// application through its life: a server, or an application that holds others.
package final class LifespanChannel: EventSink, EventSource {
    package enum Answer: Sendable {
        case started(State)
        case failed(String)
        case stopped
        case stopFailed(String)
        case ended((any Error)?)
    }

    package enum Phase {
        case starting, started, stopping, over
    }

    private let phase = Mutex(Phase.starting)
    private let events: AsyncStream<LifespanEvent>
    private let eventContinuation: AsyncStream<LifespanEvent>.Continuation
    private let answers: AsyncStream<Answer>
    private let answerContinuation: AsyncStream<Answer>.Continuation

    package init() {
        (events, eventContinuation) = AsyncStream.makeStream()
        (answers, answerContinuation) = AsyncStream.makeStream()
        eventContinuation.yield(.startup)
    }

    /// Asks for the shutdown, unless the application has ended already.
    package func shutDown() -> Bool {
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
    package func ended(_ error: (any Error)?) -> Phase {
        let last = phase.withLock { phase in
            defer { phase = .over }
            return phase
        }
        answerContinuation.yield(.ended(error))
        answerContinuation.finish()
        return last
    }

    package func answer() async -> Answer? {
        for await answer in answers { return answer }
        return nil
    }

    package func poll() -> LifespanEvent? { nil }

    package nonisolated(nonsending) func next() async throws -> LifespanEvent {
        for await event in events { return event }
        throw CancellationError()
    }

    package func offer(_ reply: LifespanReply) throws -> Bool {
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

    package nonisolated(nonsending) func send(_ reply: LifespanReply) async throws { _ = try offer(reply) }
}
