import NIOCore

/// How long a client may still keep the application waiting for content.
///
/// Only the time in which the application waits counts. What arrives wins back the time that the slowest allowed client
/// would need for it.
struct ContentPatience {
    private let whole: TimeAmount?
    private let rate: Int?
    private var left: TimeAmount?
    private var waitStart: NIODeadline?

    /// - Parameters:
    ///   - whole: the most there is of it; nil is no bound.
    ///   - rate: bytes a second that are enough; nil: any byte is.
    init(_ whole: TimeAmount?, rate: Int?) {
        self.whole = whole
        self.rate = rate
        left = whole
    }

    var isWaiting: Bool { waitStart != nil }

    /// When it will have run out; nil when nobody waits.
    var deadline: NIODeadline? {
        guard let waitStart, let left else { return nil }
        return waitStart + left
    }

    mutating func startWaiting(_ now: NIODeadline) {
        spend(now)
        waitStart = now
    }

    mutating func stopWaiting(_ now: NIODeadline) {
        spend(now)
        waitStart = nil
    }

    /// So many bytes have arrived.
    mutating func credit(_ count: Int, _ now: NIODeadline) {
        guard let whole else { return }
        spend(now)
        if let rate, let left {
            self.left = min(whole, left + .nanoseconds(Int64(count) * 1_000_000_000 / Int64(rate)))
        } else {
            left = whole
        }
    }

    private mutating func spend(_ now: NIODeadline) {
        guard let waitStart, let left else { return }
        self.left = left - (now - waitStart)
        self.waitStart = now
    }
}
