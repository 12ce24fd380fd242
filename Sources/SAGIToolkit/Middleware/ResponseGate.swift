import SAGI
import Synchronization

/// Lets what an application sends through until it is shut, and knows whether it has answered by then.
final class ResponseGate: SinkMaker, Sendable {
    private enum State { case waiting, answered, shut }

    private let state = Mutex(State.waiting)

    /// Shuts the gate, unless an answer has gone through already: later events are dropped.
    ///
    /// - Returns: whether it is shut.
    func shutUnlessAnswered() -> Bool {
        state.withLock { state in
            if state == .waiting { state = .shut }
            return state == .shut
        }
    }

    /// Shuts the gate.
    func shut() { state.withLock { $0 = .shut } }

    func sink<Event: AnswerEvent>(before next: Send<Event>) -> any EventSink<Event> { GateSink(next, self) }

    private func passes(_ isAnswer: Bool) -> Bool {
        state.withLock { state in
            if state == .waiting, isAnswer { state = .answered }
            return state != .shut
        }
    }

    private final class GateSink<Event: AnswerEvent>: EventSink {
        private let next: Send<Event>
        private let gate: ResponseGate

        init(_ next: Send<Event>, _ gate: ResponseGate) {
            self.next = next
            self.gate = gate
        }

        func offer(_ event: Event) throws -> Bool { try gate.passes(event.isAnswer) ? next.offer(event) : true }

        nonisolated(nonsending) func send(_ event: Event) async throws {
            if gate.passes(event.isAnswer) { try await next(event) }
        }
    }
}
