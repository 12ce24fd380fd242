extension StaticTable {
    /// The static table of HPACK (RFC 7541 Appendix A).
    ///
    /// Never freed, and never written again: every thread may read it.
    nonisolated(unsafe) package static let hpack = StaticTable([
        (":authority", ""),
        (":method", "GET"),
        (":method", "POST"),
        (":path", "/"),
        (":path", "/index.html"),
        (":scheme", "http"),
        (":scheme", "https"),
        (":status", "200"),
        (":status", "204"),
        (":status", "206"),
        (":status", "304"),
        (":status", "400"),
        (":status", "404"),
        (":status", "500"),
        ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"),
        ("accept-language", ""),
        ("accept-ranges", ""),
        ("accept", ""),
        ("access-control-allow-origin", ""),
        ("age", ""),
        ("allow", ""),
        ("authorization", ""),
        ("cache-control", ""),
        ("content-disposition", ""),
        ("content-encoding", ""),
        ("content-language", ""),
        ("content-length", ""),
        ("content-location", ""),
        ("content-range", ""),
        ("content-type", ""),
        ("cookie", ""),
        ("date", ""),
        ("etag", ""),
        ("expect", ""),
        ("expires", ""),
        ("from", ""),
        ("host", ""),
        ("if-match", ""),
        ("if-modified-since", ""),
        ("if-none-match", ""),
        ("if-range", ""),
        ("if-unmodified-since", ""),
        ("last-modified", ""),
        ("link", ""),
        ("location", ""),
        ("max-forwards", ""),
        ("proxy-authenticate", ""),
        ("proxy-authorization", ""),
        ("range", ""),
        ("referer", ""),
        ("refresh", ""),
        ("retry-after", ""),
        ("server", ""),
        ("set-cookie", ""),
        ("strict-transport-security", ""),
        ("transfer-encoding", ""),
        ("user-agent", ""),
        ("vary", ""),
        ("via", ""),
        ("www-authenticate", ""),
    ])
}

/// The entries of HPACK's static table that somebody asks for by name: the first one of each.
package enum HPACKIndex {
    package static let authority: UInt8 = 1
    package static let method: UInt8 = 2
    package static let get: UInt8 = 2
    package static let post: UInt8 = 3
    package static let path: UInt8 = 4
    package static let root: UInt8 = 4
    package static let scheme: UInt8 = 6
    package static let http: UInt8 = 6
    package static let https: UInt8 = 7
    package static let status: UInt8 = 8
    package static let accept: UInt8 = 19
    package static let age: UInt8 = 21
    package static let authorization: UInt8 = 23
    package static let cacheControl: UInt8 = 24
    package static let contentEncoding: UInt8 = 26
    package static let contentLength: UInt8 = 28
    package static let contentRange: UInt8 = 30
    package static let contentType: UInt8 = 31
    package static let cookie: UInt8 = 32
    package static let date: UInt8 = 33
    package static let expect: UInt8 = 35
    package static let host: UInt8 = 38
    package static let proxyAuthorization: UInt8 = 49
    package static let server: UInt8 = 54
    package static let setCookie: UInt8 = 55
    package static let strictTransportSecurity: UInt8 = 56
    package static let transferEncoding: UInt8 = 57
    package static let userAgent: UInt8 = 58
    package static let vary: UInt8 = 59
}
