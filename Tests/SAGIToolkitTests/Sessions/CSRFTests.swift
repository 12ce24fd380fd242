// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

/// What tokens are bound to.
enum Binding: String, CaseIterable, Sendable {
    case cookie, memorySession, cookieSession

    func app(_ inner: some Application, _ csrf: CSRF = CSRF(testKeys)) -> AnyApplication {
        switch self {
        case .cookie: AnyApplication(inner.wrapped(by: csrf))
        case .memorySession: AnyApplication(inner.wrapped(by: csrf).wrapped(by: Sessions(MemoryStore())))
        case .cookieSession: AnyApplication(inner.wrapped(by: csrf).wrapped(by: Sessions(CookieStore(testKeys))))
        }
    }
}

private let tokenHeader = HTTPField.Name("X-CSRF-Token")!
private let site = HTTPField.Name("Sec-Fetch-Site")!

/// Answers with a token, and otherwise with what it got.
private let guarded = Handler { request in
    switch request.path {
    case "/token": return try request.csrfToken
    case "/regenerate":
        try request.session.regenerate()
        return try request.csrfToken
    case "/untouched": return "untouched"
    default: return "got \(try await request.text())"
    }
}

@Suite("CSRF")
struct CSRFTests {
    @Test(
        "a request that changes something needs a token of this site, over a socket too", arguments: Binding.allCases,
        modes)
    func header(binding: Binding, mode: TestMode) async throws {
        try await TestClient.run(binding.app(guarded), in: mode) { client async throws in
            let token = try await client.get("/token").text
            #expect(try await client.post("/", headers: [tokenHeader: token], body: "x").text == "got x")
            // The page stays good, and each token is another text.
            let next = try await client.get("/token").text
            #expect(next != token)
            for good in [token, next] {
                #expect(try await client.put("/", headers: [tokenHeader: good], body: "y").status == .ok)
            }
            for bad in ["", "x", String(token.dropLast()), token + "A", String(token.reversed())] {
                let response = try await client.post("/", headers: [tokenHeader: bad])
                #expect(response.status == .forbidden)
            }
            #expect(try await client.post("/", body: "x").status == .forbidden)
            #expect(try await client.delete("/").status == .forbidden)
            #expect(try await client.request(.init("QUERY")!, "/").status == .forbidden)
            for method in [HTTPRequest.Method.get, .head, .options, .trace] {
                #expect(try await client.request(method, "/untouched").status == .ok)
            }
        }
    }

    @Test("a token of another client, other keys or another binding is none", arguments: Binding.allCases)
    func bound(binding: Binding) async throws {
        let app = binding.app(guarded)
        try await TestClient.run(app) { alice async throws in
            let stolen = try await alice.get("/token").text
            let bob = alice.with { $0.usesCookies = false }
            #expect(try await bob.post("/", headers: [tokenHeader: stolen]).status == .forbidden)
            let other = try await bob.get("/token")
            let cookie = other.headerFields.cookie
            let fields: HTTPFields = [.cookie: cookie, tokenHeader: stolen]
            #expect(try await bob.post("/", headers: fields).status == .forbidden)
            let own: HTTPFields = [.cookie: cookie, tokenHeader: other.text]
            #expect(try await bob.post("/", headers: own).status == .ok)
        }
        let request = try #require(Request(KindClient().exchange(.http, RequestScope())))
        #expect(throws: NoCSRFError.self) { try request.csrfToken }
        #expect(!request.isValidCSRFToken("x"))
    }

    @Test("a planted cookie without our signature is no secret, and does not replace the one that is there")
    func planted() async throws {
        let app = guarded.wrapped(by: CSRF(testKeys))
        var cookie = ""
        let token = try await visit(app, "/token", &cookie).body
        let forged = "csrf=\(CookieKeys.random().sign("x", for: "csrf"))"
        for value in ["csrf=", "csrf=x", forged, "csrf=\(testKeys.sign("x", for: "csrf"))"] {
            var copy = value
            // It is replaced when a page asks for a token.
            #expect(try await visit(app, "/token", &copy).headerFields.setCookies.count == 1)
            var both = "\(value); \(cookie)"
            #expect(try await visit(app, "/token", &both).headerFields.setCookies.isEmpty)
            let scope = RequestScope(.post, headers: [.cookie: "\(value); \(cookie)", tokenHeader: token])
            #expect(try await outcome(of: app, .http, scope).status == 200)
        }
    }

