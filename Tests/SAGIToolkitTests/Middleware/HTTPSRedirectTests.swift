// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("HTTPSRedirect")
struct HTTPSRedirectTests {
    @Test(
        "keeps the method, the raw path and the query",
        arguments: [
            ("/", "https://example.org/"), ("/a%2Fb%20c?d=%0d&e", "https://example.org/a%2Fb%20c?d=%0d&e"),
            ("/?", "https://example.org/?"), ("//evil.example/x", "https://example.org//evil.example/x"),
            ("/\\evil", "https://example.org/%5Cevil"), ("/%0d%0aX:%20y", "https://example.org/%0d%0aX:%20y"),
        ])
    func target(_ path: String, _ expected: String) async throws {
        let app = accepting.wrapped(by: try HTTPSRedirect())
        let response = try await outcome(of: app, .http, RequestScope(.post, path))
        #expect(response.status == 308)
        #expect(response.headerFields[.location] == expected)
    }

    @Test(
        "maps ports, and goes to the host it is told",
        arguments: [
            (nil, [:], "example.org:80", "https://example.org/"),
            (nil, [:], "example.org:8080", "https://example.org/"),
            (nil, [8080: 8443], "example.org:8080", "https://example.org:8443/"),
            (nil, [80: 8443], "example.org", "https://example.org:8443/"),
            (nil, [:], "[::1]:80", "https://[::1]/"), ("www.example.org", [80: 1], "evil", "https://www.example.org/"),
            ("www.example.org:8443", [:], "evil", "https://www.example.org:8443/"),
        ] as [(String?, [Int: Int], String, String)])
    func host(_ host: String?, _ ports: [Int: Int], _ authority: String, _ expected: String) async throws {
        let app = accepting.wrapped(by: try HTTPSRedirect(host: host, ports: ports))
        let response = try await outcome(of: app, .http, RequestScope(authority: authority))
        #expect(response.headerFields[.location] == expected)
    }

    @Test("answers 400 to a host that is none", arguments: ["a@b", "a b", "", "a/b"])
    func invalidHost(_ authority: String) async throws {
        let app = accepting.wrapped(by: try HTTPSRedirect())
        #expect(try await outcome(of: app, .http, RequestScope(authority: authority)).status == 400)
    }

    @Test("redirects what follows redirects, and refuses what does not", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let app = accepting.wrapped(by: try HTTPSRedirect(status: .temporaryRedirect))
        let refused = try await outcome(of: app, kind, RequestScope())
        #expect(refused.status == (kind == .http || kind == .eventStream ? 307 : 403))
        #expect(try await outcome(of: app, kind, RequestScope(scheme: "https")).isAccepted)
    }

    @Test("a request without a path has nothing to go to")
    func noPath() async throws {
        let app = accepting.wrapped(by: try HTTPSRedirect())
        #expect(try await outcome(of: app, .http, RequestScope(.options, "*")).status == 403)
    }

    @Test(
        "leaves out what is excluded, and nothing that only looks like it",
        arguments: [
            ("/.well-known/acme-challenge", true), ("/.well-known/acme-challenge/token", true),
            ("/.well-known/acme-challenge-2", false), ("/.well-known", false),
            ("/.well-known/acme-challenge/../../admin", false), ("/.well-known/acme-challenge/%2e%2E/admin", false),
            ("/.well-known/acme-challenge%2Fx", false), ("/.well-known/acme-challenge/..%5Cadmin", false),
        ])
    func exclude(_ path: String, _ isServed: Bool) async throws {
        let app = accepting.wrapped(by: try HTTPSRedirect(exclude: ["/.well-known/acme-challenge"]))
        #expect(try await outcome(of: app, .http, RequestScope(.get, path)).isAccepted == isServed)
    }

    @Test("goes to the path that the client sent, from inside a mount and behind a proxy")
    func mounted() async throws {
        let redirect = try HTTPSRedirect()
        let inner = try Router { routes in routes.get("/x") { _ in "x" } }
        let router = try Router { routes in routes.mount("/api", inner.wrapped(by: redirect)) }
        let app = router.wrapped(by: try ProxyHeaders(trusting: ["192.0.2.1"], taking: .all))
        let scope = RequestScope(.get, "/api/x?y", headers: [HTTPField.Name("X-Forwarded-Prefix")!: "/front"])
        let response = try await outcome(of: app, .http, scope)
        #expect(response.headerFields[.location] == "https://example.org/front/api/x?y")
    }

    @Test("asks for https on https, unless the application does")
    func hsts() async throws {
        let hsts = StrictTransportSecurity(maxAge: .seconds(60), includesSubdomains: true)
        let redirect = try HTTPSRedirect(hsts: hsts)
        let name = HTTPField.Name.strictTransportSecurity
        let secure = RequestScope(scheme: "https")
        let app = accepting.wrapped(by: redirect)
        #expect(try await outcome(of: app, .http, secure).headerFields[name] == "max-age=60; includeSubDomains")
        #expect(try await outcome(of: app, .http, RequestScope()).headerFields[name] == nil)
        let own = Handler { _ in Response(headerFields: [name: "max-age=1"]) }.wrapped(by: redirect)
        #expect(try await outcome(of: own, .http, secure).headerFields[name] == "max-age=1")
    }

    @Test("refuses options that make no sense")
    func options() {
        #expect(throws: InvalidOption.self) { try HTTPSRedirect(status: .ok) }
        for host in ["*", "*.example.org", ".example.org", "https://example.org", ""] {
            #expect(throws: InvalidOption.self) { try HTTPSRedirect(host: host) }
        }
    }

    @Test("redirects over a socket", arguments: modes)
    func live(mode: TestMode) async throws {
        let app = Handler { _ in "in" }.wrapped(by: try HTTPSRedirect())
        var options = TestClient.Options()
        options.followsRedirects = false
        try await TestClient.run(app, in: mode, options: options) { client async throws in
            let response = try await client.get("/a?b=c", headers: [HTTPField.Name("Host")!: "a.example:1"])
            #expect(response.status.code == 308)
            #expect(response[.location] == "https://a.example/a?b=c")
        }
    }
}
