// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Sessions, errors, and requests at the same time")
struct SessionConcurrencyTests {
    /// Changes one value, after others have had their way.
    private func editing(
        _ edit: @escaping @Sendable (Session) -> Void, meanwhile: @escaping @Sendable () async throws -> Void
    ) -> ClosureApplication {
        ClosureApplication { exchange in
            try await meanwhile()
            if let session = exchange.request?.session { edit(session) }
            try await accepting.handle(exchange)
        }
    }

    @Test("requests that change different keys lose nothing", arguments: [true, false])
    func merges(inMemory: Bool) async throws {
        let sessions = inMemory ? Sessions(MemoryStore()) : Sessions(TestStore())
        let plain = sessionApp.wrapped(by: sessions)
        var cookie = ""
        _ = try await visit(plain, "/add", &cookie)
        let kept = cookie
        let app = editing({ $0[Name.self] = "eve" }) {
            var copy = kept
            _ = try await visit(plain, "/add/add", &copy)
        }.wrapped(by: sessions)
        _ = try await visit(app, "/", &cookie)
        #expect(try await visit(plain, "/", &cookie).body == "3 eve [Count,Name] false")
        // What one has removed stays so, though the other has changed something else.
        let removing = editing({ $0[Name.self] = nil }) {
            var copy = kept
            _ = try await visit(plain, "/add", &copy)
        }.wrapped(by: sessions)
        _ = try await visit(removing, "/", &cookie)
        #expect(try await visit(plain, "/", &cookie).body == "4 - [Count] false")
    }

    @Test("two requests at the same time lose nothing of each other", arguments: [true, false], modes)
    func overlapping(inMemory: Bool, mode: TestMode) async throws {
        let sessions = inMemory ? Sessions(MemoryStore()) : Sessions(TestStore())
        let slow = Monitor((hasBegun: false, mayEnd: false))
        let app = ClosureApplication { exchange in
            if exchange.request?.path == "/name" {
                // It has read its session, and changes it when the other request has been answered.
                _ = exchange.request?.session?[Count.self]
                slow.update { $0.hasBegun = true }
                try await within(.seconds(10), "The other request") {
                    try await slow.wait { $0.mayEnd ? () : nil }
                }
            }
            try await sessionApp.handle(exchange)
        }.wrapped(by: sessions)
        try await TestClient.run(app, in: mode) { client async throws in
            var cookie = ""
            #expect(try await client.visit("/add", &cookie).body == "1 - [Count] true")
            let kept = cookie
            async let named = {
                var copy = kept
                return try await client.visit("/name", &copy).body
            }()
            try await within(.seconds(10), "The slow request") { try await slow.wait { $0.hasBegun ? () : nil } }
            #expect(try await client.visit("/add/add", &cookie).body == "3 - [Count] false")
            slow.update { $0.mayEnd = true }
            #expect(try await named == "1 ada [Count,Name] false")
            #expect(try await client.visit("/", &cookie).body == "3 ada [Count,Name] false")
        }
    }

    @Test("of the same key the later request wins")
    func laterWins() async throws {
        let sessions = Sessions(MemoryStore())
        let plain = sessionApp.wrapped(by: sessions)
        var cookie = ""
        _ = try await visit(plain, "/add", &cookie)
        let kept = cookie
        let app = editing({ $0[Count.self] = 100 }) {
            var copy = kept
            _ = try await visit(plain, "/add", &copy)
        }.wrapped(by: sessions)
        _ = try await visit(app, "/", &cookie)
        #expect(try await visit(plain, "/", &cookie).body == "100 - [Count] false")
    }

    @Test(
        "a session that another request ends is not brought back, nor is its successor's cookie taken",
        arguments: ["/destroy", "/regenerate"], [true, false])
    func noResurrection(path: String, inMemory: Bool) async throws {
        let sessions = inMemory ? Sessions(MemoryStore()) : Sessions(TestStore())
        let plain = sessionApp.wrapped(by: sessions)
        var cookie = ""
        _ = try await visit(plain, "/add", &cookie)
        let kept = cookie
        let app = editing({ $0[Name.self] = "eve" }) {
            var copy = kept
            _ = try await visit(plain, path, &copy)
        }.wrapped(by: sessions)
        #expect(try await visit(app, "/", &cookie).headerFields.setCookies.isEmpty)
        cookie = kept
        #expect(try await visit(plain, "/", &cookie).body == "0 - [] true")
    }

    @Test(
        "a new identity takes along what others have changed, and nothing of what they have ended",
        arguments: [true, false])
    func regenerating(isEnded: Bool) async throws {
        let sessions = Sessions(MemoryStore())
        let plain = sessionApp.wrapped(by: sessions)
        var cookie = ""
        _ = try await visit(plain, "/add", &cookie)
        let kept = cookie
        let edit = { @Sendable (session: Session) in
            session.regenerate()
            session[Name.self] = "eve"
        }
        let app = editing(edit) {
            var copy = kept
            _ = try await visit(plain, isEnded ? "/destroy" : "/add", &copy)
        }.wrapped(by: sessions)
        _ = try await visit(app, "/", &cookie)
        #expect(cookie != kept)
        let expected = isEnded ? "0 eve [Name] false" : "2 eve [Count,Name] false"
        #expect(try await visit(plain, "/", &cookie).body == expected)
    }

