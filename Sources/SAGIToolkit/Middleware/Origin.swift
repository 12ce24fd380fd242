import HTTPSemantics
import SAGI

/// An origin (RFC 6454 §6.2), or a pattern of origins.
struct Origin: Sendable, Hashable {
    private let scheme: Substring
    /// In lower case; for a pattern, `*.example.org`.
    private let host: Substring
    /// The port, or the one of the scheme; `*` for any.
    private let port: Substring

    /// `nil` when it is none: no scheme or host, or something behind the port.
    init?(_ text: String) {
        let text = text.lowercased()
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.lowerBound]
        let authority = text[mark.upperBound...]
        host = HostPattern.host(of: String(authority))
        let rest = authority.dropFirst(host.count)
        guard FieldSyntax.isToken(scheme.utf8), !host.isEmpty else { return nil }
        let plain = host.hasPrefix("*.") ? host.dropFirst(2) : host
        guard !plain.isEmpty, !plain.contains("*") else { return nil }
        if rest == ":*" {
            port = "*"
            guard Authority.isHostField(String(plain)) else { return nil }
        } else {
            guard rest != ":", Authority.isHostField(String(plain + rest)) else { return nil }
            port = rest.isEmpty ? scheme == "https" ? "443" : scheme == "http" ? "80" : "" : rest.dropFirst()
        }
    }

    var isPattern: Bool { host.first == "*" || port == "*" }

    /// Whether this origin or pattern holds for an origin.
    func matches(_ origin: Origin) -> Bool {
        guard scheme == origin.scheme, port == "*" || port == origin.port else { return false }
        guard host.first == "*" else { return host == origin.host }
        return origin.host.hasSuffix(host.dropFirst()) && origin.host.count >= host.count
    }
}

extension RequestScope {
    /// Whether an origin is this site's own: the same scheme, host and port.
    ///
    /// A request that came over http may have come through a proxy that ends TLS, so that https is its own too; but over
    /// https, a page that came over http may be anybody's.
    func isOwnOrigin(_ origin: String) -> Bool {
        guard let authority, let origin = Origin(origin), !origin.isPattern else { return false }
        let schemes = scheme == "https" ? ["https"] : ["http", "https"]
        return schemes.contains { Origin("\($0)://\(authority)") == origin }
    }
}
