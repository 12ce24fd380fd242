import Synchronization

/// Wakes one task that waits to be asked for something.
final class Doorbell: Sendable {
    private enum State {
        case quiet
        case rung
        case waiting(CheckedContinuation<Bool, Never>)
        case removed
    }

    private let state = Mutex(State.quiet)

    /// Asks. Asking again before anybody has looked is the same as asking once.
    func ring() { change(to: .rung, answer: true) }

    /// Nobody will ask any more.
    func remove() { change(to: .removed, answer: false) }

    private func change(to new: State, answer: Bool) {
        let waiting: CheckedContinuation<Bool, Never>? = state.withLock { state in
            switch state {
            case .removed: return nil
            case .waiting(let continuation):
                state = if case .rung = new { .quiet } else { new }
                return continuation
            case .quiet, .rung:
                state = new
                return nil
            }
        }
        waiting?.resume(returning: answer)
    }

    /// Waits until somebody asks: true; or until nobody will: false.
    nonisolated(nonsending) func isRung() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                switch state {
                case .removed: return false
                case .rung:
                    state = .quiet
                    return true
                case .quiet, .waiting:
                    state = .waiting(continuation)
                    return nil
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
