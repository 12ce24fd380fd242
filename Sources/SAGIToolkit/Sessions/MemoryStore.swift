import Synchronization

/// Keeps sessions in the memory of this process: they end with it, and other processes do not see them. With
/// `--workers` each worker has its own, so use another store there, or a ``CookieStore``.
///
/// ```swift
/// Sessions(MemoryStore(limit: 10_000))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `limit` | 100 000 | the greatest number of sessions: when there are more, those that have expired go first, then those that were kept or renewed longest ago |
/// | `clock` | `ContinuousClock()` | what they expire by |
public final class MemoryStore: SessionStore {
    fileprivate struct Entry {
        var bytes: [UInt8]
        var expires: Duration
        /// The number of the newest place in the queue.
        var place: UInt64
    }

    fileprivate struct Contents {
        var entries: [SessionID: Entry] = [:]
        /// The entries from the oldest to the newest. A place whose entry has a newer one means nothing.
        var queue: [(id: SessionID, place: UInt64)] = []
        var queueStart = 0
        var lastPlace: UInt64 = 0
        /// From which place on everything may be looked at again.
        var nextScan: UInt64 = 0
    }

    private let contents = Mutex(Contents())
    private let limit: Int
    private let now: @Sendable () -> Duration

    public init<C: Clock<Duration>>(limit: Int = 100_000, clock: C = ContinuousClock()) {
        self.limit = max(1, limit)
        let start = clock.now
        now = { start.duration(to: clock.now) }
    }

    /// How many there are. Some of them may have expired.
    public var count: Int { contents.withLock { $0.entries.count } }

    /// Forgets them all.
    public func removeAll() { contents.withLock { $0 = Contents() } }

    public nonisolated(nonsending) func get(_ id: SessionID) async throws -> [UInt8]? {
        let now = now()
        return contents.withLock { $0.live(id, now)?.bytes }
    }

    public nonisolated(nonsending) func set(
        _ id: SessionID, _ bytes: [UInt8], expiringAfter lifetime: Duration
    ) async throws {
        let now = now()
        contents.withLock { $0.set(id, bytes, expires: now + lifetime, now: now, limit: limit) }
    }

    public nonisolated(nonsending) func update(
        _ id: SessionID, _ change: @Sendable ([UInt8]) -> (bytes: [UInt8], lifetime: Duration)
    ) async throws -> Bool {
        let now = now()
        return contents.withLock { contents in
            guard let entry = contents.live(id, now) else { return false }
            let (bytes, lifetime) = change(entry.bytes)
            contents.set(id, bytes, expires: now + lifetime, now: now, limit: limit)
            return true
        }
    }

    public nonisolated(nonsending) func delete(_ id: SessionID) async throws {
        contents.withLock { _ = $0.entries.removeValue(forKey: id) }
    }
}

extension MemoryStore.Contents {
    fileprivate mutating func live(_ id: SessionID, _ now: Duration) -> MemoryStore.Entry? {
        guard let entry = entries[id] else { return nil }
        guard entry.expires > now else {
            entries[id] = nil
            return nil
        }
        return entry
    }

    fileprivate mutating func set(_ id: SessionID, _ bytes: [UInt8], expires: Duration, now: Duration, limit: Int) {
        lastPlace += 1
        entries[id] = MemoryStore.Entry(bytes: bytes, expires: expires, place: lastPlace)
        queue.append((id, lastPlace))
        dropOldest(now)
        if entries.count > limit, lastPlace >= nextScan {
            // Sessions expire in about the order in which they were kept, so little is left to be found here.
            entries = entries.filter { $0.value.expires > now }
            nextScan = lastPlace + UInt64(limit / 4)
        }
        while entries.count > limit { dropFirst() }
        // Places that mean nothing must not become many.
        if queue.count > 2 * entries.count + 64 { compact() }
    }

    /// Takes away what has expired, or means nothing, at the front of the queue.
    private mutating func dropOldest(_ now: Duration) {
        while queueStart < queue.count {
            let (id, place) = queue[queueStart]
            if let entry = entries[id], entry.place == place, entry.expires > now { return }
            dropFirst()
        }
    }

    private mutating func dropFirst() {
        let (id, place) = queue[queueStart]
        queueStart += 1
        if entries[id]?.place == place { entries[id] = nil }
    }

    private mutating func compact() {
        queue = queue[queueStart...].filter { entries[$0.id]?.place == $0.place }
        queueStart = 0
    }
}
