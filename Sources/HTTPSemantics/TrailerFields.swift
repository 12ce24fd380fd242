/// Which fields cannot stand in a trailer section, in any version of HTTP.
package enum TrailerFields {
    /// Whether the field `name`, in lower case, is of no use after the content, or does harm there: whoever merges
    /// trailers into the header would let a client, or an application, change what was decided before
    /// (RFC 9110 §6.5.1).
    package static func forbids(_ name: String) -> Bool { forbidden.contains(name) || name.hasPrefix("if-") }

    private static let forbidden: Set<String> = Set(
        [
            // Framing, and what belongs to the connection.
            "content-length", "transfer-encoding", "trailer", "te", "connection", "keep-alive", "proxy-connection",
            "upgrade",
            // Routing.
            "host",
            // Authentication, and state that is as good as it (RFC 6265).
            "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "cookie", "set-cookie",
            // Modifiers of requests; those of conditions begin with "if-".
            "cache-control", "expect", "max-forwards", "pragma", "range",
            // Controls of responses.
            "age", "date", "expires", "location", "retry-after", "vary", "warning",
            // How the content is to be read.
            "content-encoding", "content-range", "content-type",
        ])
}
