// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

/// The two places where sessions can be.
enum Backing: String, CaseIterable, Sendable {
    case memory, actor, encrypted, signed

    func sessions(
        cookie: CookieOptions = CookieOptions(), expiresAfter: Duration = .seconds(7200), isSliding: Bool = true,
        absoluteLifetime: Duration? = nil, isPersistent: Bool = true, time: TestTime = TestTime()
    ) -> Sessions {
        func server(_ store: some SessionStore) -> Sessions {
            Sessions(
                store, cookie: cookie, expiresAfter: expiresAfter, isSliding: isSliding,
                absoluteLifetime: absoluteLifetime, isPersistent: isPersistent, now: { time.date })
        }
        func client(_ store: CookieStore) -> Sessions {
            Sessions(
                store, cookie: cookie, expiresAfter: expiresAfter, isSliding: isSliding,
                absoluteLifetime: absoluteLifetime, isPersistent: isPersistent, now: { time.date })
        }
        return switch self {
        case .memory: server(MemoryStore())
        case .actor: server(TestStore())
        case .encrypted: client(CookieStore(testKeys))
        case .signed: client(CookieStore(testKeys, .signed))
        }
    }

    var isOnServer: Bool { self == .memory || self == .actor }
}

/// Calls an application once, and keeps the cookies as a browser would that knows one session.
func visit(
    _ app: some Application, _ path: String, _ cookie: inout String, scheme: String = "http"
) async throws -> Outcome {
    let headers: HTTPFields = cookie.isEmpty ? [:] : [.cookie: cookie]
    let result = try await outcome(of: app, .http, RequestScope(.get, path, scheme: scheme, headers: headers))
    result.change(&cookie)
    return result
}

extension TestClient {
    /// The same for a running application. The client's own cookies would go by the time of day, not by the test's.
    func visit(_ path: String, _ cookie: inout String) async throws -> Outcome {
        let headers: HTTPFields = cookie.isEmpty ? [:] : [.cookie: cookie]
        let response = try await with { $0.usesCookies = false }.get(path, headers: headers)
        let result = Outcome(response, isAccepted: response.status == .ok)
        result.change(&cookie)
        return result
    }
}

extension Outcome {
    fileprivate func change(_ cookie: inout String) {
        guard let set = headerFields.setCookies.last else { return }
        cookie = set.contains("Max-Age=0") ? "" : headerFields.cookie
    }
}

@Suite("Sessions")
struct SessionTests {
    @Test("remember a client, over a socket too", arguments: Backing.allCases, modes)
    func remembers(backing: Backing, mode: TestMode) async throws {
        try await TestClient.run(sessionApp.wrapped(by: backing.sessions()), in: mode) { client async throws in
            #expect(try await client.get("/").text == "0 - [] true")
            #expect(client.cookies.all.isEmpty)
            #expect(try await client.get("/add").text == "1 - [Count] true")
            #expect(try await client.get("/add/name").text == "2 ada [Count,Name] false")
            #expect(try await client.get("/unname").text == "2 - [Count] false")
            let cookie = try #require(client.cookies.all.first)
            #expect((cookie.name, cookie.path, cookie.isHTTPOnly, cookie.sameSite) == ("session", "/", true, "Lax"))
            #expect(try await client.get("/destroy").text == "0 - [] true")
            #expect(client.cookies.all.isEmpty)
            #expect(try await client.get("/").text == "0 - [] true")
        }
    }

    @Test(
        "an identifier of the client's own, or one that is not known, is never taken over", arguments: Backing.allCases)
    func fixation(backing: Backing) async throws {
        let app = sessionApp.wrapped(by: backing.sessions())
        let own = String(repeating: "A", count: 32)
        for planted in [own, "", "x", "../../etc", "\"\(own)\"", String(repeating: "A", count: 4000)] {
            var cookie = "session=\(planted)"
            #expect(try await visit(app, "/", &cookie).headerFields.setCookies.isEmpty)
            let result = try await visit(app, "/add", &cookie)
            #expect(result.body == "1 - [Count] true")
            #expect(cookie != "session=\(planted)" && !cookie.isEmpty)
        }
    }

    @Test("a planted cookie of the same name does not hide the session", arguments: Backing.allCases)
    func tossed(backing: Backing) async throws {
        let app = sessionApp.wrapped(by: backing.sessions())
        var cookie = ""
        _ = try await visit(app, "/add", &cookie)
        var both = "session=planted; \(cookie)"
        #expect(try await visit(app, "/", &both).body == "1 - [Count] false")
    }

