import Foundation
import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("How long a session lives")
struct SessionLifetimeTests {
    @Test(
        "sliding: every request renews it, store and cookie together, a tenth of its life apart",
        arguments: Backing.allCases, modes)
    func sliding(backing: Backing, mode: TestMode) async throws {
        let time = TestTime()
        let app = sessionApp.wrapped(by: backing.sessions(expiresAfter: .seconds(100), time: time))
        try await TestClient.run(app, in: mode) { client async throws in
            var cookie = ""
            _ = try await client.visit("/add", &cookie)
            time.advance(9)
            #expect(try await client.visit("/nothing", &cookie).headerFields.setCookies.isEmpty)
            for _ in 0..<10 {
                time.advance(89)
                let result = try await client.visit("/", &cookie)
                #expect(result.body == "1 - [Count] false")
                #expect(result.headerFields.setCookies.count == 1)
                #expect(result.headerFields.setCookies.first?.contains("Max-Age=100;") == true)
            }
            time.advance(100)
            #expect(try await client.visit("/", &cookie).body == "0 - [] true")
        }
    }

    @Test("not sliding: only a change renews it", arguments: Backing.allCases, modes)
    func fixed(backing: Backing, mode: TestMode) async throws {
        let time = TestTime()
        let app = sessionApp.wrapped(by: backing.sessions(expiresAfter: .seconds(100), isSliding: false, time: time))
        try await TestClient.run(app, in: mode) { client async throws in
            var cookie = ""
            _ = try await client.visit("/add", &cookie)
            time.advance(60)
            #expect(try await client.visit("/", &cookie).headerFields.setCookies.isEmpty)
            time.advance(30)
            #expect(try await client.visit("/add", &cookie).headerFields.setCookies.count == 1)
            time.advance(60)
            #expect(try await client.visit("/", &cookie).body == "2 - [Count] false")
            time.advance(40)
            #expect(try await client.visit("/", &cookie).body == "0 - [] true")
        }
    }

    @Test(
        "the absolute lifetime ends it whatever happens, and begins again with another identity",
        arguments: Backing.allCases, modes)
    func absolute(backing: Backing, mode: TestMode) async throws {
        let time = TestTime()
        let app = sessionApp.wrapped(
            by: backing.sessions(expiresAfter: .seconds(100), absoluteLifetime: .seconds(250), time: time))
        try await TestClient.run(app, in: mode) { client async throws in
            var cookie = ""
            _ = try await client.visit("/add", &cookie)
            for _ in 0..<2 {
                time.advance(90)
                #expect(try await client.visit("/", &cookie).headerFields.setCookies.count == 1)
            }
            // The cookie does not say more than is true.
            time.advance(60)
            var copy = cookie
            let set = try await client.visit("/add", &copy).headerFields.setCookies.last
            #expect(set?.contains("Max-Age=10;") == (backing.isOnServer ? nil : true))
            _ = try await client.visit("/regenerate", &cookie)
            time.advance(90)
            #expect(try await client.visit("/", &cookie).body.hasSuffix("[Count] false"))
            for _ in 0..<3 {
                time.advance(50)
                _ = try await client.visit("/add", &cookie)
            }
            time.advance(10)
            #expect(try await client.visit("/", &cookie).body == "0 - [] true")
        }
    }

    @Test("an expired cookie is no session, though a browser may send it", arguments: Backing.allCases, modes)
    func expired(backing: Backing, mode: TestMode) async throws {
        let time = TestTime()
        let app = sessionApp.wrapped(by: backing.sessions(expiresAfter: .seconds(100), time: time))
        try await TestClient.run(app, in: mode) { client async throws in
            var cookie = ""
            _ = try await client.visit("/add", &cookie)
            let former = cookie
            time.advance(101)
            #expect(try await client.visit("/add", &cookie).body == "1 - [Count] true")
            #expect(cookie != former)
        }
    }

    @Test("the store is told the time that is left")
    func lifetimes() async throws {
        let (store, time) = (TestStore(), TestTime())
        let app = sessionApp.wrapped(
            by: Sessions(store, expiresAfter: .seconds(100), absoluteLifetime: .seconds(150), now: { time.date }))
        var cookie = ""
        _ = try await visit(app, "/add", &cookie)
        time.advance(5)
        // A change alone does not renew: the cookie would not know.
        _ = try await visit(app, "/add", &cookie)
        time.advance(85)
        _ = try await visit(app, "/", &cookie)
        #expect(await store.lifetimes == [.seconds(100), .seconds(95), .seconds(60)])
    }
}

@Suite("MemoryStore")
struct MemoryStoreTests {
    /// A clock that a test sets.
    final class StepClock: Clock, Sendable {
        struct Instant: InstantProtocol {
            var offset = Duration.zero
            func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
            func duration(to other: Instant) -> Duration { other.offset - offset }
            static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
        }

        let time = TestTime()
        var now: Instant { Instant(offset: .seconds(time.date.timeIntervalSince1970)) }
        var minimumResolution: Duration { .seconds(1) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
    }

    private func id(_ number: Int) -> SessionID { SessionID(rawValue: "\(number)") }

    @Test("forgets what has expired, what was kept longest ago, and what it is told to")
    func forgets() async throws {
        let clock = StepClock()
        let store = MemoryStore(limit: 3, clock: clock)
        try await store.set(id(1), [1], expiringAfter: .seconds(10))
        #expect(try await store.get(id(1)) == [1])
        clock.time.advance(10)
        #expect(try await store.get(id(1)) == nil)
        for number in 2...4 { try await store.set(id(number), [UInt8(number)], expiringAfter: .seconds(100)) }
        // Renewed: it is not the oldest any more.
        #expect(try await store.update(id(2)) { ($0 + [9], .seconds(100)) })
        try await store.set(id(5), [5], expiringAfter: .seconds(100))
        #expect(store.count == 3)
        #expect(try await store.get(id(3)) == nil)
        #expect(try await store.get(id(2)) == [2, 9])
        try await store.delete(id(2))
        #expect(try await store.get(id(2)) == nil)
        #expect(try await !store.update(id(2)) { ($0, .seconds(100)) })
        #expect(try await store.get(id(2)) == nil)
        store.removeAll()
        #expect(store.count == 0)
    }

    @Test("what has expired goes before what is older and lives")
    func expiredFirst() async throws {
        let clock = StepClock()
        let store = MemoryStore(limit: 2, clock: clock)
        try await store.set(id(1), [1], expiringAfter: .seconds(1000))
        try await store.set(id(2), [2], expiringAfter: .seconds(1))
        clock.time.advance(2)
        try await store.set(id(3), [3], expiringAfter: .seconds(1000))
        #expect(try await store.get(id(1)) == [1])
        #expect(try await store.get(id(3)) == [3])
    }

    @Test("stays within its limit whatever comes")
    func bounded() async throws {
        let clock = StepClock()
        let store = MemoryStore(limit: 50, clock: clock)
        var random = SystemRandomNumberGenerator()
        for step in 0..<20_000 {
            let id = id(Int.random(in: 0..<200, using: &random))
            switch step % 5 {
            case 0: try await store.delete(id)
            case 1: _ = try await store.update(id) { ($0, .seconds(20)) }
            default: try await store.set(id, [], expiringAfter: .seconds(Int.random(in: 1..<40, using: &random)))
            }
            if step.isMultiple(of: 7) { clock.time.advance(1) }
            #expect(store.count <= 50)
        }
    }
}
