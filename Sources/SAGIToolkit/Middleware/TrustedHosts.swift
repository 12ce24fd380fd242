import HTTPSemantics
public import HTTPTypes
public import SAGI

/// Serves the hosts that it is told, and refuses requests for any other: a host that a client has made up gets into no
/// link, no redirect and no cache.
///
/// ```swift
/// app.wrapped(by: try TrustedHosts(["example.org", "*.example.org", "[::1]:8000"]))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `hosts` | | the hosts; `*.example.org` is every host below that one but not itself, `.example.org` is both, `*` is any. One with a port is that port alone, one without is every port |
/// | `status` | 400 | what other hosts are answered; 421 (RFC 9110 §15.5.20) makes clients of HTTP/2 try another connection |
/// | `allowsMissing` | `false` | whether a request without a host is served, as HTTP/1.0 allows |
/// | `redirectsToWWW` | `false` | whether a request for a host that is not served goes to the same one with `www.` before it, where that is served, with 308; not for WebSockets and WebTransport, which follow no redirect |
///
/// Case does not count, and IPv6 addresses are compared as numbers. A host that is missing, is none, or comes twice in
/// different words, is answered 400 whatever `status` says. A host with a dot at its end is another host.
///
/// Put it inside ``ProxyHeaders``, and outside everything that uses the host.
public struct TrustedHosts: Middleware {
    private let patterns: [TrustedHost]
    private let status: HTTPResponse.Status
    private let allowsMissing: Bool
    private let redirectsToWWW: Bool

    /// - Throws: ``InvalidOption`` that names what is no host.
    public init(
        _ hosts: [String], status: HTTPResponse.Status = .badRequest, allowsMissing: Bool = false,
        redirectsToWWW: Bool = false
    ) throws {
        patterns = try hosts.map(TrustedHost.init)
        self.status = status
        self.allowsMissing = allowsMissing
        self.redirectsToWWW = redirectsToWWW
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        if let refusal = refusal(of: scope, exchange) { return try await refusal.handle(exchange) }
        try await next.handle(exchange)
    }

    private func refusal(of scope: RequestScope, _ exchange: Exchange) -> Response? {
        guard let authority = scope.authority, !authority.isEmpty else {
            return allowsMissing ? nil : .problem(.badRequest, "The request names no host.", for: scope)
        }
        guard let host = scope.validHost, scope.namesOneHost else {
            return .problem(.badRequest, "The request names no valid host.", for: scope)
        }
        let port = scope.authorityPort
        if serves(host, port) { return nil }
        if redirectsToWWW, exchange.followsRedirects, let target = scope.sentTarget, serves("www." + host, port) {
            return .redirect(to: "\(scope.scheme)://www.\(authority)\(target)", status: .permanentRedirect)
        }
        return .problem(status, "This host is not served here.", for: scope)
    }

    private func serves(_ host: some StringProtocol, _ port: Int?) -> Bool {
        let host = host.lowercased()
        return patterns.contains { $0.matches(host, port) }
    }
}

extension Exchange {
    /// Whether a client can follow a redirect: browsers do not for WebSockets and WebTransport sessions.
    var followsRedirects: Bool {
        switch self {
        case .http, .eventStream: true
        case .lifespan, .webSocket, .webTransport: false
        }
    }
}

/// A host that is served.
struct TrustedHost: Sendable {
    private enum Name: Sendable {
        case any
        case exact(String)
        /// Everything that ends with this, and itself without the dot when `withApex`.
        case below(String, withApex: Bool)
        case address(IPAddress)
    }

    private let name: Name
    private let port: Int?

    init(_ text: String) throws {
        let text = text.lowercased()
        let host = HostPattern.host(of: text)
        let rest = text.dropFirst(host.count)
        port = Int(rest.dropFirst())
        guard rest.isEmpty || port.map({ (1...65535).contains($0) }) == true else {
            throw InvalidOption("\"\(text)\" is no host: the port is none.")
        }
        let plain = host.hasPrefix("*.") ? host.dropFirst(2) : host.hasPrefix(".") ? host.dropFirst() : host
        guard host == "*" || !plain.isEmpty && !plain.contains("*") && Authority.isHostField(String(plain)) else {
            throw InvalidOption("\"\(text)\" is no host. Hosts are named as example.org, *.example.org, [::1] or *.")
        }
        if host == "*" {
            name = .any
        } else if host.count != plain.count {
            name = .below(".\(plain)", withApex: host.first == ".")
        } else if host.first == "[", let address = IPAddress(host.dropFirst().dropLast()) {
            name = .address(address)
        } else {
            name = .exact(String(host))
        }
    }

    /// - Parameter host: a valid host in lower case.
    func matches(_ host: String, _ port: Int?) -> Bool {
        guard self.port == nil || self.port == port else { return false }
        return switch name {
        case .any: true
        case .exact(let name): host == name
        case .below(let suffix, let withApex):
            host.hasSuffix(suffix) && host.count > suffix.count || withApex && host == suffix.dropFirst()
        case .address(let address):
            host.first == "[" && IPAddress(host.dropFirst().dropLast()) == address
        }
    }
}