    @Test(
        "a cookie is set when a token is asked for and there is none, and never again", arguments: RequestKind.allCases)
    func cookie(kind: RequestKind) async throws {
        let plain = ClosureApplication { exchange in
            _ = try Request(exchange)?.csrfToken
            try await accepting.handle(exchange)
        }
        let asking = plain.wrapped(by: CSRF(testKeys))
        let first = try await outcome(of: asking, kind, RequestScope(scheme: "https"))
        let set = try #require(first.headerFields.setCookies.first)
        #expect(set.hasPrefix("__Host-csrf=") && set.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax"))
        #expect(first.headerFields[.vary] == "Cookie")
        let again = RequestScope(scheme: "https", headers: [.cookie: first.headerFields.cookie])
        #expect(try await outcome(of: asking, kind, again).headerFields.setCookies.isEmpty)
        let silent = accepting.wrapped(by: CSRF(testKeys))
        #expect(try await outcome(of: silent, kind, RequestScope()).headerFields.setCookies.isEmpty)
        let named = plain.wrapped(by: CSRF(testKeys, cookie: try CookieOptions(name: "x", sameSite: .strict)))
        #expect(
            try await outcome(of: named, kind, RequestScope()).headerFields.setCookies.first?.hasPrefix("x=") == true)
    }

    @Test("a token ends with its session", arguments: [Binding.memorySession, .cookieSession])
    func regenerated(binding: Binding) async throws {
        try await TestClient.run(binding.app(guarded)) { client async throws in
            let token = try await client.get("/token").text
            let next = try await client.get("/regenerate").text
            #expect(try await client.post("/", headers: [tokenHeader: token]).status == .forbidden)
            #expect(try await client.post("/", headers: [tokenHeader: next]).status == .ok)
        }
    }

    @Test("a token is of all keys, the first one makes it", arguments: Binding.allCases)
    func rotation(binding: Binding) async throws {
        let store = MemoryStore()
        func app(_ keys: CookieKeys) -> AnyApplication {
            let csrf = guarded.wrapped(by: CSRF(keys))
            return switch binding {
            case .cookie: AnyApplication(csrf)
            case .memorySession: AnyApplication(csrf.wrapped(by: Sessions(store)))
            case .cookieSession: AnyApplication(csrf.wrapped(by: Sessions(CookieStore(keys))))
            }
        }
        let former = try CookieKeys(CookieKeysTests.old)
        let page = try await outcome(of: app(former), .http, RequestScope(.get, "/token"))
        let fields: HTTPFields = [.cookie: page.headerFields.cookie, tokenHeader: page.body]
        let both = try CookieKeys(CookieKeysTests.new, CookieKeysTests.old)
        #expect(try await outcome(of: app(both), .http, RequestScope(.post, headers: fields)).status == 200)
        let later = try CookieKeys(CookieKeysTests.new)
        #expect(try await outcome(of: app(later), .http, RequestScope(.post, headers: fields)).status == 403)
    }

    @Test("an event stream that is asked for with POST needs a token too")
    func eventStream() async throws {
        let app = accepting.wrapped(by: CSRF(testKeys))
        #expect(try await outcome(of: app, .eventStream, RequestScope()).isAccepted)
        let refused = try await outcome(of: app, .eventStream, RequestScope(.post))
        #expect((refused.isAccepted, refused.status) == (false, 403))
        let page = try await outcome(of: guarded.wrapped(by: CSRF(testKeys)), .http, RequestScope(.get, "/token"))
        let fields: HTTPFields = [
            .cookie: page.headerFields.cookie, .contentType: "application/x-www-form-urlencoded",
        ]
        let scope = RequestScope(.post, headers: fields)
        #expect(try await outcome(of: app, .eventStream, scope, content: "csrf_token=\(page.body)").isAccepted)
        #expect(try await !outcome(of: app, .eventStream, scope, content: "csrf_token=x").isAccepted)
    }

    @Test(
        "paths are exempt with what is below them, unless another reader could take them for others",
        arguments: [
            ("/hooks", true), ("/hooks/", true), ("/hooks/a/b", true), ("/hooksx", false), ("/", false),
            ("/x/hooks", false), ("/hooks/../admin", false), ("/hooks/%2e%2e/admin", false), ("/hooks/./a", false),
            ("/hooks/..\\admin", false), ("/HOOKS", false), ("/api/", true), ("/api/x", true), ("/api", false),
        ])
    func exempt(path: String, isExempt: Bool) async throws {
        let app = accepting.wrapped(by: CSRF(testKeys, exempt: ["/hooks", "/api/"]))
        #expect(try await outcome(of: app, .http, RequestScope(.post, path)).isAccepted == isExempt)
    }

    @Test("other names and methods")
    func options() async throws {
        let csrf = CSRF(testKeys, header: "X-Token", formField: "t", safeMethods: [.get, .init("REPORT")!])
        let page = try await outcome(of: guarded.wrapped(by: csrf), .http, RequestScope(.get, "/token"))
        let app = accepting.wrapped(by: csrf)
        let cookie = page.headerFields.cookie
        let form = "application/x-www-form-urlencoded"
        for (method, headers, content, status) in [
            (.post, [.cookie: cookie, HTTPField.Name("X-Token")!: page.body], "", 200),
            (.post, [.cookie: cookie, tokenHeader: page.body], "", 403),
            (.post, [.cookie: cookie, .contentType: form], "t=\(page.body)", 200),
            (.post, [.cookie: cookie, .contentType: form], "csrf_token=\(page.body)", 403),
            (.init("REPORT")!, [:], "", 200), (.head, [:], "", 403),
        ] as [(HTTPRequest.Method, HTTPFields, String, Int)] {
            let scope = RequestScope(method, headers: headers)
            #expect(try await outcome(of: app, .http, scope, content: content).status == status)
        }
    }

    @Test("content of another type is asked about by the application", arguments: modes)
    func byHand(mode: TestMode) async throws {
        let app = Handler { request in
            if request.path == "/token" { return try request.csrfToken }
            return "\(request.isValidCSRFToken(request.query["t"])) \(request.isValidCSRFToken(nil))"
        }.wrapped(by: CSRF(testKeys, exempt: ["/upload"]))
        try await TestClient.run(app, in: mode) { client async throws in
            let token = try await client.get("/token").text
            #expect(try await client.post("/upload", query: ["t": token]).text == "true false")
            #expect(try await client.post("/upload", query: ["t": ""]).text == "false false")
            #expect(try await client.post("/upload").text == "false false")
        }
    }
}

