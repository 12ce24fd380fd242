import HTTPSemantics
public import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Cookie {
    /// The value of the `Set-Cookie` field that sets it (RFC 6265bis §4.1.1).
    public var fieldValue: String {
        var text = "\(name)=\(value)"
        if let path = attributes.path { text += "; Path=\(path)" }
        if let domain = attributes.domain { text += "; Domain=\(domain)" }
        if let maxAge = attributes.maxAge { text += "; Max-Age=\(max(0, maxAge.components.seconds))" }
        if let expires = attributes.expires {
            text += "; Expires=\(HTTPDate.format(Int(expires.timeIntervalSince1970.rounded(.down))))"
        }
        if attributes.isSecure { text += "; Secure" }
        if attributes.isHTTPOnly { text += "; HttpOnly" }
        if let sameSite = attributes.sameSite { text += "; SameSite=\(sameSite.rawValue)" }
        if attributes.isPartitioned { text += "; Partitioned" }
        return text
    }
}

extension HTTPFields {
    /// Adds a `Set-Cookie` field, in the place of one for the same name, domain and path (RFC 6265bis §4.1.1). Fields
    /// for several cookies stay several fields.
    public mutating func setCookie(_ cookie: Cookie) {
        let identity = CookieIdentity(cookie.fieldValue)
        var values = self[values: .setCookie]
        values.removeAll { CookieIdentity($0) == identity }
        self[values: .setCookie] = values + [cookie.fieldValue]
    }
}

/// What tells a browser's cookies apart, of a `Set-Cookie` field.
private struct CookieIdentity: Equatable {
    private let name: Substring
    private var path: Substring?
    private var domain: String?

    init(_ field: String) {
        let parts = field.split(separator: ";", omittingEmptySubsequences: false)
        name = parts.first.map { $0.prefix { $0 != "=" } } ?? ""
        for part in parts.dropFirst() {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch pair[0].lowercased() {
            case "path": path = pair[1]
            case "domain": domain = pair[1].lowercased()
            default: break
            }
        }
    }
}
