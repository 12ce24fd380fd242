// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

private let limitField = HTTPField.Name("RateLimit")!
private let policyField = HTTPField.Name("RateLimit-Policy")!
private let retryAfter = HTTPField.Name("Retry-After")!

@Suite("RateLimit")
struct RateLimitTests {
    private func store(_ clock: ManualClock) -> MemoryRateLimitStore { MemoryRateLimitStore(clock: clock) }

    private func status(_ app: some Application, _ client: String = "192.0.2.1") async throws -> Int {
        try await outcome(of: app, .http, RequestScope(client: .ip(client, port: 1))).status
    }

    @Test("a bucket is emptied at once, and filled evenly")
    func tokenBucket() async throws {
        let clock = ManualClock()
        let app = accepting.wrapped(
            by: RateLimit(.tokenBucket(10, per: .seconds(5), burst: 3), store: store(clock)))
        for _ in 0..<3 { #expect(try await status(app) == 200) }
        #expect(try await status(app) == 429)
        clock.advance(by: .milliseconds(499))
        #expect(try await status(app) == 429)
        clock.advance(by: .milliseconds(1))
        #expect(try await status(app) == 200)
        #expect(try await status(app) == 429)
        clock.advance(by: .seconds(3600))
        for _ in 0..<3 { #expect(try await status(app) == 200) }
        #expect(try await status(app) == 429)
    }

    @Test("a sliding window never lets more through in one stretch than the quota")
    func slidingWindow() async throws {
        let clock = ManualClock()
        let app = accepting.wrapped(by: RateLimit(.slidingWindow(4, per: .seconds(10)), store: store(clock)))
        for _ in 0..<4 { #expect(try await status(app) == 200) }
        #expect(try await status(app) == 429)
        // At the border of two windows a fixed one would let four more through.
        clock.advance(by: .seconds(10))
        #expect(try await status(app) == 429)
        clock.advance(by: .milliseconds(2500))
        #expect(try await status(app) == 200)
        #expect(try await status(app) == 429)
        clock.advance(by: .seconds(60))
        for _ in 0..<4 { #expect(try await status(app) == 200) }
        #expect(try await status(app) == 429)
    }

    @Test(
        "tells clients how much is left, and when to come again",
        arguments: [
            (
                RateLimitPolicy.tokenBucket(2, per: .seconds(60)),
                ["\"default\";r=1;t=30", "\"default\";r=0;t=60", "\"default\";r=0;t=60"], "30"
            ),
            (
                .slidingWindow(2, per: .seconds(60)),
                ["\"default\";r=1;t=120", "\"default\";r=0;t=120", "\"default\";r=0;t=120"], "90"
            ),
        ])
    func fields(_ policy: RateLimitPolicy, _ expected: [String], _ wait: String) async throws {
        let app = accepting.wrapped(by: RateLimit(policy, store: store(ManualClock())))
        var answers: [Outcome] = []
        for _ in expected { answers.append(try await outcome(of: app, .http, RequestScope())) }
        #expect(answers.map { $0.headerFields[limitField] } == expected)
        #expect(answers.allSatisfy { $0.headerFields[policyField] == "\"default\";q=2;w=60" })
        #expect(answers.map { $0.headerFields[retryAfter] } == [nil, nil, wait])
        #expect(answers.last?.status == 429)
        let silent = accepting.wrapped(by: RateLimit(policy, tells: false))
        #expect(try await outcome(of: silent, .http, RequestScope()).headerFields.isEmpty)
    }

    @Test("a client that comes again when it was told to is let in", arguments: 1...40)
    func honestClient(seed: Int) async throws {
        for policy in [
            RateLimitPolicy.tokenBucket(1 + seed % 7, per: .seconds(seed), burst: 1 + seed % 3),
            .slidingWindow(1 + seed % 7, per: .milliseconds(1000 * seed + 333)),
        ] {
            let clock = ManualClock()
            let store = store(clock)
            for step in 0..<60 {
                let decision = try await store.take(1, from: "a", policy)
                guard let wait = decision.retryAfter else {
                    #expect(decision.isAllowed)
                    clock.advance(by: .milliseconds(37 * step))
                    continue
                }
                clock.advance(by: .seconds(wait.components.seconds + 1))
                #expect(try await store.take(1, from: "a", policy).isAllowed, "\(policy), step \(step)")
            }
        }
    }

    @Test("several limits tell of themselves in one list")
    func nested() async throws {
        let app = accepting.wrapped {
            RateLimit(.tokenBucket(10, per: .seconds(1), name: "second"))
            RateLimit(.slidingWindow(100, per: .seconds(60), name: "mi\"nute"))
        }
        let fields = try await outcome(of: app, .http, RequestScope()).headerFields
        #expect(fields[policyField] == "\"minute\";q=100;w=60, \"second\";q=10;w=1")
    }

    @Test("counts each client for itself: an IPv6 network, and an address however it is written")
    func clients() async throws {
        for (client, key) in [
            (.ip("192.0.2.1", port: 1), "192.0.2.1"), (.ip("::ffff:192.0.2.1", port: 2), "192.0.2.1"),
            (.ip("2001:db8:1:2:3:4:5:6", port: 1), "2001:db8:1:2::/64"),
            (.ip("2001:db8:1:2::9", port: 1), "2001:db8:1:2::/64"),
            (.ip("fe80::1%eth0", port: 1), "fe80::/64"), (.unix("/run/x"), "-"), (nil, "-"),
        ] as [(PeerAddress?, String)] {
            #expect(RateLimit.client(RequestScope(client: client)) == key)
        }
        let app = accepting.wrapped(by: RateLimit(.tokenBucket(1, per: .seconds(60))))
        #expect(try await status(app, "192.0.2.1") == 200)
        #expect(try await status(app, "192.0.2.2") == 200)
        #expect(try await status(app, "192.0.2.1") == 429)
        #expect(try await status(app, "2001:db8::1") == 200)
        #expect(try await status(app, "2001:db8::2") == 429)
    }

    @Test("two instances count for themselves, unless they share a store and a policy")
    func instances() async throws {
        let policy = RateLimitPolicy.tokenBucket(1, per: .seconds(60))
        let first = accepting.wrapped(by: RateLimit(policy))
        let second = accepting.wrapped(by: RateLimit(policy))
        #expect(try await status(first) == 200)
        #expect(try await status(second) == 200)
        let store = MemoryRateLimitStore()
        let third = accepting.wrapped(by: RateLimit(policy, store: store))
        let fourth = accepting.wrapped(by: RateLimit(policy, store: store))
        let fifth = accepting.wrapped(by: RateLimit(.tokenBucket(1, per: .seconds(60), name: "other"), store: store))
        #expect(try await status(third) == 200)
        #expect(try await status(fourth) == 429)
        #expect(try await status(fifth) == 200)
    }

    @Test("takes other keys and costs, and leaves out what is skipped")
    func options() async throws {
        let app = accepting.wrapped(
            by: RateLimit(
                .tokenBucket(10, per: .seconds(60)), key: { $0[.authorization] },
                cost: { $0.method == .post ? 6 : 1 }, skip: { $0.path == "/health" }))
        func ask(_ method: HTTPRequest.Method, _ path: String = "/", key: String? = "a") async throws -> Int {
            var fields: HTTPFields = [:]
            fields[.authorization] = key
            return try await outcome(of: app, .http, RequestScope(method, path, headers: fields)).status
        }
        #expect(try await ask(.post) == 200)
        #expect(try await ask(.post) == 429)
        // What was refused has taken nothing.
        for _ in 0..<4 { #expect(try await ask(.get) == 200) }
        #expect(try await ask(.get) == 429)
        #expect(try await ask(.get, "/health") == 200)
        #expect(try await ask(.get, key: "b") == 200)
        #expect(try await ask(.post, key: nil) == 200)
    }

    @Test("what costs more than there ever is gets no promise", arguments: [11, 1000, .max])
    func tooExpensive(cost: Int) async throws {
        for policy in [RateLimitPolicy.tokenBucket(10, per: .seconds(1)), .slidingWindow(10, per: .seconds(1))] {
            let app = accepting.wrapped(by: RateLimit(policy, cost: { _ in cost }))
            let answer = try await outcome(of: app, .http, RequestScope())
            #expect(answer.status == 429)
            #expect(answer.headerFields[retryAfter] == nil)
        }
        let free = accepting.wrapped(by: RateLimit(.tokenBucket(1, per: .seconds(60)), cost: { _ in -cost }))
        for _ in 0..<3 { #expect(try await status(free) == 200) }
    }

    @Test("policies that make no sense are bounded")
    func policies() {
        #expect(RateLimitPolicy.tokenBucket(0, per: .zero, burst: -1).capacity == 1)
        #expect(RateLimitPolicy.slidingWindow(-5, per: .seconds(-1)).quota == 1)
        #expect(RateLimitPolicy.tokenBucket(.max, per: .seconds(1)).quota == 1_000_000_000)
    }

    @Test("a window without end is one of a billion seconds", arguments: [Int.max, 1])
    func endlessWindow(quota: Int) async throws {
        let forever = Duration.seconds(Int64.max)
        for policy in [
            RateLimitPolicy.tokenBucket(quota, per: forever, burst: .max), .slidingWindow(quota, per: forever),
        ] {
            #expect(policy.window == .seconds(1_000_000_000))
            let app = accepting.wrapped(by: RateLimit(policy))
            #expect(try await status(app) == 200)
            _ = try await status(app)
        }
    }

    @Test("forgets the clients that were not there for the longest time, and never has more than its limit")
    func eviction() async throws {
        let policy = RateLimitPolicy.tokenBucket(2, per: .seconds(3600))
        let store = MemoryRateLimitStore(limit: 100, clock: ManualClock())
        _ = try await store.take(2, from: "regular", policy)
        for number in 0..<10_000 {
            #expect(try await store.take(1, from: "\(number)", policy).isAllowed)
            if number % 20 == 0 { #expect(try await !store.take(1, from: "regular", policy).isAllowed) }
            #expect(store.count <= 100)
        }
        _ = try await store.take(1, from: String(repeating: "x", count: 1 << 20), policy)
        store.removeAll()
        #expect(store.count == 0)
    }

    @Test("a store that fails lets requests through, or none")
    func storeFails() async throws {
        struct Failing: RateLimitStore {
            struct Failure: Error {}
            nonisolated(nonsending) func take(
                _ cost: Int, from key: String, _ policy: RateLimitPolicy
            ) async throws -> RateLimitDecision { throw Failure() }
        }
        let policy = RateLimitPolicy.tokenBucket(1, per: .seconds(1))
        #expect(try await status(accepting.wrapped(by: RateLimit(policy, store: Failing()))) == 200)
        let closed = RateLimit(policy, store: Failing(), passesWithoutStore: false)
        #expect(try await status(accepting.wrapped(by: closed)) == 503)
    }

    @Test("a request that is cancelled says nothing about the store, and does not go on", arguments: [false, true])
    func cancelled(passesWithoutStore: Bool) async throws {
        struct Cancelled: RateLimitStore {
            nonisolated(nonsending) func take(
                _ cost: Int, from key: String, _ policy: RateLimitPolicy
            ) async throws -> RateLimitDecision { throw CancellationError() }
        }
        let limit = RateLimit(
            .tokenBucket(1, per: .seconds(1)), store: Cancelled(), passesWithoutStore: passesWithoutStore)
        let app = ClosureApplication { _ in Issue.record("it went on") }.wrapped(by: limit)
        await #expect(throws: CancellationError.self) { try await status(app) }
    }

    @Test("works with many clients at once, over a socket too", arguments: modes)
    func live(mode: TestMode) async throws {
        let limit = RateLimit(.tokenBucket(5, per: .seconds(3600)))
        let app = Handler { _ in "in" }.wrapped(by: limit)
        try await TestClient.run(app, in: mode) { client async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 { group.addTask { try await client.get("/").status.code } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 5)
            #expect(statuses.count { $0 == 429 } == 7)
        }
    }
}
