import HTTPSemantics

/// Where a request goes: a URL without its fragment.
struct Target: Sendable, Hashable {
    var scheme: String
    var authority: String
    /// The path and the query, as they are sent.
    var path: String

    /// `reference`, seen from `base` (RFC 3986 §5.2).
    ///
    /// - Parameter normalizes: whether `.` and `..` segments are taken out, as for a redirect. A test's own target
    ///   is sent as it is.
    /// - Throws: ``TestClientError/invalidRequest(_:)`` for a scheme that is neither http nor https.
    init(_ reference: String, from base: Target, normalizes: Bool) throws(TestClientError) {
        let reference = Self.escaped(reference.prefix { $0 != "#" })
        self = base
        var rest = reference[...]
        if let scheme = Self.scheme(of: reference) {
            guard scheme == "http" || scheme == "https" else {
                throw .invalidRequest("The target \"\(reference)\" is neither http nor https.")
            }
            self.scheme = scheme
            rest = rest.dropFirst(scheme.utf8.count + 1)
            guard rest.hasPrefix("//") else { throw .invalidRequest("The target \"\(reference)\" names no host.") }
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            authority = String(rest.prefix { $0 != "/" && $0 != "?" })
            rest = rest.dropFirst(authority.count)
            guard !authority.isEmpty else { throw .invalidRequest("The target \"\(reference)\" names no host.") }
            path = "/"
        }
        if rest.hasPrefix("?") {
            path = String(path.prefix { $0 != "?" } + rest)
        } else if rest.hasPrefix("/") || rest == "*" {
            path = String(rest)
        } else if !rest.isEmpty {
            let old = path.prefix { $0 != "?" }
            path = (old.lastIndex(of: "/").map { String(old[...$0]) } ?? "/") + rest
        }
        if normalizes { path = Self.withoutDots(path) }
    }

    init(scheme: String, authority: String) {
        self.scheme = scheme
        self.authority = authority
        path = "/"
    }

    /// The host in small letters, without the port.
    var host: String {
        let host = authority.lowercased()
        if host.hasPrefix("["), let close = host.firstIndex(of: "]") { return String(host[...close]) }
        return String(host.prefix { $0 != ":" })
    }

    func isSameOrigin(as other: Target) -> Bool {
        scheme == other.scheme && authority.lowercased() == other.authority.lowercased()
    }

    mutating func append(_ query: KeyValuePairs<String, String>) {
        guard !query.isEmpty else { return }
        let items = query.map { "\(PercentCoding.encode($0, allowing: ""))=\(PercentCoding.encode($1, allowing: ""))" }
        path += (path.contains("?") ? "&" : "?") + items.joined(separator: "&")
    }

    private static func scheme(of text: String) -> String? {
        let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        guard scheme.first?.isLetter == true, text.dropFirst(scheme.count).first == ":" else { return nil }
        return scheme.lowercased()
    }

    /// What cannot stand in a request line is percent-encoded: blanks, controls, anything beyond ASCII.
    private static func escaped(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else { return String(text) }
        return text.unicodeScalars.map { scalar in
            scalar.value > 0x20 && scalar.value < 0x7F
                ? String(scalar) : PercentCoding.encode(String(scalar), allowing: "")
        }.joined()
    }

    // RFC 3986 §5.2.4.
    private static func withoutDots(_ path: String) -> String {
        let end = path.firstIndex(of: "?") ?? path.endIndex
        guard path.hasPrefix("/") else { return path }
        var kept: [Substring] = []
        let segments = path[..<end].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".":
                if isLast { kept.append("") }
            case "..":
                if !kept.isEmpty { kept.removeLast() }
                if isLast { kept.append("") }
            default:
                kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/") + path[end...]
    }
}
