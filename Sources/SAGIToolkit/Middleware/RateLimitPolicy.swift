/// How many requests a client may make in which time.
public struct RateLimitPolicy: Sendable, Hashable {
    /// How requests are counted.
    public enum Algorithm: Sendable, Hashable {
        /// A bucket that holds so many requests, and is filled again evenly: a client may make them all at once.
        case tokenBucket(burst: Int)
        /// In any stretch of the window's length there are no more than the quota, as near as two counters can tell:
        /// those of the window before are taken as spread evenly.
        case slidingWindow
    }

    /// What clients are told that it is called, when there are several: ASCII, without `"` and `\\`, which are left out.
    public let name: String
    /// How many requests there may be in each window, in the long run: 1 to a billion.
    public let quota: Int
    /// The length of the window: a millisecond to a billion seconds.
    public let window: Duration
    /// How they are counted.
    public let algorithm: Algorithm

    /// A bucket that is filled with `quota` requests each `window`, and holds `burst` of them; `quota` by default.
    public static func tokenBucket(
        _ quota: Int, per window: Duration, burst: Int? = nil, name: String = "default"
    ) -> RateLimitPolicy {
        RateLimitPolicy(name: name, quota: quota, window: window, algorithm: .tokenBucket(burst: burst ?? quota))
    }

    /// At most `quota` requests in any `window`.
    public static func slidingWindow(
        _ quota: Int, per window: Duration, name: String = "default"
    ) -> RateLimitPolicy {
        RateLimitPolicy(name: name, quota: quota, window: window, algorithm: .slidingWindow)
    }

    private init(name: String, quota: Int, window: Duration, algorithm: Algorithm) {
        // It stands in quotation marks.
        self.name = name.filter { $0 != "\"" && $0 != "\\" && ("\u{20}"..."\u{7E}").contains($0) }
        self.quota = Self.bounded(quota)
        self.window = min(max(.milliseconds(1), window), .seconds(1_000_000_000))
        switch algorithm {
        case .tokenBucket(let burst): self.algorithm = .tokenBucket(burst: Self.bounded(burst))
        case .slidingWindow: self.algorithm = .slidingWindow
        }
    }

    private static func bounded(_ number: Int) -> Int { min(max(1, number), 1_000_000_000) }

    /// How many there may be at once.
    public var capacity: Int {
        switch algorithm {
        case .tokenBucket(let burst): burst
        case .slidingWindow: quota
        }
    }
}

/// What a ``RateLimitStore`` says to a request.
public struct RateLimitDecision: Sendable, Hashable {
    /// Whether it may pass. What was asked for is taken only then.
    public var isAllowed: Bool
    /// How many requests may follow at once.
    public var remaining: Int
    /// The time after which all of them may be made again.
    public var reset: Duration
    /// The time after which this request is worth another try; `nil` when it costs more than there can ever be.
    public var retryAfter: Duration?

    public init(isAllowed: Bool, remaining: Int, reset: Duration, retryAfter: Duration? = nil) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.reset = reset
        self.retryAfter = retryAfter
    }
}
