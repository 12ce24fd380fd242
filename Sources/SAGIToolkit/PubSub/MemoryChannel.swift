import NIOCore
import Synchronization

/// One channel: who is subscribed to it, and what was said last.
final class MemoryChannel: Sendable {
    private struct State {
        var number = 0
        var kept: [Publication] = []
        var subscribers: [ObjectIdentifier: SubscriberQueue] = [:]
        var last = ContinuousClock.now
    }

    private let epoch: String
    private let history: Int
    private let state = Mutex(State())

    init(epoch: String, history: Int) {
        self.epoch = epoch
        self.history = history
    }

    var count: Int { state.withLock { $0.subscribers.count } }
    /// Whether nobody is subscribed.
    var isIdle: Bool { state.withLock { $0.subscribers.isEmpty } }
    /// Whether nothing is kept.
    var isEmpty: Bool { state.withLock { $0.kept.isEmpty } }
    var lastPublication: ContinuousClock.Instant { state.withLock { $0.last } }

    /// Gives the message to all, under the lock: so all get the same order.
    func publish(_ bytes: ByteBuffer, _ origin: String?) {
        state.withLock { state in
            state.number += 1
            state.last = .now
            let publication = Publication(id: "\(epoch)-\(state.number)", bytes: bytes, origin: origin)
            if history > 0 {
                // Now and then, so that not every message moves all others.
                if state.kept.count >= history * 2 { state.kept.removeFirst(state.kept.count - history + 1) }
                state.kept.append(publication)
            }
            for queue in state.subscribers.values { queue.offer(publication) }
        }
    }

    func add(_ queue: SubscriberQueue, _ replay: Replay) {
        state.withLock { state in
            for publication in missed(state, replay) { queue.offer(publication) }
            state.subscribers[ObjectIdentifier(queue)] = queue
        }
    }

    func remove(_ queue: SubscriberQueue) {
        state.withLock { $0.subscribers[ObjectIdentifier(queue)] = nil }
    }

    private func missed(_ state: State, _ replay: Replay) -> ArraySlice<Publication> {
        let kept = state.kept.suffix(history)
        switch replay {
        case .nothing, .after(nil): return []
        case .last(let count): return kept.suffix(max(0, count))
        case .after(let id?):
            guard let index = kept.firstIndex(where: { $0.id == id }) else { return kept }
            return kept[(index + 1)...]
        }
    }
}
