import Synchronization

/// Where a ``RateLimit`` keeps what clients have used: in the memory of a process, or where several servers see it.
public protocol RateLimitStore: Sendable {
    /// Takes `cost` requests from what the client may make, if there are so many.
    ///
    /// - Parameters:
    ///   - cost: how much the request costs. Zero only asks.
    ///   - key: whose quota it is.
    ///   - policy: what the quota is.
    nonisolated(nonsending) func take(
        _ cost: Int, from key: String, _ policy: RateLimitPolicy
    ) async throws -> RateLimitDecision
}

/// Keeps what clients have used in the memory of this process. With `--workers` each worker has its own.
///
/// | option | default | |
/// |---|---|---|
/// | `limit` | 10 000 | the greatest number of clients: when there are more, those that have asked for nothing for the longest time are forgotten, and may begin anew |
/// | `clock` | `ContinuousClock()` | what measures; the time of day plays no part |
public final class MemoryRateLimitStore: RateLimitStore {
    /// Clients in two generations: whoever asks is in the young one. When that is full it becomes the old one, and
    /// whoever was left in the old one is forgotten. So no request takes longer than any other.
    private struct Counters {
        var young: [Key: RateLimitCounter] = [:]
        var old: [Key: RateLimitCounter] = [:]
    }

    private struct Key: Hashable {
        var text: String
        var policy: RateLimitPolicy
    }

    private let counters = Mutex(Counters())
    private let generation: Int
    private let now: @Sendable () -> Duration

    public init<C: Clock<Duration>>(limit: Int = 10_000, clock: C = ContinuousClock()) {
        generation = max(1, limit / 2)
        let start = clock.now
        now = { start.duration(to: clock.now) }
    }

    /// How many clients it knows.
    public var count: Int {
        counters.withLock { counters in
            counters.young.count + counters.old.count { counters.young[$0.key] == nil }
        }
    }

    /// Forgets all clients.
    public func removeAll() { counters.withLock { $0 = Counters() } }

    public nonisolated(nonsending) func take(
        _ cost: Int, from key: String, _ policy: RateLimitPolicy
    ) async throws -> RateLimitDecision {
        let now = now()
        // What a client sends can be long, and is not kept.
        let key = Key(text: key.utf8.count <= 256 ? key : "\(key.utf8.count):\(key.hashValue)", policy: policy)
        return counters.withLock { counters in
            var counter = counters.young[key] ?? counters.old[key] ?? RateLimitCounter(policy, now: now)
            let decision = counter.take(cost, policy, now: now)
            if counters.young[key] == nil, counters.young.count >= generation {
                counters.old = counters.young
                counters.young = [:]
            }
            counters.young[key] = counter
            return decision
        }
    }
}
