import Synchronization

/// A subscription to a channel of a ``MemoryPubSub``. It ends when nobody holds it. One task at a time goes through it.
public final class MemorySubscription: AsyncSequence, Sendable {
    public typealias Element = Publication
    public typealias Failure = any Error

    private let queue: SubscriberQueue
    private let onEnd: @Sendable () -> Void

    init(_ queue: SubscriberQueue, onEnd: @escaping @Sendable () -> Void) {
        self.queue = queue
        self.onEnd = onEnd
    }

    deinit { onEnd() }

    public func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let subscription: MemorySubscription

        /// The next message; `nil` when the task is cancelled.
        ///
        /// - Throws: ``SlowSubscriber``.
        public mutating func next() async throws -> Publication? { try await subscription.queue.next() }
    }
}

/// The messages that wait for one subscriber.
final class SubscriberQueue: Sendable {
    private struct State {
        var waiting: [Publication] = []
        var first = 0
        var receiver: CheckedContinuation<Publication?, any Error>?
        var failure: SlowSubscriber?
    }

    private let capacity: Int
    private let overflow: MemoryPubSub.Overflow
    private let state = Mutex(State())

    init(capacity: Int, overflow: MemoryPubSub.Overflow) {
        self.capacity = capacity
        self.overflow = overflow
    }

    /// Takes a message, whether or not anybody waits for it.
    func offer(_ publication: Publication) {
        let receiver = state.withLock { state -> CheckedContinuation<Publication?, any Error>? in
            if let receiver = state.receiver.take() { return receiver }
            guard state.failure == nil else { return nil }
            if state.waiting.count - state.first >= capacity {
                switch overflow {
                case .dropNewest: return nil
                case .dropOldest: _ = Self.take(&state)
                case .disconnect:
                    state.failure = SlowSubscriber(waiting: capacity)
                    return nil
                }
            }
            state.waiting.append(publication)
            return nil
        }
        receiver?.resume(returning: publication)
    }

    private static func take(_ state: inout State) -> Publication? {
        guard state.first < state.waiting.count else { return nil }
        let publication = state.waiting[state.first]
        state.first += 1
        if state.first == state.waiting.count {
            state.waiting = []
            state.first = 0
        } else if state.first >= 64, state.first * 2 >= state.waiting.count {
            state.waiting.removeFirst(state.first)
            state.first = 0
        }
        return publication
    }

    /// What waited before a failure still comes.
    nonisolated(nonsending) func next() async throws -> Publication? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Publication?, any Error>? in
                    if let publication = Self.take(&state) { return .success(publication) }
                    if let failure = state.failure { return .failure(failure) }
                    if Task.isCancelled { return .success(nil) }
                    precondition(state.receiver == nil, "Two tasks go through one subscription.")
                    state.receiver = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.receiver.take() }?.resume(returning: nil)
        }
    }
}
