import HTTPSemantics

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A cookie as a server sets it (RFC 6265bis §4.1). One that exists is valid: it can be sent, and browsers keep it.
///
/// ```swift
/// try response.setCookie(Cookie("theme", "dark", .init(maxAge: .seconds(86400))))
/// ```
///
/// A value is sent as it is, and one that cannot be is refused; ``init(_:encoding:_:)`` takes any text.
public struct Cookie: Sendable, Hashable {
    /// The name, a token.
    public let name: String
    /// The value as it is sent.
    public let value: String
    /// Where it goes, and for how long. Its domain is in small letters, without a leading dot.
    public let attributes: Attributes

    /// Name and value may have this many bytes together: browsers take no more (RFC 6265bis §5.6).
    public static let greatestSize = 4096

    /// Makes a cookie whose value is sent as it is.
    ///
    /// - Parameters:
    ///   - name: a token (RFC 9110 §5.6.2). `__Secure-`, `__Host-`, `__Http-` and `__Host-Http-` at its start ask for
    ///     the attributes that these prefixes promise (RFC 6265bis §4.1.3).
    ///   - value: printable ASCII characters without blanks, `"`, `,`, `;` and `\`.
    ///   - attributes: where it goes, and for how long.
    /// - Throws: ``CookieError`` when the browser would not keep it, or read something else.
    public init(_ name: String, _ value: String, _ attributes: Attributes = Attributes()) throws(CookieError) {
        guard FieldSyntax.isToken(name.utf8) else { throw .invalidName(name) }
        guard value.utf8.allSatisfy(Self.isValueByte) else { throw .invalidValue(name) }
        let size = name.utf8.count + value.utf8.count
        guard size <= Self.greatestSize else { throw .tooLong(name, bytes: size) }
        self.name = name
        self.value = value
        self.attributes = try attributes.validated(for: name)
    }

    /// Makes a cookie of any text: each byte that may not stand in a value, and `%`, is percent-encoded.
    /// ``RequestCookies/decoded(_:)`` reads it.
    public init(
        _ name: String, encoding text: String, _ attributes: Attributes = Attributes()
    ) throws(CookieError) {
        try self.init(name, PercentCoding.encode(text, allowing: "!#$&'()*+/:<=>?@[]^`{|}"), attributes)
    }

    private init(valid name: String, _ value: String, _ attributes: Attributes) {
        self.name = name
        self.value = value
        self.attributes = attributes
    }

    /// The cookie that takes this one back: the same name, path, domain and flags, empty, and long expired.
    public var deletion: Cookie {
        var attributes = attributes
        attributes.maxAge = .zero
        attributes.expires = Date(timeIntervalSince1970: 0)
        return Cookie(valid: name, "", attributes)
    }

    /// cookie-octet (RFC 6265bis §4.1.1).
    private static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}

extension Cookie {
    /// Where a cookie goes, and for how long.
    public struct Attributes: Sendable, Hashable {
        /// The path for which, and below which, it is sent. Default "/"; `nil` is the directory of the request's path.
        public var path: String?
        /// The host that it is sent to with all hosts below; `nil`, the default, is the request's host alone.
        public var domain: String?
        /// How long it is kept, in whole seconds; browsers cut it at 400 days. `nil`, the default, is as long as the
        /// browser runs. It wins over ``expires``.
        public var maxAge: Duration?
        /// When it goes. Default `nil`.
        public var expires: Date?
        /// Whether it is sent over https only. Default false: a cookie does not know how its request came.
        public var isSecure: Bool
        /// Whether scripts do not see it. Default true.
        public var isHTTPOnly: Bool
        /// Whether it comes with requests that other sites cause; `nil` leaves that to the browser. Default `.lax`.
        public var sameSite: SameSite?
        /// Whether each site that embeds this one has a cookie of its own (CHIPS). Needs `isSecure`. Default false.
        public var isPartitioned: Bool

        public init(
            path: String? = "/", domain: String? = nil, maxAge: Duration? = nil, expires: Date? = nil,
            isSecure: Bool = false, isHTTPOnly: Bool = true, sameSite: SameSite? = .lax, isPartitioned: Bool = false
        ) {
            self.path = path
            self.domain = domain
            self.maxAge = maxAge
            self.expires = expires
            self.isSecure = isSecure
            self.isHTTPOnly = isHTTPOnly
            self.sameSite = sameSite
            self.isPartitioned = isPartitioned
        }
    }

    /// With which requests of other sites a cookie comes (RFC 6265bis §4.1.2.7).
    public enum SameSite: String, Sendable, Hashable, CaseIterable {
        /// With none.
        case strict = "Strict"
        /// With those that lead here with a safe method, such as a link.
        case lax = "Lax"
        /// With all. Needs `isSecure`.
        case none = "None"
    }
}
