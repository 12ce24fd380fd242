import HTTPSemantics

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Cookie.Attributes {
    /// These attributes as they are sent, when browsers keep a cookie that has them.
    func validated(for name: String) throws(CookieError) -> Cookie.Attributes {
        var result = self
        if let path, !Self.isPath(path) { throw .invalidPath(path) }
        if let domain {
            let host = (domain.first == "." ? domain.dropFirst() : domain[...]).lowercased()
            guard Self.isHost(host) else { throw .invalidDomain(domain) }
            result.domain = host
        }
        // Comparisons with what is no number are false.
        if let expires, !(-11_644_473_600..<253_402_300_800 ~= expires.timeIntervalSince1970) {
            throw .invalidExpires(name)
        }
        if !isSecure {
            if sameSite == Cookie.SameSite.none {
                throw .missing(name, needs: "isSecure", because: "its sameSite is .none")
            }
            if isPartitioned { throw .missing(name, needs: "isSecure", because: "it is partitioned") }
        }
        try CookiePrefix(name)?.check(result, name)
        return result
    }

    /// Browsers ignore an attribute of more than 1024 bytes (RFC 6265bis §5.6), and a path that is none.
    private static func isPath(_ path: String) -> Bool {
        path.utf8.first == UInt8(ascii: "/") && path.utf8.count <= 1024
            && path.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != UInt8(ascii: ";") } && path.utf8.last != 0x20
    }

    /// Labels of letters, digits, `-` and `_` with dots between them.
    private static func isHost(_ host: String) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        return host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count)
                && label.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }
}

/// What the start of a name promises (RFC 6265bis §4.1.3), in small or capital letters.
enum CookiePrefix: String, CaseIterable {
    // A longer one comes before the one that it starts with.
    case hostHTTP = "__host-http-"
    case host = "__host-"
    case http = "__http-"
    case secure = "__secure-"

    init?(_ name: String) {
        let name = name.lowercased()
        guard let prefix = Self.allCases.first(where: { name.hasPrefix($0.rawValue) }) else { return nil }
        self = prefix
    }

    func check(_ attributes: Cookie.Attributes, _ name: String) throws(CookieError) {
        let reason = "of the start of its name"
        guard attributes.isSecure else { throw .missing(name, needs: "isSecure", because: reason) }
        if self == .host || self == .hostHTTP {
            guard attributes.path == "/" else { throw .missing(name, needs: "the path \"/\"", because: reason) }
            guard attributes.domain == nil else { throw .missing(name, needs: "no domain", because: reason) }
        }
        if self == .http || self == .hostHTTP {
            guard attributes.isHTTPOnly else { throw .missing(name, needs: "isHTTPOnly", because: reason) }
        }
    }
}
