public import HTTPTypes
public import SAGI

/// Sends whoever comes over http to https.
///
/// ```swift
/// app.wrapped(by: try HTTPSRedirect(exclude: ["/.well-known/acme-challenge"], hsts: StrictTransportSecurity()))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `status` | 308 | 307 for one that is not remembered; 301 and 302 turn POST into GET |
/// | `host` | `nil` | the host to go to; `nil` is the one that was asked for, so put ``TrustedHosts`` outside |
/// | `ports` | none | the port for https by the one for http, such as `[8080: 8443]`; 443 for any other |
/// | `exclude` | none | paths, with all that is below them, that are served over http too |
/// | `hsts` | `nil` | `Strict-Transport-Security` for what is served over https |
///
/// The path and query are kept as they were sent. WebSockets and WebTransport sessions follow no redirect, and are
/// refused with 403. A host that is missing or none is answered 400, and a request without a path (`OPTIONS *`) 403.
///
/// Behind a proxy that ends TLS, put it inside ``ProxyHeaders``: without that everything comes over http, and is sent
/// round in circles.
public struct HTTPSRedirect: Middleware {
    private let status: HTTPResponse.Status
    private let host: String?
    private let ports: [Int: Int]
    private let exclude: PathSet
    private let hsts: String?

    /// - Throws: ``InvalidOption`` when `host` is none, or `status` no redirect.
    public init(
        status: HTTPResponse.Status = .permanentRedirect, host: String? = nil, ports: [Int: Int] = [:],
        exclude: [String] = [], hsts: StrictTransportSecurity? = nil
    ) throws {
        if let host { _ = try TrustedHost(host) }
        guard host?.contains("*") != true, host?.first != "." else {
            throw InvalidOption("HTTPSRedirect needs one host to go to.")
        }
        guard [301, 302, 303, 307, 308].contains(status.code) else {
            throw InvalidOption("\(status.code) is not the status of a redirect.")
        }
        self.status = status
        self.host = host
        self.ports = ports
        self.exclude = PathSet(exclude)
        self.hsts = hsts?.value
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        guard scope.scheme != "https" else {
            guard let hsts else { return try await next.handle(exchange) }
            return try await next.handle(
                exchange.changingResponse { response in
                    let name = HTTPField.Name.strictTransportSecurity
                    if !response.headerFields.contains(name) { response.headerFields[name] = hsts }
                })
        }
        if exclude.contains(scope) { return try await next.handle(exchange) }
        try await answer(scope, exchange).handle(exchange)
    }

    private func answer(_ scope: RequestScope, _ exchange: Exchange) -> Response {
        guard exchange.followsRedirects, let target = scope.sentTarget else {
            return .problem(.forbidden, "This is served over https only.", for: scope)
        }
        if let host { return .redirect(to: "https://\(host)\(target)", status: status) }
        guard let asked = scope.validHost else {
            return .problem(.badRequest, "The request names no valid host.", for: scope)
        }
        let port = ports[scope.authorityPort ?? 80] ?? 443
        return .redirect(to: "https://\(asked)\(port == 443 ? "" : ":\(port)")\(target)", status: status)
    }
}