@Suite("CSRF tokens in forms")
struct CSRFFormTests {
    private let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded; charset=utf-8"]

    /// Answers with the content, event by event.
    private let reading = ClosureApplication { exchange in
        guard case .http(let http) = exchange else { return }
        var parts: [String] = []
        loop: while true {
            switch try await http.receive() {
            case .body(let bytes, let more):
                parts.append(String(buffer: bytes))
                if !more { break loop }
            case .trailers, .disconnect: break loop
            }
        }
        // What follows the content is the server's own.
        if case .disconnect = try await http.receive() { parts.append("gone") }
        try await http.send(.start(HTTPResponse(status: .ok)))
        try await http.send(.body(parts.joined()))
    }

    /// A client's token and cookie.
    private func page(_ csrf: CSRF) async throws -> (token: String, cookie: String) {
        let page = try await outcome(of: guarded.wrapped(by: csrf), .http, RequestScope(.get, "/token"))
        return (page.body, page.headerFields.cookie)
    }

    /// Calls an application with content in pieces, and then a client that goes.
    private func post(
        _ app: some Application, _ pieces: [String], _ fields: HTTPFields, isWhole: Bool = true
    ) async throws -> (Outcome, received: Int) {
        let source = Pieces(pieces, isWhole: isWhole)
        let client = KindClient()
        guard case .http(var http) = client.exchange(.http, RequestScope(.post, headers: fields)) else { throw Lost() }
        http.receive = Receive { source.next() }
        try await app.handle(.http(http))
        return (client.outcome, source.received)
    }