    @Test("no more than four cookies of the name cost a look into the store")
    func boundedLookups() async throws {
        let store = TestStore()
        let app = sessionApp.wrapped(by: Sessions(store))
        let token = String(repeating: "A", count: 32)
        var cookie = Array(repeating: "session=\(token)", count: 50).joined(separator: "; ")
        _ = try await visit(app, "/", &cookie)
        #expect(await store.gets == 4)
        cookie = "session=short; session=!"
        _ = try await visit(app, "/", &cookie)
        #expect(await store.gets == 4)
    }

    @Test("regenerating keeps the values, and the former identity is worth nothing", arguments: Backing.allCases)
    func regenerates(backing: Backing) async throws {
        let app = sessionApp.wrapped(by: backing.sessions())
        var cookie = ""
        _ = try await visit(app, "/add", &cookie)
        let former = cookie
        #expect(try await visit(app, "/regenerate/add", &cookie).body == "2 - [Count] true")
        #expect(cookie != former)
        #expect(try await visit(app, "/", &cookie).body == "2 - [Count] false")
        var copy = former
        // What is in a cookie cannot be called back.
        #expect(try await visit(app, "/", &copy).body == (backing.isOnServer ? "0 - [] true" : "1 - [Count] false"))
    }

    @Test("after destroying, what is put in begins another one", arguments: Backing.allCases)
    func destroysAndBegins(backing: Backing) async throws {
        let app = sessionApp.wrapped(by: backing.sessions())
        var cookie = ""
        _ = try await visit(app, "/add/name", &cookie)
        let former = cookie
        #expect(try await visit(app, "/destroy/add", &cookie).body == "1 - [Count] true")
        #expect(!cookie.isEmpty && cookie != former)
        #expect(try await visit(app, "/", &cookie).body == "1 - [Count] false")
        // Nothing to be taken back.
        var none = ""
        #expect(try await visit(app, "/destroy/regenerate", &none).headerFields.setCookies.isEmpty)
    }

    @Test("reading sets no cookie and keeps nothing", arguments: Backing.allCases, [true, false])
    func reading(backing: Backing, isSliding: Bool) async throws {
        let app = sessionApp.wrapped(by: backing.sessions(isSliding: isSliding))
        var cookie = ""
        _ = try await visit(app, "/add", &cookie)
        for path in ["/", "/same", "/nothing"] {
            #expect(try await visit(app, path, &cookie).headerFields.setCookies.isEmpty)
        }
    }

