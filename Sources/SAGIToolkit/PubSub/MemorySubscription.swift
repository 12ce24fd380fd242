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
        public nonisolated(nonsending) mutating func next() async throws -> Publication? {
            try await subscription.queue.next()
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Publication? {
            try await subscription.queue.next()
        }
    }
}
