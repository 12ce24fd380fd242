import SAGITesting

/// A clock that stands still until a test moves it.
final class ManualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset = Duration.zero
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State: Sendable {
        var now = Instant()
        var sleepers = 0
    }

    private let state = Monitor(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        state.update { $0.sleepers += 1 }
        defer { state.update { $0.sleepers -= 1 } }
        try await state.wait { $0.now >= deadline ? () : nil }
    }

    func advance(by duration: Duration) { state.update { $0.now = $0.now.advanced(by: duration) } }

    /// Waits until nobody sleeps any more.
    func untilNobodySleeps() async throws { try await state.wait { $0.sleepers == 0 ? () : nil } }

    /// Waits until somebody sleeps.
    func untilSomebodySleeps() async throws { try await state.wait { $0.sleepers > 0 ? () : nil } }
}
