import HTTPTypes
public import SAGI

/// Adds the fields with which browsers protect a site to each response that does not have them.
///
/// ```swift
/// app.wrapped(by: SecurityHeaders(contentSecurityPolicy: "default-src 'self'; script-src 'nonce-{nonce}'"))
/// // <script nonce="\(request.scope.cspNonce ?? "")">
/// ```
///
/// | option | default | field |
/// |---|---|---|
/// | `frameOptions` | `SAMEORIGIN` | `X-Frame-Options` |
/// | `contentTypeOptions` | `nosniff` | `X-Content-Type-Options` |
/// | `referrerPolicy` | `strict-origin-when-cross-origin` | `Referrer-Policy` |
/// | `strictTransportSecurity` | `nil` | `Strict-Transport-Security`, on https only (RFC 6797 §7.2) |
/// | `contentSecurityPolicy` | `nil` | `Content-Security-Policy`; `{nonce}` in it is replaced by ``RequestScope/cspNonce`` |
/// | `contentSecurityPolicyReportOnly` | `nil` | `Content-Security-Policy-Report-Only`; likewise |
/// | `permissionsPolicy` | `nil` | `Permissions-Policy` |
/// | `crossOriginOpenerPolicy` | `same-origin` | `Cross-Origin-Opener-Policy` |
/// | `crossOriginEmbedderPolicy` | `nil` | `Cross-Origin-Embedder-Policy` |
/// | `crossOriginResourcePolicy` | `same-origin` | `Cross-Origin-Resource-Policy`: `nil` or `cross-origin` where other sites show your images |
/// | `xssProtection` | `0` | `X-XSS-Protection`: the filters that it controlled did harm |
///
/// `nil` leaves a field out. A field that the application has set is left alone. Put it outermost, so that the
/// responses of other middleware have the fields too; but inside ``ProxyHeaders``, which knows about https.
public struct SecurityHeaders: Middleware {
    private let fields: [(name: HTTPField.Name, value: String)]
    private let policies: [(name: HTTPField.Name, value: String)]
    private let strictTransportSecurity: String?
    private let usesNonce: Bool

    private static let placeholder = "{nonce}"

    public init(
        frameOptions: String? = "SAMEORIGIN", contentTypeOptions: String? = "nosniff",
        referrerPolicy: String? = "strict-origin-when-cross-origin",
        strictTransportSecurity: StrictTransportSecurity? = nil, contentSecurityPolicy: String? = nil,
        contentSecurityPolicyReportOnly: String? = nil, permissionsPolicy: String? = nil,
        crossOriginOpenerPolicy: String? = "same-origin", crossOriginEmbedderPolicy: String? = nil,
        crossOriginResourcePolicy: String? = "same-origin", xssProtection: String? = "0"
    ) {
        func present(_ options: [(HTTPField.Name, String?)]) -> [(name: HTTPField.Name, value: String)] {
            options.compactMap { name, value in value.map { (name, $0) } }
        }
        fields = present([
            (.xFrameOptions, frameOptions), (.xContentTypeOptions, contentTypeOptions),
            (.referrerPolicy, referrerPolicy), (.permissionsPolicy, permissionsPolicy),
            (.crossOriginOpenerPolicy, crossOriginOpenerPolicy),
            (.crossOriginEmbedderPolicy, crossOriginEmbedderPolicy),
            (.crossOriginResourcePolicy, crossOriginResourcePolicy), (.xXSSProtection, xssProtection),
        ])
        policies = present([
            (.contentSecurityPolicy, contentSecurityPolicy),
            (.contentSecurityPolicyReportOnly, contentSecurityPolicyReportOnly),
        ])
        self.strictTransportSecurity = strictTransportSecurity?.value
        usesNonce = policies.contains { $0.value.contains(Self.placeholder) }
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        var exchange = exchange
        // Random bits in hexadecimal digits are a valid nonce (CSP 3 §2.3.1).
        let nonce = usesNonce ? RequestID.random() : nil
        if let nonce { exchange.request?.values[NonceKey.self] = nonce }
        let isSecure = scope.scheme == "https"
        try await next.handle(exchange.changingResponse { add(to: &$0.headerFields, nonce, isSecure: isSecure) })
    }

    private func add(to response: inout HTTPFields, _ nonce: String?, isSecure: Bool) {
        for (name, value) in fields where !response.contains(name) { response[name] = value }
        for (name, value) in policies where !response.contains(name) {
            response[name] = nonce.map { value.replacing(Self.placeholder, with: $0) } ?? value
        }
        guard isSecure, let strictTransportSecurity else { return }
        if !response.contains(.strictTransportSecurity) {
            response[.strictTransportSecurity] = strictTransportSecurity
        }
    }
}

private enum NonceKey: ValueKey { typealias Value = String }

extension RequestScope {
    /// The nonce of this request's `Content-Security-Policy`, another one for each; `nil` without `SecurityHeaders`,
    /// or when its policy has no `{nonce}`.
    public var cspNonce: String? { values[NonceKey.self] }
}
