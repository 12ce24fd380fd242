// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("SecurityHeaders")
struct SecurityHeadersTests {
    /// The fields that are added, by the name of the option that makes them.
    private func fields(
        _ middleware: SecurityHeaders, scheme: String = "http", own: HTTPFields = [:]
    ) async throws -> [String: String] {
        let app = Handler { _ in Response(headerFields: own) }.wrapped(by: middleware)
        let fields = try await outcome(of: app, .http, RequestScope(scheme: scheme)).headerFields
        return Dictionary(fields.map { ($0.name.rawName, $0.value) }) { "\($0) AND \($1)" }
    }

    @Test("adds what protects, also where the application has sent no fields")
    func defaults() async throws {
        #expect(
            try await fields(SecurityHeaders()) == [
                "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "strict-origin-when-cross-origin", "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin", "X-XSS-Protection": "0",
            ])
    }

    @Test("nil leaves out what is there by default, and everything else can be set")
    func options() async throws {
        let none = SecurityHeaders(
            frameOptions: nil, contentTypeOptions: nil, referrerPolicy: nil, crossOriginOpenerPolicy: nil,
            crossOriginResourcePolicy: nil, xssProtection: nil)
        #expect(try await fields(none, scheme: "https").isEmpty)
        let all = SecurityHeaders(
            frameOptions: "DENY", contentTypeOptions: nil, referrerPolicy: "no-referrer",
            strictTransportSecurity: StrictTransportSecurity(), contentSecurityPolicy: "default-src 'self'",
            contentSecurityPolicyReportOnly: "default-src 'none'", permissionsPolicy: "camera=()",
            crossOriginOpenerPolicy: "unsafe-none", crossOriginEmbedderPolicy: "require-corp",
            crossOriginResourcePolicy: "cross-origin", xssProtection: "1")
        #expect(
            try await fields(all) == [
                "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
                "Content-Security-Policy": "default-src 'self'",
                "Content-Security-Policy-Report-Only": "default-src 'none'", "Permissions-Policy": "camera=()",
                "Cross-Origin-Opener-Policy": "unsafe-none", "Cross-Origin-Embedder-Policy": "require-corp",
                "Cross-Origin-Resource-Policy": "cross-origin", "X-XSS-Protection": "1",
            ])
    }

    @Test("leaves alone what the application has set")
    func setIfAbsent() async throws {
        let middleware = SecurityHeaders(
            strictTransportSecurity: StrictTransportSecurity(), contentSecurityPolicy: "default-src 'self'")
        let own: HTTPFields = [
            HTTPField.Name("X-Frame-Options")!: "DENY", .contentSecurityPolicy: "own",
            .strictTransportSecurity: "max-age=1",
        ]
        let fields = try await fields(middleware, scheme: "https", own: own)
        #expect(fields["X-Frame-Options"] == "DENY")
        #expect(fields["Content-Security-Policy"] == "own")
        #expect(fields["Strict-Transport-Security"] == "max-age=1")
    }

    @Test(
        "asks for https on https only",
        arguments: [
            (StrictTransportSecurity(), "max-age=31536000"),
            (StrictTransportSecurity(maxAge: .zero), "max-age=0"),
            (
                StrictTransportSecurity(maxAge: .milliseconds(1500), includesSubdomains: true, preload: true),
                "max-age=2; includeSubDomains; preload"
            ),
        ])
    func strictTransportSecurity(_ option: StrictTransportSecurity, _ expected: String) async throws {
        let middleware = SecurityHeaders(strictTransportSecurity: option)
        #expect(try await fields(middleware, scheme: "https")["Strict-Transport-Security"] == expected)
        #expect(try await fields(middleware)["Strict-Transport-Security"] == nil)
    }

    @Test("gives each request a nonce of its own, which the application knows", arguments: modes)
    func nonce(mode: TestMode) async throws {
        let policy = "script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'"
        let app = Handler { request in request.scope.cspNonce ?? "none" }
            .wrapped(by: SecurityHeaders(contentSecurityPolicy: policy, contentSecurityPolicyReportOnly: "{nonce}"))
        try await TestClient.run(app, in: mode) { client async throws in
            let first = try await client.get("/")
            let second = try await client.get("/")
            #expect(first.text.count == 32)
            #expect(first.text != second.text)
            let expected = policy.replacing("{nonce}", with: first.text)
            #expect(first[.contentSecurityPolicy] == expected)
            #expect(first[.contentSecurityPolicyReportOnly] == first.text)
        }
    }

    @Test("gives no nonce where the policy has none")
    func noNonce() async throws {
        let app = Handler { request in request.scope.cspNonce ?? "none" }
            .wrapped(by: SecurityHeaders(contentSecurityPolicy: "default-src 'self'"))
        #expect(try await outcome(of: app, .http, RequestScope()).body == "none")
    }

    @Test("a response that is sent twice does not collect fields")
    func reusedResponse() async throws {
        let app = Response.text("x").wrapped(by: SecurityHeaders())
        let first = try await outcome(of: app, .http, RequestScope())
        #expect(try await outcome(of: app, .http, RequestScope()) == first)
    }
}
