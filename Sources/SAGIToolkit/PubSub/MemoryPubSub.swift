public import NIOCore
import Synchronization

/// Channels within one process.
///
/// | option | default | |
/// |---|---|---|
/// | `capacity` | 256 | how many messages wait for one subscriber |
/// | `overflow` | ``Overflow/disconnect`` | what becomes of a subscriber for whom more would wait |
/// | `history` | 0 | how many messages of each channel are kept, for ``Replay`` |
/// | `channels` | 10 000 | how many channels are kept for their history when nobody listens; beyond, those on which nothing was said for longest are forgotten |
///
/// A publisher never waits for a subscriber. All subscribers of a channel get its messages in the same order.
public final class MemoryPubSub: PubSub {
    /// What becomes of a subscriber that is too slow.
    public enum Overflow: Sendable, Hashable {
        /// Its subscription ends with ``SlowSubscriber``.
        case disconnect
        /// The message that has waited longest is dropped.
        case dropOldest
        /// The new message is dropped.
        case dropNewest
    }

    private let capacity: Int
    private let overflow: Overflow
    private let history: Int
    private let limit: Int
    /// Tells the messages of this process from those of the last one.
    private let epoch = String(UInt32.random(in: .min ... .max), radix: 36)
    private let channels = Mutex<[String: MemoryChannel]>([:])

    public init(
        capacity: Int = 256, overflow: Overflow = .disconnect, history: Int = 0, channels limit: Int = 10_000
    ) {
        precondition(capacity > 0, "A subscriber must be able to wait for a message.")
        precondition(history >= 0 && limit >= 0, "Less than nothing cannot be kept.")
        self.capacity = capacity
        self.overflow = overflow
        self.history = history
        self.limit = limit
    }

    public func publish(_ bytes: ByteBuffer, to name: String, from origin: String?) {
        let channel: MemoryChannel? = history > 0 ? channel(name) : channels.withLock { channels in channels[name] }
        channel?.publish(bytes, origin)
    }

    public func subscribe(to name: String, replaying replay: Replay) -> MemorySubscription {
        let queue = SubscriberQueue(capacity: capacity, overflow: overflow)
        // Under the lock: a channel without subscribers may be forgotten at any time.
        channels.withLock { channels in
            let channel = channels[name] ?? MemoryChannel(epoch: epoch, history: history)
            channels[name] = channel
            channel.add(queue, replay)
        }
        return MemorySubscription(queue) { [weak self] in self?.remove(queue, from: name) }
    }

    /// How many are subscribed to the channel.
    public func subscribers(of name: String) -> Int { channels.withLock { $0[name]?.count ?? 0 } }

    /// The channels that have subscribers or a history, in no order.
    public var names: [String] { channels.withLock { Array($0.keys) } }

    private func remove(_ queue: SubscriberQueue, from name: String) {
        channels.withLock { channels in
            guard let channel = channels[name] else { return }
            channel.remove(queue)
            if channel.isIdle, channel.isEmpty || limit == 0 { channels[name] = nil }
        }
    }

    private func channel(_ name: String) -> MemoryChannel {
        channels.withLock { channels in
            if let channel = channels[name] { return channel }
            if channels.count >= max(1, limit) { Self.forgetQuietest(&channels) }
            let channel = MemoryChannel(epoch: epoch, history: history)
            channels[name] = channel
            return channel
        }
    }

    /// Forgets a tenth of the channels without subscribers, so that this is not done for each new one.
    private static func forgetQuietest(_ channels: inout [String: MemoryChannel]) {
        let idle = channels.filter(\.value.isIdle).sorted { $0.value.lastPublication < $1.value.lastPublication }
        for (name, _) in idle.prefix(max(1, idle.count / 10)) { channels[name] = nil }
    }
}