    private struct Lost: Error {}

    @Test("the content is left to the application whole, over a socket too", arguments: Binding.allCases, modes)
    func replays(binding: Binding, mode: TestMode) async throws {
        let app = Handler { request in
            if request.path == "/token" { return try request.csrfToken }
            return try await request.form()["name"] ?? "none"
        }
        try await TestClient.run(binding.app(app), in: mode) { client async throws in
            let token = try await client.get("/token").text
            let good = try await client.post("/", body: .form(["csrf_token": token, "name": "a b&c"]))
            #expect(good.text == "a b&c")
            for bad in ["", "x", token.uppercased()] {
                let response = try await client.post("/", body: .form(["csrf_token": bad, "name": "a"]))
                #expect(response.status == .forbidden)
            }
            #expect(try await client.post("/", body: .form(["name": "a"])).status == .forbidden)
        }
    }

    @Test("is found however the content is cut, and what follows it comes from the client")
    func pieces() async throws {
        let csrf = CSRF(testKeys)
        let (token, cookie) = try await page(csrf)
        let text = "a=1&csrf_token=\(token)&b=2"
        var fields = form
        fields[.cookie] = cookie
        for pieces in [
            [text], text.map { "\($0)" }, [text, ""], ["", text],
            [String(text.prefix(20)), String(text.dropFirst(20))],
        ] {
            let (result, _) = try await post(reading.wrapped(by: csrf), pieces, fields)
            #expect(result.body == text + "gone")
        }
        // A client that goes has shown nothing.
        let (result, _) = try await post(reading.wrapped(by: csrf), [text], fields, isWhole: false)
        #expect(result.status == 403)
    }

    @Test("a long form is read no further than the limit, and the rest streams")
    func bounded() async throws {
        let csrf = CSRF(testKeys, formLimit: 1000)
        let (token, cookie) = try await page(csrf)
        var fields = form
        fields[.cookie] = cookie
        let rest = Array(repeating: String(repeating: "x", count: 300), count: 50)
        let first = ["csrf_token=\(token)&long="] + rest
        let (good, _) = try await post(reading.wrapped(by: csrf), first, fields)
        #expect(good.body == first.joined() + "gone")
        let (late, received) = try await post(
            reading.wrapped(by: csrf), ["long="] + rest + ["&csrf_token=\(token)"], fields)
        #expect((late.status, received) == (403, 5))
        // A name that the limit cuts off is none.
        let cut = String(repeating: "y", count: 1000 - 3 - 11 - 40)
        #expect(try await post(reading.wrapped(by: csrf), ["a=\(cut)&csrf_token=\(token)"], fields).0.status == 403)
    }

    @Test("is not looked for in other content, nor where there is a field")
    func otherContent() async throws {
        let csrf = CSRF(testKeys)
        let (token, cookie) = try await page(csrf)
        for (fields, status) in [
            ([.contentType: "text/plain", .cookie: cookie], 403),
            ([.contentType: "multipart/form-data; boundary=x", .cookie: cookie], 403),
            ([.cookie: cookie], 403),
            ([.contentType: "application/x-www-form-urlencoded", .cookie: cookie, tokenHeader: "x"], 403),
            ([.contentType: "APPLICATION/X-WWW-FORM-URLENCODED", .cookie: cookie], 200),
        ] as [(HTTPFields, Int)] {
            let (result, received) = try await post(reading.wrapped(by: csrf), ["csrf_token=\(token)"], fields)
            #expect(result.status == status)
            #expect(status == 200 || received == 0)
        }
        let off = CSRF(testKeys, formField: nil)
        let (page, cookies) = try await page(off)
        let fields: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .cookie: cookies]
        #expect(try await post(reading.wrapped(by: off), ["csrf_token=\(page)"], fields).0.status == 403)
    }
}

