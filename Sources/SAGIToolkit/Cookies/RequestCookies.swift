import HTTPSemantics
import HTTPTypes
public import SAGI

/// The cookies that a request came with, in their order.
///
/// ```swift
/// let theme = request.cookies["theme"] ?? "light"
/// ```
///
/// Any text is read: what is no cookie is passed over. A value is what the client sent, without the quotes around it if
/// there are any; nothing is decoded (``decoded(_:)`` does that). At most ``limit`` cookies are read, and names are
/// compared with their case.
///
/// A browser may have several cookies of one name, for several paths or domains. It sends those with the longest path
/// first (RFC 6265bis §5.8.3), and the first one is taken. Which domain a cookie was set for is not told: only a name
/// that starts with `__Host-` says that no other host has set it.
public struct RequestCookies: Sendable, Hashable {
    /// One cookie of a request.
    public struct Item: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    /// How many are read; browsers keep no more than 180 for a site.
    public static let limit = 256

    /// All cookies, in their order.
    public let items: [Item]

    /// Reads the value of a `Cookie` field.
    public init(_ field: String) {
        var items: [Item] = []
        var rest = field.utf8[...]
        while !rest.isEmpty, items.count < Self.limit {
            let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
            let pair = rest[..<end]
            rest = rest[end...].dropFirst()
            // Without a name it could pass for one that a prefix protects: "=__Host-id=1" (RFC 6265bis §5.7).
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Self.trimmed(pair[..<equals])
            guard !name.isEmpty else { continue }
            let value = Self.unquoted(Self.trimmed(pair[equals...].dropFirst()))
            items.append(Item(name: String(Substring(name)), value: String(Substring(value))))
        }
        self.items = items
    }

    /// The value of the first cookie with that name; `nil` when there is none.
    public subscript(_ name: String) -> String? { items.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// The values of all cookies with that name.
    public func all(_ name: String) -> [String] {
        items.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value)
    }

    /// The value of the first cookie with that name, percent-decoded: what ``Cookie/init(_:encoding:_:)`` was given.
    public func decoded(_ name: String) -> String? { self[name].map { PercentCoding.decode($0) } }

    public var isEmpty: Bool { items.isEmpty }

    /// Nothing but SP and HTAB: other blanks in front of a name are a part of it, or a cookie of anybody could pass
    /// for one that a prefix protects.
    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text.drop { FieldSyntax.isBlank($0) }
        while let last = text.last, FieldSyntax.isBlank(last) { text.removeLast() }
        return text
    }

    private static func unquoted(_ text: Substring.UTF8View) -> Substring.UTF8View {
        guard text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") else { return text }
        return text.dropFirst().dropLast()
    }
}

extension RequestScope {
    /// The cookies that the request came with. Read at each call: keep them when you need several.
    public var cookies: RequestCookies { RequestCookies(self[.cookie] ?? "") }
}

extension Request {
    /// The cookies that the request came with. Read at each call: keep them when you need several.
    public var cookies: RequestCookies { scope.cookies }
}
