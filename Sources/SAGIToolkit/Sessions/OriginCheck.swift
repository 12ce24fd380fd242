import HTTPTypes
import SAGI

/// Whether a page of this site has caused a request, as browsers tell.
package struct OriginCheck: Sendable {
    private let trusted: Set<String>

    init(trusted: [String]) {
        self.trusted = Set(trusted.map { ($0.hasSuffix("/") ? String($0.dropLast()) : $0).lowercased() })
    }

    /// Whether a page of another site has caused it. Where nothing is told, no browser has.
    func isForeign(_ scope: RequestScope) -> Bool {
        let origin = scope[.origin]
        if let origin, trusted.contains(origin.lowercased()) { return false }
        // W3C Fetch Metadata §2.2. It holds behind a proxy that changes Host, too.
        if let site = scope[.secFetchSite] { return site != "same-origin" && site != "none" }
        guard let origin else { return false }
        return !Self.isOrigin(origin, of: scope.scheme, scope.authority)
    }

    /// Whether an origin (RFC 6454 §6.2) is that of a request: the same host and port.
    package static func isOrigin(_ origin: String, of scheme: String, _ authority: String?) -> Bool {
        let origin = origin.lowercased()
        guard let authority = authority?.lowercased(), !authority.isEmpty,
            let mark = origin.firstRange(of: "://")
        else { return false }
        let originScheme = origin[..<mark.lowerBound]
        let defaultPort: String
        switch originScheme {
        case "http":
            // A page that came over http may be anybody's; a request that came over http may come from a proxy that
            // ends TLS.
            guard scheme != "https", scheme != "wss" else { return false }
            defaultPort = ":80"
        case "https": defaultPort = ":443"
        default: return false
        }
        func plain(_ text: some StringProtocol) -> String {
            text.hasSuffix(defaultPort) ? String(text.dropLast(defaultPort.count)) : String(text)
        }
        return plain(origin[mark.upperBound...]) == plain(authority)
    }
}