@Suite("The origin of a request")
struct OriginTests {
    @Test(
        "another site's is refused, whatever it asks for",
        arguments: [
            ([:], true),
            ([.origin: "http://example.org"], true),
            ([.origin: "HTTP://EXAMPLE.ORG:80"], true),
            ([.origin: "https://example.org"], true),
            ([.origin: "http://example.org:8080"], false),
            ([.origin: "http://evil.org"], false),
            ([.origin: "http://example.org.evil.org"], false),
            ([.origin: "http://evil.org/example.org"], false),
            ([.origin: "null"], false),
            ([.origin: ""], false),
            ([.origin: "example.org"], false),
            ([.origin: "chrome-extension://example.org"], false),
            ([.origin: "https://app.example.org"], true),
            ([.origin: "https://APP.example.org"], true),
            ([.origin: "http://app.example.org"], false),
            ([site: "same-origin"], true),
            ([site: "none"], true),
            ([site: "same-site"], false),
            ([site: "cross-site"], false),
            ([site: "cross-site", .origin: "https://app.example.org"], true),
            ([site: "cross-site", .origin: "http://example.org"], false),
            ([site: "same-origin", .origin: "http://internal:8000"], true),
        ] as [(HTTPFields, Bool)], RequestKind.allCases)
    func origins(sample: (HTTPFields, Bool), kind: RequestKind) async throws {
        let csrf = CSRF(testKeys, trustedOrigins: ["https://app.example.org/"])
        let page = try await outcome(of: guarded.wrapped(by: csrf), .http, RequestScope(.get, "/token"))
        var fields = sample.0
        fields[.cookie] = page.headerFields.cookie
        fields[tokenHeader] = page.body
        let app = accepting.wrapped(by: csrf)
        let result = try await outcome(of: app, kind, RequestScope(.post, headers: fields))
        #expect(result.isAccepted == sample.1)
        #expect(sample.1 || result.status == 403)
    }

    @Test("a page that came over http is another site for https", arguments: RequestKind.allCases)
    func schemes(kind: RequestKind) async throws {
        let csrf = CSRF(testKeys)
        let app = accepting.wrapped(by: csrf)
        guard kind == .webSocket || kind == .webTransport else { return }
        for (origin, isAccepted) in [("http://example.org", false), ("https://example.org", true)] {
            let scope = RequestScope(scheme: "https", headers: [.origin: origin])
            #expect(try await outcome(of: app, kind, scope).isAccepted == isAccepted)
        }
    }

    @Test(
        "reading is free, and the check can be left to the token, but not for sockets", arguments: RequestKind.allCases)
    func option(kind: RequestKind) async throws {
        let csrf = CSRF(testKeys, checksOrigin: false)
        let app = accepting.wrapped(by: csrf)
        let isSocket = kind == .webSocket || kind == .webTransport
        let foreign = RequestScope(headers: [.origin: "http://evil.org", site: "cross-site"])
        #expect(try await outcome(of: app, kind, foreign).isAccepted == !isSocket)
        let page = try await outcome(of: guarded.wrapped(by: csrf), .http, RequestScope(.get, "/token"))
        let fields: HTTPFields = [
            .origin: "http://evil.org", .cookie: page.headerFields.cookie, tokenHeader: page.body,
        ]
        #expect(try await outcome(of: app, kind, RequestScope(.post, headers: fields)).isAccepted == !isSocket)
        // An exempt path is exempt for sockets too.
        let open = accepting.wrapped(by: CSRF(testKeys, exempt: ["/"]))
        #expect(try await outcome(of: open, kind, foreign).isAccepted)
    }
}

/// Content in pieces, as a client sends it, and the end of the client.
private final class Pieces: Sendable {
    private let state: Mutex<(rest: [String], received: Int)>
    private let isWhole: Bool

    init(_ pieces: [String], isWhole: Bool) {
        state = Mutex((pieces.reversed(), 0))
        self.isWhole = isWhole
    }

    /// How many pieces have been received.
    var received: Int { state.withLock { $0.received } }

    func next() -> HTTPRequestEvent {
        state.withLock { state in
            guard let piece = state.rest.popLast() else { return .disconnect(.clientClosed) }
            state.received += 1
            return .body(ByteBuffer(string: piece), more: !state.rest.isEmpty || !isWhole)
        }
    }
}
