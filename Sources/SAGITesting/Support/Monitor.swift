import Synchronization

/// A value that tasks change under a lock, and that other tasks wait on until it is as they need it.
///
/// Every change wakes all who wait, and each looks again: simple, and fast enough for tests.
package final class Monitor<State: Sendable>: Sendable {
    private struct Box: Sendable {
        var state: State
        /// Counts the changes, so that one between looking and waiting is not missed.
        var generation: UInt64 = 0
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]

        mutating func changed() -> [CheckedContinuation<Void, Never>] {
            generation &+= 1
            guard !waiters.isEmpty else { return [] }
            defer { waiters.removeAll() }
            return Array(waiters.values)
        }
    }

    private let box: Mutex<Box>

    package init(_ state: State) { box = Mutex(Box(state: state)) }

    /// Reads the value, or changes something in it that nobody waits for.
    package func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try box.withLock { box throws(Failure) in try body(&box.state) }
    }

    /// Changes the value, and wakes who waits.
    package func update<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (result, woken) = try box.withLock { box throws(Failure) in
            let result = try body(&box.state)
            return (result, box.changed())
        }
        for waiter in woken { waiter.resume() }
        return result
    }

    /// Waits until `body` returns something. It is called again after every change, and may change the value
    /// when it returns something or throws.
    ///
    /// - Throws: what `body` throws, or `CancellationError` when the task is cancelled and `body` still has nothing.
    package func wait<Result: Sendable>(_ body: @Sendable (inout State) throws -> Result?) async throws -> Result {
        while true {
            let (outcome, generation, woken) = box.withLock { box in
                let outcome = Swift.Result { try body(&box.state) }
                if case .success(nil) = outcome {
                    return (outcome, box.generation, [CheckedContinuation<Void, Never>]())
                }
                let woken = box.changed()
                return (outcome, box.generation, woken)
            }
            for waiter in woken { waiter.resume() }
            if let result = try outcome.get() { return result }
            try Task.checkCancellation()
            await waitForChange(after: generation)
        }
    }

    private func waitForChange(after generation: UInt64) async {
        let id = box.withLock { box in
            box.nextID &+= 1
            return box.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isLate = box.withLock { box in
                    guard box.generation == generation, !Task.isCancelled else { return true }
                    box.waiters[id] = continuation
                    return false
                }
                if isLate { continuation.resume() }
            }
        } onCancel: {
            box.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
