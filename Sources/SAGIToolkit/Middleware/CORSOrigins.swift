import HTTPSemantics

/// The sites that may use another one; see ``CORS``.
///
/// ```swift
/// let origins: CORSOrigins = ["https://app.example.org", "https://*.example.net"]
/// ```
public struct CORSOrigins: Sendable, ExpressibleByArrayLiteral {
    private enum Content: Sendable {
        case any
        case list([String])
        case predicate(@Sendable (String) -> Bool)
    }

    private let content: Content
    private let patterns: [CORSOrigin]

    /// All sites.
    public static let any = CORSOrigins(.any)

    /// These sites: origins such as `https://app.example.org:8443`, `https://*.example.org` for all hosts below that one,
    /// and `http://localhost:*` for any port. `*` is all sites, and `null` is pages without an origin of their own.
    public static func these(_ origins: [String]) -> CORSOrigins {
        CORSOrigins(origins.contains("*") ? .any : .list(origins))
    }

    public init(arrayLiteral elements: String...) { self = .these(elements) }

    /// Those for which `isAllowed` returns true. It gets the origin as the browser sent it.
    public static func matching(_ isAllowed: @escaping @Sendable (String) -> Bool) -> CORSOrigins {
        CORSOrigins(.predicate(isAllowed))
    }

    private init(_ content: Content) {
        self.content = content
        if case .list(let origins) = content { patterns = origins.compactMap(CORSOrigin.init) } else { patterns = [] }
    }

    var isAny: Bool { if case .any = content { true } else { false } }

    func validate(credentials: Bool) throws {
        switch content {
        case .any:
            guard credentials else { return }
            throw InvalidOption(
                "CORS with credentials needs a list of origins: with any, every site could act for its visitors.")
        case .list(let origins):
            for origin in origins where origin != "null" && CORSOrigin(origin) == nil {
                throw InvalidOption(
                    "\"\(origin)\" is no origin. Origins are written as https://app.example.org:8443, without a path.")
            }
            guard credentials, origins.contains("null") else { return }
            throw InvalidOption("CORS with credentials cannot allow the origin null, which every site can have.")
        case .predicate: return
        }
    }

    /// Whether the value of `Origin` is one of them.
    func contains(_ origin: String) -> Bool {
        switch content {
        case .any: return true
        case .predicate(let isAllowed): return isAllowed(origin)
        case .list(let origins):
            if origin == "null" { return origins.contains("null") }
            guard let origin = CORSOrigin(origin), !origin.isPattern else { return false }
            return patterns.contains { $0.matches(origin) }
        }
    }
}

/// An origin (RFC 6454 §6.2), or a pattern of origins.
struct CORSOrigin: Sendable, Hashable {
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
    func matches(_ origin: CORSOrigin) -> Bool {
        guard scheme == origin.scheme, port == "*" || port == origin.port else { return false }
        guard host.first == "*" else { return host == origin.host }
        return origin.host.hasSuffix(host.dropFirst()) && origin.host.count >= host.count
    }
}
