import HTTPTypes
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import TestSupport
import Testing

@Suite("The cookie of a session")
struct SessionCookieTests {
    @Test("is named and secured as the scheme allows", arguments: Backing.allCases)
    func automatic(backing: Backing) async throws {
        for (options, scheme, expected) in [
            (CookieOptions(), "http", "session=; Path=/; Max-Age=7200; HttpOnly; SameSite=Lax"),
            (CookieOptions(), "https", "__Host-session=; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax"),
            (
                try CookieOptions(domain: "example.org"), "https",
                "__Secure-session=; Path=/; Domain=example.org; Max-Age=7200; Secure; HttpOnly; SameSite=Lax"
            ),
            (
                try CookieOptions(path: "/app", sameSite: .strict), "https",
                "__Secure-session=; Path=/app; Max-Age=7200; Secure; HttpOnly; SameSite=Strict"
            ),
            (
                try CookieOptions(name: "sid", isSecure: false), "https",
                "sid=; Path=/; Max-Age=7200; HttpOnly; SameSite=Lax"
            ),
            (
                try CookieOptions(isSecure: true), "http",
                "__Host-session=; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax"
            ),
            (
                try CookieOptions(name: "__Host-sid"), "http",
                "__Host-sid=; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax"
            ),
            (
                try CookieOptions(sameSite: .none, isPartitioned: true), "https",
                "__Host-session=; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=None; Partitioned"
            ),
            (
                try CookieOptions(sameSite: .none, isPartitioned: true), "http",
                "session=; Path=/; Max-Age=7200; HttpOnly; SameSite=Lax"
            ),
        ] {
            let app = sessionApp.wrapped(by: backing.sessions(cookie: options))
            var cookie = ""
            let set = try await visit(app, "/add", &cookie, scheme: scheme).headerFields.setCookies
            #expect(set.map(withoutValue) == [expected])
            // It is found again, and taken back with the same flags.
            #expect(try await visit(app, "/add", &cookie, scheme: scheme).body == "2 - [Count] false")
            let end = try await visit(app, "/destroy", &cookie, scheme: scheme).headerFields.setCookies
            let deletion = expected.replacing(
                "Max-Age=7200", with: "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
            #expect(end == [deletion])
        }
    }

    private func withoutValue(_ field: String) -> String {
        "\(field.prefix { $0 != "=" })=\(field.drop { $0 != ";" })"
    }

    @Test("is kept by a client over a socket, with TLS and without", arguments: Backing.allCases, [false, true])
    func live(backing: Backing, isSecure: Bool) async throws {
        let certificate = try Certificate()
        defer { certificate.remove() }
        let mode: TestMode = isSecure ? .tls(certificate.identity) : .live
        let app = AnyApplication(sessionApp.wrapped(by: backing.sessions()))
        try await TestClient.run(app, in: mode) { client async throws in
            for count in 1...3 { #expect(try await client.get("/add").text.hasPrefix("\(count) - [Count]")) }
            let cookie = try #require(client.cookies.all.first)
            #expect(client.cookies.all.count == 1 && cookie.isSecure == isSecure && cookie.isHTTPOnly)
            #expect(cookie.name == (isSecure ? "__Host-session" : "session"))
            let other = client.with { $0.usesCookies = false }
            #expect(try await other.get("/").text == "0 - [] true")
            #expect(try await client.get("/destroy").headerFields.setCookies.count == 1)
            #expect(client.cookies.all.isEmpty)
            #expect(try await client.get("/").text == "0 - [] true")
        }
    }

    @Test("goes with the browser when it is not to persist", arguments: Backing.allCases)
    func notPersistent(backing: Backing) async throws {
        let app = sessionApp.wrapped(by: backing.sessions(isPersistent: false))
        var cookie = ""
        let set = try await visit(app, "/add", &cookie).headerFields.setCookies
        #expect(set.count == 1 && set.allSatisfy { !$0.contains("Max-Age") && !$0.contains("Expires") })
    }

    @Test("options that make no cookie are refused when they are given")
    func refused() throws {
        #expect(throws: CookieError.self) { try CookieOptions(name: "a b") }
        #expect(throws: CookieError.self) { try CookieOptions(name: "__Host-a", domain: "example.org") }
        #expect(throws: CookieError.self) { try CookieOptions(name: "__Host-a", path: "/x") }
        #expect(throws: CookieError.self) { try CookieOptions(name: "__Secure-a", isSecure: false) }
        #expect(throws: CookieError.self) { try CookieOptions(path: "x") }
        #expect(throws: CookieError.self) { try CookieOptions(domain: "a b") }
        #expect(throws: CookieError.self) { try CookieOptions(sameSite: .none, isSecure: false) }
        #expect(throws: CookieError.self) { try CookieOptions(isSecure: false, isPartitioned: true) }
    }

    @Test("that is too large is an error that says so, and the session stays as it was")
    func tooLarge() async throws {
        let app = Handler { request in
            let session = try request.session
            if request.path == "/large" { session[Name.self] = String(repeating: "x", count: 4000) }
            session[Count.self, default: 0] += 1
            return "\(session[Count.self] ?? 0)"
        }.wrapped(by: Sessions(CookieStore(testKeys)))
        var cookie = ""
        _ = try await visit(app, "/", &cookie)
        let error = await #expect(throws: SessionError.self) { try await visit(app, "/large", &cookie) }
        guard case .tooLarge(let bytes) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(bytes > 4096 && "\(SessionError.tooLarge(bytes: bytes))".contains("4096"))
        #expect(try await visit(app, "/", &cookie).body == "2")
    }

    @Test("is read by servers with the same keys, under its own name only")
    func protected() async throws {
        var cookie = ""
        _ = try await visit(sessionApp.wrapped(by: Sessions(CookieStore(testKeys))), "/name", &cookie)
        #expect(
            try await visit(sessionApp.wrapped(by: Sessions(CookieStore(testKeys))), "/", &cookie).body
                == "0 ada [Name] false")
        let former = cookie
        for other in [
            Sessions(CookieStore(testKeys, .signed)), Sessions(CookieStore(.random())),
            Sessions(CookieStore(testKeys), cookie: try CookieOptions(name: "other")),
        ] {
            cookie = former.replacing("session=", with: "other=") + "; " + former
            #expect(try await visit(sessionApp.wrapped(by: other), "/", &cookie).body == "0 - [] true")
        }
        // What an application signs for itself is no session.
        cookie = "session=\(testKeys.sign("x", for: "session"))"
        #expect(
            try await visit(sessionApp.wrapped(by: Sessions(CookieStore(testKeys, .signed))), "/", &cookie).body
                == "0 - [] true")
    }
}
