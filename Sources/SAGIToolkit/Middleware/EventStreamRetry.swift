public import SAGI
import Synchronization

/// Tells the clients of event streams how long to wait before they come back.
///
/// ```swift
/// app.wrapped(by: EventStreamRetry(.seconds(3)))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `time` | | how long |
/// | `onEveryEvent` | `false` | whether each event says it, and not only the first one |
///
/// An event that has a `retry` of its own keeps it.
public struct EventStreamRetry: Middleware {
    private let milliseconds: Int
    private let onEveryEvent: Bool

    public init(_ time: Duration, onEveryEvent: Bool = false) {
        // Nobody waits for longer than a year.
        milliseconds = Int(min(max(time, .zero), .seconds(365 * 86_400)) / .milliseconds(1))
        self.onEveryEvent = onEveryEvent
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard case .eventStream(var stream) = exchange else { return try await next.handle(exchange) }
        stream.send = Send(RetrySink(stream.send, milliseconds, onEveryEvent: onEveryEvent))
        try await next.handle(.eventStream(stream))
    }
}

private final class RetrySink: EventSink {
    private let next: Send<EventStreamEvent>
    private let milliseconds: Int
    private let onEveryEvent: Bool
    private let isTold = Atomic<Bool>(false)

    init(_ next: Send<EventStreamEvent>, _ milliseconds: Int, onEveryEvent: Bool) {
        self.next = next
        self.milliseconds = milliseconds
        self.onEveryEvent = onEveryEvent
    }

    func offer(_ event: EventStreamEvent) throws -> Bool {
        guard try next.offer(told(event)) else { return false }
        note(event)
        return true
    }

    nonisolated(nonsending) func send(_ event: EventStreamEvent) async throws {
        try await next(told(event))
        note(event)
    }

    private func told(_ event: EventStreamEvent) -> EventStreamEvent {
        guard case .send(let data, let name, let id, nil) = event,
            onEveryEvent || !isTold.load(ordering: .relaxed)
        else { return event }
        return .send(data: data, event: name, id: id, retry: milliseconds)
    }

    private func note(_ event: EventStreamEvent) {
        if case .send = event { isTold.store(true, ordering: .relaxed) }
    }
}
