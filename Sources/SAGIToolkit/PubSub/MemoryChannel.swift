import NIOCore
import Synchronization

/// One channel: who is subscribed to it, and what was said last.
final class MemoryChannel: Sendable {
    private struct State {
        /// The number of the last message.
        var number = 0
        /// The last messages: their numbers follow one another, up to `number`.
        var kept = CircularBuffer<Publication>()
        var subscribers: [ObjectIdentifier: SubscriberQueue] = [:]
        var last = ContinuousClock.now
        var isForgotten = false
    }

    /// Tells its messages from those of an earlier channel of the same name, in this process or in another.
    private let epoch = String(UInt32.random(in: .min ... .max), radix: 36)
    private let history: Int
    private let state = Mutex(State())

    init(history: Int) { self.history = history }

    var count: Int { state.withLock { $0.subscribers.count } }
    /// Whether nobody is subscribed.
    var isIdle: Bool { count == 0 }
    var lastPublication: ContinuousClock.Instant { state.withLock { $0.last } }

    /// Gives the message to all, under the lock: so all get the same order. Those who wait run after it.
    ///
    /// - Returns: false when the channel has been forgotten, and nothing was done.
    func publish(_ bytes: ByteBuffer, _ origin: String?) -> Bool {
        let text = String(buffer: bytes)
        let result = state.withLock { state -> (Publication, [SubscriberQueue.Receiver])? in
            guard !state.isForgotten else { return nil }
            state.number += 1
            state.last = .now
            let id = "\(epoch)-\(state.number)"
            let publication = Publication(id: id, bytes: bytes, text: text, origin: origin)
            if history > 0 {
                if state.kept.count == history { state.kept.removeFirst() }
                state.kept.append(publication)
            }
            return (publication, state.subscribers.values.compactMap { $0.offer(publication) })
        }
        guard let (publication, receivers) = result else { return false }
        for receiver in receivers { receiver.resume(returning: publication) }
        return true
    }

    func add(_ queue: SubscriberQueue, _ replay: Replay) {
        state.withLock { state in
            queue.begin(with: missed(state, replay))
            state.subscribers[ObjectIdentifier(queue)] = queue
        }
    }

    /// False when it was not there.
    func remove(_ queue: SubscriberQueue) -> Bool {
        state.withLock { $0.subscribers.removeValue(forKey: ObjectIdentifier(queue)) != nil }
    }

    /// Takes nothing from now on, unless somebody is subscribed, or, when asked so, something is kept.
    func forget(ifEmpty: Bool) -> Bool {
        state.withLock { state in
            guard state.subscribers.isEmpty, !ifEmpty || state.kept.isEmpty else { return false }
            state.isForgotten = true
            return true
        }
    }

    private func missed(_ state: State, _ replay: Replay) -> CircularBuffer<Publication>.SubSequence {
        switch replay {
        case .nothing, .after(nil): return state.kept.suffix(0)
        case .last(let count): return state.kept.suffix(max(0, count))
        case .after(let id?):
            guard let number = number(of: id), number <= state.number, number > state.number - state.kept.count else {
                return state.kept.suffix(state.kept.count)
            }
            return state.kept.suffix(state.number - number)
        }
    }

    /// The number in an id of this channel.
    private func number(of id: String) -> Int? {
        guard id.hasPrefix("\(epoch)-") else { return nil }
        return Int(id.dropFirst(epoch.count + 1))
    }
}
