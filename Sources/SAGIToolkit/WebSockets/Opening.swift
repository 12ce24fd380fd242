import Synchronization

/// The beginning of an exchange that any task may make: the first one does, and the others wait until it has.
final class Opening: Sendable {
    private enum State {
        case untouched
        case underWay([CheckedContinuation<Void, Never>])
        case done
    }

    private let isDone = Atomic<Bool>(false)
    private let state = Mutex(State.untouched)

    /// Does nothing once it is done. After a failure the next one tries.
    nonisolated(nonsending) func callAsFunction(
        _ body: nonisolated(nonsending) () async throws -> Void
    ) async throws {
        while !isDone.load(ordering: .acquiring) {
            guard begin() else {
                await wait()
                continue
            }
            do {
                try await body()
            } catch {
                end(.untouched)
                throw error
            }
            isDone.store(true, ordering: .releasing)
            end(.done)
        }
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard case .untouched = state else { return false }
            state = .underWay([])
            return true
        }
    }

    private func end(_ new: State) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            defer { state = new }
            if case .underWay(let waiters) = state { return waiters }
            return []
        }
        for waiter in waiters { waiter.resume() }
    }

    private nonisolated(nonsending) func wait() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                guard case .underWay(let waiters) = state else { return true }
                state = .underWay(waiters + [waiter])
                return false
            }
            if isOver { waiter.resume() }
        }
    }
}
