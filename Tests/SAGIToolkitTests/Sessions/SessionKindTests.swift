import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

@Suite("Sessions of every kind of exchange")
struct SessionKindTests {
    @Test("are read, and kept when the exchange is accepted", arguments: RequestKind.allCases, Backing.allCases)
    func kept(kind: RequestKind, backing: Backing) async throws {
        let sessions = backing.sessions()
        let app = beginning.wrapped(by: sessions)
        let first = try await outcome(of: app, kind, RequestScope())
        #expect(first.isAccepted && first.headerFields.setCookies.count == 1)
        let second = try await outcome(of: app, kind, RequestScope(headers: [.cookie: first.headerFields.cookie]))
        // A store on the server needs no other cookie.
        #expect(second.headerFields.setCookies.isEmpty == backing.isOnServer)
        var cookie = (backing.isOnServer ? first : second).headerFields.cookie
        #expect(try await visit(sessionApp.wrapped(by: sessions), "/", &cookie).body == "2 - [Count] false")
    }

    @Test("are kept with a refusal", arguments: RequestKind.allCases, Backing.allCases)
    func declined(kind: RequestKind, backing: Backing) async throws {
        let app = ClosureApplication { exchange in
            exchange.request?.session?[Count.self] = 1
            try await exchange.decline(with: HTTPResponse(status: .unauthorized))
        }.wrapped(by: backing.sessions())
        let result = try await outcome(of: app, kind, RequestScope())
        #expect((result.isAccepted, result.status, result.headerFields.setCookies.count) == (false, 401, 1))
    }

    @Test("an unknown identifier is an empty session", arguments: RequestKind.allCases, Backing.allCases)
    func unknown(kind: RequestKind, backing: Backing) async throws {
        let app = ClosureApplication { exchange in
            let session = exchange.request?.session
            #expect(session?.isNew == true && session?.isEmpty == true)
            try await accepting.handle(exchange)
        }.wrapped(by: backing.sessions())
        let scope = RequestScope(headers: [.cookie: "session=\(String(repeating: "A", count: 32))"])
        #expect(try await outcome(of: app, kind, scope).headerFields.setCookies.isEmpty)
    }

    @Test("a lifespan goes through untouched", arguments: modes)
    func lifespan(mode: TestMode) async throws {
        try await TestClient.run(sessionApp.onStartup { _ in }.wrapped(by: Sessions(MemoryStore())), in: mode) {
            client async throws in
            #expect(try await client.get("/").status == .ok)
        }
    }

    /// Changes the session after the head, and perhaps saves it.
    private func late(_ saves: Bool, _ errors: @escaping @Sendable (any Error) -> Void = { _ in }) -> ClosureApplication
    {
        ClosureApplication { exchange in
            try await accepting.handle(exchange)
            exchange.request?.session?[Count.self, default: 0] += 10
            if saves {
                do { try await exchange.request?.session?.save() } catch { errors(error) }
            }
        }
    }

    @Test(
        "what changes later is kept of HTTP, and of others when they say so", arguments: RequestKind.allCases,
        [true, false])
    func later(kind: RequestKind, saves: Bool) async throws {
        let store = MemoryStore()
        let begin = beginning.wrapped(by: Sessions(store))
        let cookie = try await outcome(of: begin, .http, RequestScope()).headerFields.cookie
        let lines = LineLog.Lines()
        let scope = RequestScope(
            request: HTTPRequest(
                method: .get, scheme: "http", authority: "a", path: "/", headerFields: [.cookie: cookie]),
            logger: Logger(label: "test") { _ in LineLog(lines) })
        // What is sent after the end does not matter here: the content has one part.
        try await late(saves).wrapped(by: Sessions(store)).handle(KindClient().exchange(kind, scope))
        var copy = cookie
        let body = try await visit(sessionApp.wrapped(by: Sessions(store)), "/", &copy).body
        let isKept = saves || kind == .http
        #expect(body == "\(isKept ? 11 : 1) - [Count] false")
        #expect(lines.all.contains { $0.contains("too late") } == !isKept)
    }

    @Test("a session that is destroyed later is gone, whatever the kind", arguments: RequestKind.allCases)
    func destroyedLater(kind: RequestKind) async throws {
        let store = TestStore()
        let sessions = Sessions(store)
        let cookie = try await outcome(of: beginning.wrapped(by: sessions), .http, RequestScope()).headerFields.cookie
        let app = ClosureApplication { exchange in
            try await accepting.handle(exchange)
            exchange.request?.session?.destroy()
        }.wrapped(by: sessions)
        _ = try await outcome(of: app, kind, RequestScope(headers: [.cookie: cookie]))
        #expect(await store.kept.isEmpty)
    }

    @Test("saving where nothing has changed is fine at any time", arguments: RequestKind.allCases, Backing.allCases)
    func savingNothing(kind: RequestKind, backing: Backing) async throws {
        let app = ClosureApplication { exchange in
            try await accepting.handle(exchange)
            try await exchange.request?.session?.save()
        }
        let sessions = backing.sessions()
        let cookie = try await outcome(of: beginning.wrapped(by: sessions), .http, RequestScope()).headerFields.cookie
        for headers in [[:], [.cookie: cookie]] as [HTTPFields] {
            _ = try await outcome(of: app.wrapped(by: sessions), kind, RequestScope(headers: headers))
        }
    }

    @Test("a session in a cookie cannot change later, and saving says so", arguments: RequestKind.allCases)
    func laterInCookie(kind: RequestKind) async throws {
        let begin = beginning.wrapped(by: Sessions(CookieStore(testKeys)))
        let cookie = try await outcome(of: begin, .http, RequestScope()).headerFields.cookie
        let errors = Mutex<[SessionError]>([])
        let app = late(true) { error in errors.withLock { $0.append(error as? SessionError ?? .noSessions) } }
        let result = try await outcome(
            of: app.wrapped(by: Sessions(CookieStore(testKeys))), kind, RequestScope(headers: [.cookie: cookie]))
        #expect(result.isAccepted)
        #expect(errors.withLock { $0 } == [.tooLate])
    }

    @Test(
        "a session that is changed while its response streams is kept before the client has all of it", arguments: modes
    )
    func streaming(mode: TestMode) async throws {
        let store = MemoryStore()
        let app = Handler { request in
            let session = try request.session
            if request.path == "/begin" { session[Count.self] = 1 }
            guard request.path == "/stream" else { return Response.text("\(session[Count.self] ?? 0)") }
            return Response.stream { writer in
                try await writer.write("a")
                session[Count.self] = 42
                try await writer.write("b")
            }
        }.wrapped(by: Sessions(store))
        try await TestClient.run(app, in: mode) { client async throws in
            _ = try await client.get("/begin")
            #expect(try await client.get("/stream").text == "ab")
            #expect(try await client.get("/").text == "42")
        }
    }

    @Test("saving early sets the cookie with the head", arguments: Backing.allCases)
    func early(backing: Backing) async throws {
        let app = ClosureApplication { exchange in
            exchange.request?.session?[Count.self] = 5
            try await exchange.request?.session?.save()
            try await accepting.handle(exchange)
        }
        let sessions = backing.sessions()
        let result = try await outcome(of: app.wrapped(by: sessions), .http, RequestScope())
        #expect(result.headerFields.setCookies.count == 1)
        var cookie = result.headerFields.cookie
        #expect(try await visit(sessionApp.wrapped(by: sessions), "/", &cookie).body == "5 - [Count] false")
    }
}
