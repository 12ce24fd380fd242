import Synchronization

/// So many requests, which the event loops of a server share: each takes a part of what is left, and comes back.
final class RequestBudget: Sendable {
    private let left: Atomic<Int>
    private let loops: Int
    private let whenSpent: @Sendable () -> Void
    private let isSpent = Atomic<Bool>(false)

    init(_ requests: Int, loops: Int, whenSpent: @escaping @Sendable () -> Void) {
        left = Atomic(requests)
        self.loops = loops
        self.whenSpent = whenSpent
    }

    /// Takes what a loop has served.
    ///
    /// - Returns: after how many more it comes back; `nil` when nothing is left.
    func spend(_ requests: Int) -> Int? {
        let left = left.subtract(requests, ordering: .relaxed).newValue
        guard left <= 0 else { return max(1, left / (2 * loops)) }
        if !isSpent.exchange(true, ordering: .relaxed) { whenSpent() }
        return nil
    }
}

/// What the event loops of a server do at a moment.
package struct Pulse: Sendable, Hashable {
    /// Connections that are open.
    package var connections = 0
    /// Requests that have begun since the start.
    package var requests = 0

    package init() {}
}
