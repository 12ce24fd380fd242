import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import Synchronization
import Testing

@testable import SAGITesting

@Suite("Cookies")
struct CookieTests {
    /// Sets the cookies that the query asks for, and tells those that came.
    static let application = app { http in
        var response = HTTPResponse(status: http.scope.rawPath == "/redirect" ? .found : .ok)
        for cookie in http.scope.query?.split(separator: "&") ?? [] {
            response.headerFields.append(HTTPField(name: .setCookie, value: String(cookie.replacing("%20", with: " "))))
        }
        if http.scope.rawPath == "/redirect" { response.headerFields[.location] = "/" }
        try await http.send(.start(response))
        try await http.send(.body(http.scope[.cookie] ?? "none"))
    }

    @Test("They are kept, sent, and taken back", arguments: TestMode.all)
    func keeps(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            #expect(try await client.get("/?a=1&b=2;%20Path=/deep;%20HttpOnly").text == "none")
            #expect(try await client.get("/").text == "a=1")
            #expect(try await client.get("/deep/er").text == "b=2; a=1")
            #expect(client.cookies["b"] == "2")
            #expect(try await client.get("/deep", headers: [.cookie: "own=0"]).text == "own=0; b=2; a=1")
            #expect(try await client.with { $0.usesCookies = false }.get("/?c=3").text == "none")
            #expect(client.cookies["c"] == nil)
            _ = try await client.get("/?a=;%20Max-Age=0")
            #expect(try await client.get("/").text == "none")
            client.cookies.clear()
            #expect(client.cookies.all.isEmpty)
        }
    }

    @Test("Those of a redirect are sent with what follows", arguments: TestMode.all)
    func redirects(mode: TestMode) async throws {
        try await TestClient.run(Self.application, in: mode) { client async throws in
            #expect(try await client.get("/redirect?a=1").text == "a=1")
        }
    }

    private static func target(_ url: String) throws -> Target {
        try Target(url, from: Target(scheme: "http", authority: "a.example"), normalizes: false)
    }

    /// What a jar sends to `url` when `cookie` was set by `origin`.
    private static func sent(_ cookie: String, from origin: String, to url: String) throws -> String? {
        let jar = CookieJar { 1_000_000_000 }
        jar.store([.setCookie: cookie], from: try target(origin))
        return jar.value(for: try target(url))
    }

    @Test(
        "They go where RFC 6265 says",
        arguments: [
            ("x=1", "http://a.example/", "http://a.example/b", "x=1"),
            ("x=1", "http://a.example:81/", "http://A.example/b", "x=1"),
            ("x=1", "http://a.example/", "http://b.a.example/", nil),
            ("x=1; Domain=a.example", "http://a.example/", "http://b.a.example/", "x=1"),
            ("x=1; Domain=.example", "http://a.example/", "http://b.example/", "x=1"),
            ("x=1; Domain=a.example", "http://a.example/", "http://ba.example/", nil),
            ("x=1; Domain=b.example", "http://a.example/", "http://b.example/", nil),
            ("x=1; Domain=0.1", "http://127.0.0.1/", "http://10.0.0.1/", nil),
            ("x=1", "http://a.example/p/q", "http://a.example/p", "x=1"),
            ("x=1", "http://a.example/p/q", "http://a.example/p/r?s", "x=1"),
            ("x=1", "http://a.example/p/q", "http://a.example/pp", nil),
            ("x=1; Path=/p/", "http://a.example/", "http://a.example/p", nil),
            ("x=1; Path=p", "http://a.example/q/r", "http://a.example/q/s", "x=1"),
            ("x=1; Secure", "https://a.example/", "https://a.example/", "x=1"),
            ("x=1; Secure", "https://a.example/", "http://a.example/", nil),
            ("x=1; Secure", "http://a.example/", "https://a.example/", nil),
            ("x=1; Max-Age=10", "http://a.example/", "http://a.example/", "x=1"),
            ("x=1; Max-Age=0", "http://a.example/", "http://a.example/", nil),
            ("x=1; Max-Age=-5", "http://a.example/", "http://a.example/", nil),
            ("x=1; Max-Age=99999999999999999999", "http://a.example/", "http://a.example/", "x=1"),
            ("x=1; Max-Age=soon", "http://a.example/", "http://a.example/", "x=1"),
            ("x=1; Expires=Sun, 09 Sep 2001 01:46:39 GMT", "http://a.example/", "http://a.example/", nil),
            ("x=1; Expires=Sun, 09-Sep-2001 01:46:41 GMT", "http://a.example/", "http://a.example/", "x=1"),
            ("x=1; Expires=Sun Sep  9 01:46:39 01", "http://a.example/", "http://a.example/", nil),
            ("x=1; Expires=tomorrow", "http://a.example/", "http://a.example/", "x=1"),
            ("x=1; Expires=Sun, 09 Sep 2001 01:46:39 GMT; Max-Age=5", "http://a.example/", "http://a.example/", "x=1"),
            (" x = a=b \"c\" ; unknown", "http://a.example/", "http://a.example/", "x=a=b \"c\""),
            ("nothing", "http://a.example/", "http://a.example/", nil),
            ("=1", "http://a.example/", "http://a.example/", nil),
        ] as [(String, String, String, String?)])
    func rules(cookie: String, origin: String, url: String, expected: String?) throws {
        #expect(try Self.sent(cookie, from: origin, to: url) == expected)
    }

    @Test("They expire with time, and a new one takes the old one's place")
    func time() throws {
        let clock = Clock(now: 100)
        let jar = CookieJar { clock.now }
        let target = try Self.target("http://a.example/")
        jar.store([.setCookie: "x=1; Max-Age=10"], from: target)
        clock.set(109)
        #expect(jar["x"] == "1")
        clock.set(110)
        #expect(jar["x"] == nil)
        #expect(jar.value(for: target) == nil)
        jar.store([.setCookie: "x=2"], from: target)
        jar.store([.setCookie: "x=3"], from: target)
        #expect(jar.all.map(\.value) == ["3"])
    }

    private final class Clock: Sendable {
        private let value: Mutex<Int>
        init(now: Int) { value = Mutex(now) }
        var now: Int { value.withLock { $0 } }
        func set(_ now: Int) { value.withLock { $0 = now } }
    }

    @Test("A test can set its own")
    func sets() async throws {
        try await TestClient.run(Self.application) { client async throws in
            client.cookies.set(CookieJar.Cookie("theme", "dark", domain: "testserver"))
            client.cookies.set(CookieJar.Cookie("other", "x", domain: "elsewhere.example"))
            #expect(try await client.get("/").text == "theme=dark")
            client.cookies.clear("theme")
            #expect(try await client.get("/").text == "none")
        }
    }
}
