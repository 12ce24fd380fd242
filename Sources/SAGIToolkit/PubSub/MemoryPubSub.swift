public import NIOCore
import Synchronization

/// Channels within one process.
///
/// | option | default | |
/// |---|---|---|
/// | `capacity` | 256 | how many messages wait for one subscriber, beside those that are replayed |
/// | `overflow` | ``Overflow/disconnect`` | what becomes of a subscriber for whom more would wait |
/// | `history` | 0 | how many messages of each channel are kept, for ``Replay`` |
/// | `channels` | 10 000 | how many channels are kept for their history when nobody listens; beyond, those on which nothing was said for longest are forgotten |
///
/// A publisher never waits for a subscriber. All subscribers of a channel get its messages in the same order.
public final class MemoryPubSub: PubSub {
    /// What becomes of a subscriber that is too slow.
    public enum Overflow: Sendable, Hashable {
        /// Its subscription ends with ``SlowSubscriber``, after the messages that wait.
        case disconnect
        /// The message that has waited longest is dropped.
        case dropOldest
        /// The new message is dropped.
        case dropNewest
    }

    /// Subscribing and unsubscribing happen under the lock; publishing only looks for its channel.
    private struct Channels {
        var named: [String: MemoryChannel] = [:]
        /// How many of them are there for their history alone.
        var idle = 0
    }

    private let capacity: Int
    private let overflow: Overflow
    private let history: Int
    private let limit: Int
    private let channels = Mutex(Channels())

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
        // A channel that has been found can be forgotten before it takes the message: then it is made anew.
        while let channel = channel(name), !channel.publish(bytes, origin) {}
    }

    public func subscribe(to name: String, replaying replay: Replay) -> MemorySubscription {
        let queue = SubscriberQueue(capacity: capacity, overflow: overflow)
        channels.withLock { channels in
            let channel: MemoryChannel
            if let known = channels.named[name] {
                channel = known
                if channel.isIdle { channels.idle -= 1 }
            } else {
                channel = MemoryChannel(history: history)
                channels.named[name] = channel
            }
            channel.add(queue, replay)
        }
        return MemorySubscription(queue) { [weak self] in self?.remove(queue, from: name) }
    }

    /// How many are subscribed to the channel.
    public func subscribers(of name: String) -> Int { channels.withLock { $0.named[name]?.count ?? 0 } }

    /// The channels that have subscribers or a history, in no order.
    public var names: [String] { channels.withLock { Array($0.named.keys) } }

    private func remove(_ queue: SubscriberQueue, from name: String) {
        channels.withLock { channels in
            guard let channel = channels.named[name], channel.remove(queue), channel.isIdle else { return }
            if channel.forget(ifEmpty: history > 0 && limit > 0) {
                channels.named[name] = nil
            } else {
                channels.idle += 1
                forgetQuietest(&channels, but: name)
            }
        }
    }

    /// Where a message goes; `nil` when nobody would get it, not even later.
    private func channel(_ name: String) -> MemoryChannel? {
        channels.withLock { channels in
            if let channel = channels.named[name] { return channel }
            guard history > 0, limit > 0 else { return nil }
            let channel = MemoryChannel(history: history)
            channels.named[name] = channel
            channels.idle += 1
            forgetQuietest(&channels, but: name)
            return channel
        }
    }

    /// When there are too many, forgets a tenth of the channels without subscribers, so that this is not done for each
    /// new one.
    private func forgetQuietest(_ channels: inout Channels, but newest: String) {
        guard channels.idle > limit else { return }
        let idle = channels.named.filter { $0.key != newest && $0.value.isIdle }
            .map { (name: $0.key, last: $0.value.lastPublication) }
            .sorted { $0.last < $1.last }
        for (name, _) in idle.prefix(max(1, idle.count / 10)) where channels.named[name]?.forget(ifEmpty: false) == true
        {
            channels.named[name] = nil
            channels.idle -= 1
        }
    }
}
