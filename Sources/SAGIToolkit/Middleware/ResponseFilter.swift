import SAGI
import Synchronization

/// What stands between an application and its response, and may keep, change or drop any of its events.
protocol ResponseFilter: AnyObject, Sendable {
    /// Whether every event from now on goes on as it is. Looked at after each event; once true, it stays so.
    var isDone: Bool { get }

    /// Takes the next event. Called for one event at a time, in the order in which they were sent.
    nonisolated(nonsending) func take(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws
}

/// Sends the events of a response through a filter, and past it once the filter has done its work.
final class FilteringSink<Filter: ResponseFilter>: EventSink {
    private let next: Send<HTTPResponseEvent>
    private let filter: Filter
    private let turns = Turns()
    /// Set when the event that was the filter's last one has gone on, so that none overtakes it.
    private let isOpen = Atomic(false)

    init(_ filter: Filter, _ next: Send<HTTPResponseEvent>) {
        self.filter = filter
        self.next = next
    }

    func offer(_ event: HTTPResponseEvent) throws -> Bool {
        isOpen.load(ordering: .acquiring) ? try next.offer(event) : false
    }

    nonisolated(nonsending) func send(_ event: HTTPResponseEvent) async throws {
        if isOpen.load(ordering: .acquiring) { return try await next(event) }
        try await inTurn { filter, next in try await filter.take(event, next) }
    }

    /// Runs `body` when no event is on its way.
    nonisolated(nonsending) func inTurn(
        _ body: nonisolated(nonsending) (Filter, Send<HTTPResponseEvent>) async throws -> Void
    ) async throws {
        await turns.begin()
        defer {
            if filter.isDone { isOpen.store(true, ordering: .releasing) }
            turns.end()
        }
        try await body(filter, next)
    }
}

/// Lets one task at a time through, in the order in which they came: events that two tasks send at once would else
/// overtake each other where one of them waits.
final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    nonisolated(nonsending) func begin() async {
        let isMine = state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
        if isMine { return }
        await withCheckedContinuation { continuation in
            let isMine = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isMine { continuation.resume() }
        }
    }

    func end() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.isTaken = false
            return nil
        }
        next?.resume()
    }
}