    @Test(
        "an error that says how it is answered keeps the session, and its cookie goes with it",
        arguments: Backing.allCases)
    func statusError(backing: Backing) async throws {
        struct Own: HTTPStatusError { var status: HTTPResponse.Status { .gone } }
        let sessions = backing.sessions()
        for error in [HTTPError(.conflict, "No.", headerFields: [.retryAfter: "5"]), Own()] as [any HTTPStatusError] {
            let app = ClosureApplication { exchange in
                exchange.request?.session?[Count.self, default: 0] += 1
                throw error
            }.wrapped(by: sessions).wrapped(by: Answering())
            let result = try await outcome(of: app, .http, RequestScope())
            #expect(result.status == error.status.code)
            #expect(result.headerFields[.retryAfter] == error.headerFields[.retryAfter])
            #expect(result.headerFields.setCookies.count == 1)
            var cookie = result.headerFields.cookie
            #expect(try await visit(sessionApp.wrapped(by: sessions), "/", &cookie).body == "1 - [Count] false")
        }
        // Where no cookie is needed, it is the very error that goes on.
        let app = ClosureApplication { _ in throw Own() }.wrapped(by: sessions)
        await #expect(throws: Own.self) { try await outcome(of: app, .http, RequestScope()) }
        // A handler answers its own errors.
        var cookie = ""
        #expect(try await visit(sessionApp.wrapped(by: sessions), "/add/refuse", &cookie).status == 409)
        #expect(try await visit(sessionApp.wrapped(by: sessions), "/", &cookie).body == "1 - [Count] false")
    }

    /// Answers errors, as an outer layer does.
    private struct Answering: Middleware {
        nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
            do {
                try await next.handle(exchange)
            } catch let error as any HTTPStatusError {
                try await Response.problem(error, for: exchange.request!).handle(exchange)
            }
        }
    }

    @Test("any other error leaves nothing behind, but a session that is destroyed stays so")
    func otherError() async throws {
        struct Failure: Error {}
        let store = TestStore()
        let sessions = Sessions(store)
        let plain = sessionApp.wrapped(by: sessions)
        var cookie = ""
        _ = try await visit(plain, "/add", &cookie)
        for edit in [{ $0[Count.self] = 50 }, { $0.regenerate() }] as [@Sendable (Session) -> Void] {
            let app = ClosureApplication { exchange in
                if let session = exchange.request?.session { edit(session) }
                throw Failure()
            }.wrapped(by: sessions)
            await #expect(throws: Failure.self) { try await visit(app, "/", &cookie) }
            #expect(try await visit(plain, "/", &cookie).body == "1 - [Count] false")
        }
        let ending = ClosureApplication { exchange in
            exchange.request?.session?.destroy()
            throw Failure()
        }.wrapped(by: sessions)
        await #expect(throws: Failure.self) { try await visit(ending, "/", &cookie) }
        #expect(await store.kept.isEmpty)
    }

    @Test("a store that fails fails the request before its head")
    func failingStore() async throws {
        let store = TestStore()
        await store.fail()
        let client = KindClient()
        await #expect(throws: TestStore.Failure.self) {
            try await sessionApp.wrapped(by: Sessions(store)).handle(client.exchange(.http, RequestScope(.get, "/add")))
        }
        #expect(client.outcome.status == 0)
    }

    @Test("what was changed is kept though the client has gone and the task is cancelled")
    func cancelled() async throws {
        let store = TestStore()
        let sessions = Sessions(store)
        var cookie = ""
        _ = try await visit(sessionApp.wrapped(by: sessions), "/add", &cookie)
        let scope = RequestScope(headers: [.cookie: cookie])
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { return }
            try await http.send(.start(HTTPResponse(status: .ok)))
            http.scope.session?[Count.self] = 8
            withUnsafeCurrentTask { $0?.cancel() }
            try Task.checkCancellation()
        }.wrapped(by: sessions)
        await #expect(throws: CancellationError.self) {
            try await Task { try await app.handle(KindClient().exchange(.http, scope)) }.value
        }
        #expect(try await visit(sessionApp.wrapped(by: sessions), "/", &cookie).body == "8 - [Count] false")
    }

    @Test("many tasks may use one session")
    func manyTasks() async throws {
        let session = Session()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<200 {
                        session[Count.self] = number
                        _ = session[Count.self]
                        session.regenerate()
                    }
                }
            }
        }
        #expect(session[Count.self] == 199)
    }
}
