/// What is known of one client: how much of its quota is used.
enum RateLimitCounter: Sendable {
    /// The time at which the bucket will be full again.
    case bucket(full: Duration)
    /// What was used in the window before, and in the one that began at `start`.
    case window(start: Duration, before: Int, current: Int)

    init(_ policy: RateLimitPolicy, now: Duration) {
        switch policy.algorithm {
        case .tokenBucket: self = .bucket(full: now)
        case .slidingWindow: self = .window(start: now, before: 0, current: 0)
        }
    }

    mutating func take(_ cost: Int, _ policy: RateLimitPolicy, now: Duration) -> RateLimitDecision {
        let cost = min(max(0, cost), policy.capacity + 1)
        switch self {
        case .bucket(let full): return takeFromBucket(full: max(full, now), cost, policy, now)
        case .window(let start, let before, let current):
            let passed = max(.zero, now - start)
            if passed < policy.window { return takeFromWindow(start, before, current, cost, policy, now) }
            let isNext = passed < policy.window * 2
            // A window that is long over says nothing.
            return takeFromWindow(isNext ? start + policy.window : now, isNext ? current : 0, 0, cost, policy, now)
        }
    }

    private mutating func takeFromBucket(
        full: Duration, _ cost: Int, _ policy: RateLimitPolicy, _ now: Duration
    ) -> RateLimitDecision {
        let interval = policy.window / policy.quota
        let capacity = interval * policy.capacity
        let wanted = full + interval * cost
        let late = wanted - now - capacity
        let isAllowed = late <= .zero
        let used = isAllowed ? wanted : full
        self = .bucket(full: used)
        return RateLimitDecision(
            isAllowed: isAllowed, remaining: Int((capacity - (used - now)).attoseconds / interval.attoseconds),
            reset: used - now,
            retryAfter: isAllowed || cost > policy.capacity ? nil : late)
    }

    private mutating func takeFromWindow(
        _ start: Duration, _ before: Int, _ current: Int, _ cost: Int, _ policy: RateLimitPolicy, _ now: Duration
    ) -> RateLimitDecision {
        let passed = min(max(0, (now - start) / policy.window), 1)
        let used = Double(before) * (1 - passed) + Double(current)
        // A client that comes when it was told to must not fail by a rounding.
        let isAllowed = used + Double(cost) <= Double(policy.quota) + 1e-6
        let after = current + (isAllowed ? cost : 0)
        self = .window(start: start, before: before, current: after)
        let left = Double(policy.quota) - used - (isAllowed ? Double(cost) : 0) + 1e-6
        let rest = policy.window * (1 - passed)
        // What is used now is forgotten a window after the end of this one.
        return RateLimitDecision(
            isAllowed: isAllowed, remaining: max(0, Int(left)),
            reset: after > 0 ? rest + policy.window : before > 0 ? rest : .zero,
            retryAfter: isAllowed || cost > policy.quota ? nil : Self.wait(passed, before, current, cost, policy))
    }

    /// How long it takes until there is room: in this window, as the one before is forgotten, or in the next one.
    private static func wait(
        _ passed: Double, _ before: Int, _ current: Int, _ cost: Int, _ policy: RateLimitPolicy
    ) -> Duration {
        let room = Double(policy.quota - cost)
        if Double(current) <= room, before > 0 {
            let share = 1 - (room - Double(current)) / Double(before)
            return policy.window * max(0, share - passed)
        }
        let share = current > 0 ? 1 - room / Double(current) : 0
        return policy.window * (1 - passed + max(0, share))
    }
}
