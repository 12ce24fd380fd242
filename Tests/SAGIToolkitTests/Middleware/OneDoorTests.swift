// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

/// DESIGN.md §2: none of the middleware that guards requests can be got around by asking for another kind of exchange.
@Suite("One door")
struct OneDoorTests {
    /// A middleware around an application, a request that it must refuse, and one that it must let pass.
    struct Guard: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let refused: RequestScope
        let passing: RequestScope
        let wrap: @Sendable (any Application) throws -> any Application

        init(
            _ name: String, _ status: Int, refused: RequestScope, passing: RequestScope = RequestScope(),
            _ make: @escaping @Sendable () throws -> some Middleware
        ) {
            self.name = name
            self.status = status
            self.refused = refused
            self.passing = passing
            wrap = { try AnyApplication($0).wrapped(by: make()) }
        }

        var testDescription: String { name }
    }

    private static func header(_ name: String, _ value: String) -> RequestScope {
        RequestScope(headers: [HTTPField.Name(name)!: value])
    }

    static let guards: [Guard] = [
        Guard("TrustedHosts", 400, refused: RequestScope(authority: "evil.example")) {
            try TrustedHosts(["example.org"])
        },
        Guard("TrustedHosts, 421", 421, refused: RequestScope(authority: "evil.example")) {
            try TrustedHosts(["example.org"], status: .misdirectedRequest)
        },
        Guard("ProxyHeaders", 400, refused: header("X-Forwarded-For", "nonsense")) {
            try ProxyHeaders(trusting: ["192.0.2.1"], refusesMalformed: true)
        },
        Guard(
            "ProxyHeaders, both", 400,
            refused: RequestScope(headers: [
                HTTPField.Name("Forwarded")!: "for=198.51.100.1", HTTPField.Name("X-Forwarded-For")!: "198.51.100.2",
            ])
        ) { try ProxyHeaders(trusting: ["192.0.2.1"], reading: .either) },
        Guard(
            "CORS preflight", 403,
            refused: RequestScope(
                .options, "/",
                headers: [.origin: "https://evil.example", .accessControlRequestMethod: "GET"]),
            passing: RequestScope(headers: [.origin: "https://a.example"])
        ) { try CORS(origins: ["https://a.example"]) },
        Guard(
            "BodyLimit", 413, refused: RequestScope(headers: [.contentLength: "11"]),
            passing: RequestScope(headers: [.contentLength: "10"])
        ) { BodyLimit(10) },
        Guard("RateLimit", 429, refused: RequestScope(.get, "/dear")) {
            RateLimit(.tokenBucket(5, per: .seconds(3600)), cost: { $0.path == "/dear" ? 9 : 0 })
        },
        Guard("Maintenance", 503, refused: RequestScope(), passing: RequestScope(.get, "/health")) {
            try Maintenance(exempt: ["/health"]) { true }
        },
        Guard(
            "Maintenance, by address", 503, refused: RequestScope(),
            passing: RequestScope(client: .ip("fd00::1", port: 1))
        ) { try Maintenance(except: ["fd00::/8"]) { true } },
    ]

    /// Each guard, and each way in which `request` can be made.
    private static func cases(_ request: (Guard) -> RequestScope) -> [(Guard, Way)] {
        guards.flatMap { one in Way.all.filter { $0.canAsk(request(one)) }.map { (one, $0) } }
    }

    @Test(
        "refuses each kind in its own form, and does not call the application", arguments: cases(\.refused))
    func refuses(guard: Guard, way: Way) async throws {
        let inner = ClosureApplication { exchange in
            Issue.record("the application was reached")
            try await accepting.handle(exchange)
        }
        let answer = try await outcome(of: AnyApplication(try `guard`.wrap(inner)), way, `guard`.refused)
        #expect(!answer.isAccepted)
        #expect(answer.status == `guard`.status)
        #expect(answer.body.contains("\(`guard`.status)"))
    }

    @Test("lets each kind pass that it should", arguments: cases(\.passing))
    func passes(guard: Guard, way: Way) async throws {
        let answer = try await outcome(of: AnyApplication(try `guard`.wrap(accepting)), way, `guard`.passing)
        #expect(answer.isAccepted)
    }

    @Test("HTTPSRedirect redirects or refuses each kind", arguments: Way.all)
    func httpsRedirect(way: Way) async throws {
        let inner = ClosureApplication { exchange in
            if exchange.request?.scheme != "https" { Issue.record("the application was reached") }
            try await accepting.handle(exchange)
        }
        let app = inner.wrapped(by: try HTTPSRedirect())
        let answer = try await outcome(of: app, way, RequestScope())
        #expect(!answer.isAccepted)
        #expect([308, 403].contains(answer.status))
        #expect(try await outcome(of: app, way, RequestScope(scheme: "https")).isAccepted)
    }

    @Test("CORS refuses sockets of other sites, which no preflight comes before", arguments: Way.all)
    func foreignSockets(way: Way) async throws {
        let app = accepting.wrapped(by: try CORS(origins: ["https://a.example"]))
        let answer = try await outcome(of: app, way, Self.header("Origin", "https://evil.example"))
        // The browser keeps the others from the site that asks.
        let isSocket = way.kind == .webSocket || way.kind == .webTransport
        #expect(answer.isAccepted == !isSocket)
        #expect(answer.headerFields[.accessControlAllowOrigin] == nil)
    }

    @Test("Timeout and ErrorHandler answer for each kind", arguments: Way.all)
    func failures(way: Way) async throws {
        struct Failure: Error {}
        let failing = ClosureApplication { _ in throw Failure() }.wrapped(by: ErrorHandler(logs: false))
        let failed = try await outcome(of: failing, way, RequestScope())
        #expect((failed.isAccepted, failed.status) == (false, 500))
        let clock = ManualClock()
        let hanging = ClosureApplication { _ in try await Task.sleep(for: .seconds(3600)) }
            .wrapped(by: Timeout(.seconds(1), clock: clock))
        async let answer = outcome(of: hanging, way, RequestScope())
        try await clock.untilSomebodySleeps()
        clock.advance(by: .seconds(1))
        let late = try await answer
        #expect((late.isAccepted, late.status) == (false, 504))
    }

    @Test("what is told to the application is told to each kind", arguments: Way.all)
    func scopes(way: Way) async throws {
        let app = ClosureApplication { exchange in
            let scope = try #require(exchange.request)
            #expect(scope.client == .ip("198.51.100.1", port: 0))
            #expect(scope.scheme == "https")
            #expect(scope.requestID != nil)
            #expect(scope.cspNonce != nil)
            try await accepting.handle(exchange)
        }
        let wrapped = try app.wrapped {
            try ProxyHeaders(trusting: ["192.0.2.1"])
            SecurityHeaders(contentSecurityPolicy: "script-src 'nonce-{nonce}'")
            RequestID()
        }
        let scope = RequestScope(headers: [
            HTTPField.Name("X-Forwarded-For")!: "198.51.100.1", HTTPField.Name("X-Forwarded-Proto")!: "https",
        ])
        #expect(try await outcome(of: wrapped, way, scope).isAccepted)
    }

    @Test("fields are added for each kind, whether it is accepted or refused", arguments: Way.all)
    func fields(way: Way) async throws {
        let refusing = Response.problem(.forbidden, for: RequestScope())
        for inner in [AnyApplication(accepting), AnyApplication(refusing)] {
            let app = try inner.wrapped {
                Runtime()
                RequestID()
                SecurityHeaders(strictTransportSecurity: StrictTransportSecurity())
                try HTTPSRedirect(hsts: StrictTransportSecurity())
                RateLimit(.tokenBucket(5, per: .seconds(1)))
            }
            let fields = try await outcome(of: app, way, RequestScope(scheme: "https")).headerFields
            for name in [
                "X-Runtime", "X-Request-ID", "X-Frame-Options", "Strict-Transport-Security", "RateLimit",
                "RateLimit-Policy",
            ] {
                #expect(fields[values: HTTPField.Name(name)!].count == 1, "\(name)")
            }
        }
    }

    @Test("the lifespan passes through all of them untouched")
    func lifespan() async throws {
        let middleware: [any Middleware] = [
            ErrorHandler(), Runtime(), SecurityHeaders(), try TrustedHosts(["a"]), try ProxyHeaders(),
            try HTTPSRedirect(), try CORS(), MethodOverride(), Timeout(.zero), BodyLimit(0),
            RateLimit(.tokenBucket(1, per: .seconds(1)), cost: { _ in 9 }), try Maintenance { true }, Lint(),
        ]
        let app = middleware.reduce(
            AnyApplication(
                ClosureApplication { exchange in
                    guard case .lifespan(let lifespan) = exchange else { return }
                    #expect(try await lifespan.receive() == .startup)
                    try await lifespan.send(.startupComplete())
                })
        ) { inner, outer in wrap(inner, outer) }
        nonisolated(unsafe) var replies = 0
        let lifespan = LifespanExchange(
            scope: LifespanScope(), receive: Receive { .startup }, send: Send { _ in replies += 1 })
        try await app.handle(.lifespan(lifespan))
        #expect(replies == 1)
    }

    private func wrap(_ inner: AnyApplication, _ outer: some Middleware) -> AnyApplication {
        AnyApplication(inner.wrapped(by: outer))
    }
}
