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
        return !scope.isOwnOrigin(origin)
    }
}
