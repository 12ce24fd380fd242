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
    private let patterns: [Origin]

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
        if case .list(let origins) = content { patterns = origins.compactMap(Origin.init) } else { patterns = [] }
    }

    var isAny: Bool { if case .any = content { true } else { false } }

    func validate(credentials: Bool) throws {
        switch content {
        case .any:
            guard credentials else { return }
            throw InvalidOption(
                "CORS with credentials needs a list of origins: with any, every site could act for its visitors.")
        case .list(let origins):
            for origin in origins where origin != "null" && Origin(origin) == nil {
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
            guard let origin = Origin(origin), !origin.isPattern else { return false }
            return patterns.contains { $0.matches(origin) }
        }
    }
}
