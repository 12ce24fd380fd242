import SAGI
import Synchronization

/// Knows whether the request of an exchange has been answered.
final class ResponseWatch: SinkMaker, Sendable {
    private let started = Atomic(false)

    /// Whether an answer has been sent. One that was refused because it breaks a rule does not count.
    var hasStarted: Bool { started.load(ordering: .acquiring) }

    func sink<Event: AnswerEvent>(before next: Send<Event>) -> any EventSink<Event> { WatchingSink(next, self) }

    private func note() { started.store(true, ordering: .releasing) }

    private final class WatchingSink<Event: AnswerEvent>: EventSink {
        private let next: Send<Event>
        private let watch: ResponseWatch

        init(_ next: Send<Event>, _ watch: ResponseWatch) {
            self.next = next
            self.watch = watch
        }

        func offer(_ event: Event) throws -> Bool {
            guard try next.offer(event) else { return false }
            if event.isAnswer { watch.note() }
            return true
        }

        nonisolated(nonsending) func send(_ event: Event) async throws {
            try await next(event)
            if event.isAnswer { watch.note() }
        }
    }
}
