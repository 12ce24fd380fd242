extension CookieJar {
    /// A cookie as a client keeps it (RFC 6265 §5.3).
    public struct Cookie: Sendable, Hashable {
        public var name: String
        public var value: String
        /// The host that it is sent to, in small letters.
        public var domain: String
        /// Whether it is sent to that host only, and not to the hosts below it.
        public var isHostOnly: Bool
        /// The path that it is sent for, and for the paths below it.
        public var path: String
        /// Whether it is sent over https only.
        public var isSecure: Bool
        /// Whether scripts do not see it.
        public var isHTTPOnly: Bool
        /// When it goes, in seconds since 1970; `nil` is with the client.
        public var expires: Int?
        /// What `SameSite` said. Tests have no sites, so it changes nothing.
        public var sameSite: String?

        public init(
            _ name: String, _ value: String, domain: String, isHostOnly: Bool = true, path: String = "/",
            isSecure: Bool = false, isHTTPOnly: Bool = false, expires: Int? = nil, sameSite: String? = nil
        ) {
            self.name = name
            self.value = value
            self.domain = domain.lowercased()
            self.isHostOnly = isHostOnly
            self.path = path
            self.isSecure = isSecure
            self.isHTTPOnly = isHTTPOnly
            self.expires = expires
            self.sameSite = sameSite
        }

        /// Reads the value of a `Set-Cookie` field. `nil` when the cookie must not be kept.
        init?(setCookie text: String, from target: Target, now: Int) {
            // RFC 6265 §5.2.
            let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            guard let first = parts.first, let equals = first.firstIndex(of: "=") else { return nil }
            let name = Self.trimmed(first[..<equals])
            guard !name.isEmpty else { return nil }
            self.init(
                String(name), String(Self.trimmed(first[first.index(after: equals)...])), domain: target.host,
                path: Self.defaultPath(target.path))

            var maxAge: Int?
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = pair.count > 1 ? Self.trimmed(pair[1]) : ""
                switch Self.trimmed(pair[0]).lowercased() {
                case "expires": expires = CookieDate.parse(value) ?? expires
                case "max-age":
                    guard let first = value.first, first == "-" || first.isNumber else { continue }
                    guard value.dropFirst().utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { continue }
                    // Beyond what a number holds is for ever.
                    maxAge = Int(value) ?? (first == "-" ? 0 : .max)
                case "domain":
                    let domain = value.drop { $0 == "." }.lowercased()
                    guard !domain.isEmpty else { continue }
                    self.domain = domain
                    isHostOnly = false
                case "path": path = value.hasPrefix("/") ? String(value) : Self.defaultPath(target.path)
                case "secure": isSecure = true
                case "httponly": isHTTPOnly = true
                case "samesite": sameSite = String(value)
                default: break
                }
            }
            // Max-Age wins over Expires.
            if let maxAge {
                expires = maxAge <= 0 ? 0 : now.addingReportingOverflow(maxAge).overflow ? nil : now + maxAge
            }
            // A server can set cookies for itself and for what is above it, and over https only for https.
            guard isHostOnly || Self.isDomain(target.host, within: domain) else { return nil }
            guard !isSecure || target.scheme == "https" else { return nil }
        }

        func isExpired(_ now: Int) -> Bool { expires.map { $0 <= now } ?? false }

        /// Whether it is sent with a request (RFC 6265 §5.4).
        func isFor(_ target: Target) -> Bool {
            let isDomain = isHostOnly ? target.host == domain : Self.isDomain(target.host, within: domain)
            return isDomain && isPath(target.path.prefix { $0 != "?" }) && (!isSecure || target.scheme == "https")
        }

        /// Whether it takes the place of another one.
        func isSame(as other: Cookie) -> Bool {
            name == other.name && domain == other.domain && path == other.path
        }

        // RFC 6265 §5.1.3.
        private static func isDomain(_ host: String, within domain: String) -> Bool {
            if host == domain { return true }
            let isAddress = host.hasPrefix("[") || host.allSatisfy { $0.isNumber || $0 == "." }
            return !isAddress && host.hasSuffix("." + domain)
        }

        // RFC 6265 §5.1.4.
        private func isPath(_ request: Substring) -> Bool {
            guard request != path else { return true }
            return request.hasPrefix(path) && (path.hasSuffix("/") || request.dropFirst(path.count).hasPrefix("/"))
        }

        private static func defaultPath(_ target: String) -> String {
            let path = target.prefix { $0 != "?" }
            guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
            return String(path[..<slash])
        }

        private static func trimmed(_ text: Substring) -> Substring {
            var text = text.drop { $0 == " " || $0 == "\t" }
            while text.last == " " || text.last == "\t" { text.removeLast() }
            return text
        }
    }
}
