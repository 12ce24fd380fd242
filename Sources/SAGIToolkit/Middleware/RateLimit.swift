import HTTPTypes
import Logging
public import SAGI

/// Bounds how many requests a client makes: what is beyond is answered 429.
///
/// ```swift
/// app.wrapped(by: RateLimit(.tokenBucket(100, per: .seconds(60), burst: 20)))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `policy` | | ``RateLimitPolicy/tokenBucket(_:per:burst:name:)`` or ``RateLimitPolicy/slidingWindow(_:per:name:)`` |
/// | `store` | a ``MemoryRateLimitStore`` of its own | where the counters are |
/// | `key` | ``client(_:)`` | whose quota a request takes from; `nil` is nobody's, and passes |
/// | `cost` | 1 | how many requests one counts for |
/// | `skip` | none | requests that are not counted |
/// | `tells` | `true` | whether responses have `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) |
/// | `passesWithoutStore` | `true` | whether requests pass when the store fails, which is logged; else they are answered 503 |
///
/// A refusal has `Retry-After`, and takes nothing from the quota. Each instance counts for itself; give two the same
/// store and the same policy, and they count together. An event stream, a WebSocket or a WebTransport session
/// counts once, when it begins.
///
/// Put it inside ``ProxyHeaders``: without that all clients of a proxy, or of a Unix socket, are one.
public struct RateLimit: Middleware {
    private let policy: RateLimitPolicy
    private let store: any RateLimitStore
    private let key: @Sendable (RequestScope) -> String?
    private let cost: @Sendable (RequestScope) -> Int
    private let skip: @Sendable (RequestScope) -> Bool
    private let tells: Bool
    private let passesWithoutStore: Bool

    public init(
        _ policy: RateLimitPolicy, store: (any RateLimitStore)? = nil,
        key: @escaping @Sendable (RequestScope) -> String? = { RateLimit.client($0) },
        cost: @escaping @Sendable (RequestScope) -> Int = { _ in 1 },
        skip: @escaping @Sendable (RequestScope) -> Bool = { _ in false }, tells: Bool = true,
        passesWithoutStore: Bool = true
    ) {
        self.policy = policy
        self.store = store ?? MemoryRateLimitStore()
        self.key = key
        self.cost = cost
        self.skip = skip
        self.tells = tells
        self.passesWithoutStore = passesWithoutStore
    }

    /// The client's address; of an IPv6 address the first 64 bits, which one client has for itself. "-" when there is
    /// none, as on a Unix socket.
    public static func client(_ scope: RequestScope) -> String {
        guard let address = scope.client?.address else { return "-" }
        return address.isIPv4 ? address.description : "\(address.masked(64))/64"
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request, !skip(scope), let key = key(scope) else {
            return try await next.handle(exchange)
        }
        let decision: RateLimitDecision
        do {
            decision = try await store.take(cost(scope), from: key, policy)
        } catch let error as CancellationError {
            // The client has gone, or its time is over: that says nothing about the store.
            throw error
        } catch {
            scope.logger.error("the store of a rate limit has failed", metadata: ["error": "\(error)"])
            guard !passesWithoutStore else { return try await next.handle(exchange) }
            return try await Response.problem(.serviceUnavailable, for: scope).handle(exchange)
        }
        let told = tells ? exchange.changingResponse { tell(decision, &$0.headerFields) } : exchange
        guard !decision.isAllowed else { return try await next.handle(told) }
        var fields: HTTPFields = [:]
        if let wait = decision.retryAfter { fields[.retryAfter] = String(max(1, wait.wholeSeconds)) }
        let detail = "There are too many requests from this client."
        try await Response.problem(.tooManyRequests, detail, headerFields: fields, for: scope).handle(told)
    }

    private func tell(_ decision: RateLimitDecision, _ fields: inout HTTPFields) {
        // Several limits, one in the other, make a list.
        let quota = "q=\(policy.quota);w=\(max(1, policy.window.wholeSeconds))"
        fields.append(HTTPField(name: .rateLimitPolicy, value: "\"\(policy.name)\";\(quota)"))
        let left = "r=\(max(0, decision.remaining));t=\(max(0, decision.reset.wholeSeconds))"
        fields.append(HTTPField(name: .rateLimit, value: "\"\(policy.name)\";\(left)"))
    }
}