    @Test("any change counts, however it was made, and one that is taken back does not", arguments: [true, false])
    func dirty(inCookie: Bool) async throws {
        let store = TestStore()
        let sessions = inCookie ? Sessions(CookieStore(testKeys)) : Sessions(store)
        let app = Handler { request in
            let session = try request.session
            switch request.path {
            case "/begin": session[Items.self] = ["a": [1, 2]]
            case "/deep": session[Items.self]?["a"]?[1] = 7
            case "/back":
                session[Items.self]?["a"]?.append(9)
                session[Items.self]?["a"]?.removeLast()
                session[Name.self] = "x"
                session[Name.self] = nil
            case "/clear": session.removeAll()
            default: break
            }
            return "\(session[Items.self]?["a"] ?? [])"
        }.wrapped(by: sessions)
        var cookie = ""
        for (path, expected, isKept) in [
            ("/begin", "[1, 2]", true), ("/deep", "[1, 7]", true), ("/back", "[1, 7]", false), ("/", "[1, 7]", false),
            ("/clear", "[]", true), ("/", "[]", false),
        ] {
            let before = await store.lifetimes.count
            let result = try await visit(app, path, &cookie)
            #expect(result.body == expected)
            #expect(
                (inCookie ? !result.headerFields.setCookies.isEmpty : await store.lifetimes.count > before) == isKept)
        }
    }

    @Test("only a response for which the session was looked at varies with cookies", arguments: Backing.allCases)
    func varies(backing: Backing) async throws {
        let app = sessionApp.wrapped(by: backing.sessions())
        var cookie = ""
        #expect(try await visit(app, "/", &cookie).headerFields[.vary] == "Cookie")
        #expect(try await visit(app, "/nothing", &cookie).headerFields[.vary] == nil)
    }

    @Test("a second one further inside does nothing", arguments: RequestKind.allCases)
    func idempotent(kind: RequestKind) async throws {
        let (inner, outer) = (TestStore(), TestStore())
        let app = beginning.wrapped(by: Sessions(inner)).wrapped(by: Sessions(outer))
        let result = try await outcome(of: app, kind, RequestScope())
        #expect(result.headerFields.setCookies.count == 1)
        #expect(await (inner.kept.count, outer.kept.count) == (0, 1))
    }

    @Test("without the middleware there is a sentence, and no crash")
    func missing() async throws {
        let request = try #require(Request(KindClient().exchange(.http, RequestScope())))
        #expect(throws: SessionError.noSessions) { try request.session }
        #expect(request.scope.session == nil)
        var scope = RequestScope()
        scope.session = Session()
        try Request(scope: scope).session[Count.self] = 4
        #expect(scope.session?[Count.self] == 4)
        try await scope.session?.save()
    }

    @Test("values are typed: numbers that JSON does not know too, and what is no such value is nil")
    func typed() throws {
        let session = Session()
        session[Ratio.self] = .infinity
        #expect(session[Ratio.self] == .infinity)
        enum Other: SessionKey {
            typealias Value = [String]
            static var name: String { "Count" }
        }
        session[Count.self] = 3
        #expect(session[Other.self] == nil)
        session[Other.self] = ["a"]
        #expect(session[Count.self] == nil)
        #expect(session.names == ["Count", "Ratio"])
        #expect("\(session)" == "Session(2 values)")
    }

    @Test("a value that cannot be encoded fails the response, and leaves what was kept", arguments: Backing.allCases)
    func notEncodable(backing: Backing) async throws {
        struct Bad: Codable { func encode(to encoder: any Encoder) throws { throw CancellationError() } }
        enum BadKey: SessionKey { typealias Value = Bad }
        let app = Handler { request in
            let session = try request.session
            if request.path == "/bad" {
                session[Count.self] = 9
                session[BadKey.self] = Bad()
            } else {
                session[Count.self, default: 0] += 1
            }
            return "\(session[Count.self] ?? 0)"
        }.wrapped(by: backing.sessions())
        var cookie = ""
        _ = try await visit(app, "/", &cookie)
        await #expect(throws: SessionError.notEncodable("BadKey")) { try await visit(app, "/bad", &cookie) }
        #expect(try await visit(app, "/", &cookie).body == "2")
    }

    @Test("neither identifier nor values are in the log, or in anything that is printed")
    func quiet() async throws {
        let lines = LineLog.Lines()
        let logger = Logger(label: "test") { _ in LineLog(lines) }
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { return }
            http.scope.logger.info("\(http.scope.session.map { "\($0)" } ?? "")")
            try await http.send(.start(HTTPResponse(status: .ok)))
            // Too late to begin one.
            http.scope.session?[Name.self] = "secret value"
            try await http.send(.body("x"))
        }.wrapped(by: Sessions(MemoryStore()))
        let token = String(repeating: "A", count: 32)
        let scope = RequestScope(
            request: HTTPRequest(
                method: .get, scheme: "http", authority: "a", path: "/", headerFields: [.cookie: "session=\(token)"]),
            logger: logger)
        try await app.handle(KindClient().exchange(.http, scope))
        #expect(lines.all.count { $0.contains("too late") } == 1)
        #expect(!lines.all.contains { $0.contains(token) || $0.contains("secret") })
        let id = SessionID(rawValue: "abc")
        var dumped = "\(id) \(String(reflecting: id))"
        dump(id, to: &dumped)
        #expect(!dumped.contains("abc"))
    }

    @Test("the store sees neither what the client has, nor a value that stays the same")
    func hashed() async throws {
        let store = TestStore()
        var cookie = ""
        _ = try await visit(sessionApp.wrapped(by: Sessions(store)), "/add", &cookie)
        let id = try #require(await store.kept.keys.first)
        #expect(!cookie.contains(id.rawValue) && id.rawValue.utf8.count == 43)
    }
}

/// Counts in the session before it accepts, whatever the kind.
let beginning = ClosureApplication { exchange in
    exchange.request?.session?[Count.self, default: 0] += 1
    try await accepting.handle(exchange)
}
