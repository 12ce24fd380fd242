import NIOCore
import Synchronization

/// The messages that wait for one subscriber.
final class SubscriberQueue: Sendable {
    /// A subscriber that waits for a message.
    typealias Receiver = CheckedContinuation<Publication?, any Error>

    private struct State {
        var waiting = CircularBuffer<Publication>(initialCapacity: 1)
        var capacity: Int
        var receiver: Receiver?
        var failure: SlowSubscriber?

        mutating func next() -> Publication? {
            let publication = waiting.popFirst()
            // What a crowd has needed is not held for ever.
            if waiting.isEmpty, waiting.capacity > 64 { waiting = CircularBuffer(initialCapacity: 1) }
            return publication
        }
    }

    private let overflow: MemoryPubSub.Overflow
    private let state: Mutex<State>

    init(capacity: Int, overflow: MemoryPubSub.Overflow) {
        self.overflow = overflow
        state = Mutex(State(capacity: capacity))
    }

    /// What comes first. It takes none of the room for what follows.
    func begin(with publications: some Collection<Publication>) {
        state.withLock { state in
            state.waiting.append(contentsOf: publications)
            state.capacity += publications.count
        }
    }

    /// Takes a message, unless somebody waits for it: then returns who, for the caller to hand it over.
    func offer(_ publication: Publication) -> Receiver? {
        state.withLock { state in
            if let receiver = state.receiver.take() { return receiver }
            guard state.failure == nil else { return nil }
            if state.waiting.count >= state.capacity {
                switch overflow {
                case .dropNewest: return nil
                case .dropOldest: state.waiting.removeFirst()
                case .disconnect:
                    state.failure = SlowSubscriber(waiting: state.waiting.count)
                    return nil
                }
            }
            state.waiting.append(publication)
            return nil
        }
    }

    /// The next message; `nil` when the task is cancelled. What waited before a failure still comes.
    nonisolated(nonsending) func next() async throws -> Publication? {
        if let publication = state.withLock({ $0.next() }) { return Task.isCancelled ? nil : publication }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { receiver in
                let result = state.withLock { state -> Result<Publication?, any Error>? in
                    if Task.isCancelled { return .success(nil) }
                    if let publication = state.next() { return .success(publication) }
                    if let failure = state.failure { return .failure(failure) }
                    precondition(state.receiver == nil, "Two tasks go through one subscription.")
                    state.receiver = receiver
                    return nil
                }
                if let result { receiver.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.receiver.take() }?.resume(returning: nil)
        }
    }
}
