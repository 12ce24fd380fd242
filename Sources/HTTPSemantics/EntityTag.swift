/// An entity tag (RFC 9110 §8.8.3).
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// What stands between the quotes.
    public let opaque: String
    public let isWeak: Bool

    /// `opaque` may hold visible ASCII characters other than the double quote.
    public init(_ opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// Reads one tag that is the whole of `text`; `nil` when it is none.
    public init?(parsing text: String) {
        var rest = Substring(text).utf8
        guard let tag = Self.next(&rest), rest.isEmpty else { return nil }
        self = tag
    }

    /// The tag as it stands in a field.
    public var description: String { (isWeak ? "W/" : "") + "\"\(opaque)\"" }

    /// Strong comparison (RFC 9110 §8.8.3.2).
    public func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    /// Weak comparison (RFC 9110 §8.8.3.2).
    public func matchesWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

    // The separator of lists may stand inside a tag, so a list cannot be split before it is read.
    fileprivate static func next(_ rest: inout Substring.UTF8View) -> EntityTag? {
        var bytes = rest
        var isWeak = false
        if bytes.starts(with: "W/".utf8) {
            isWeak = true
            bytes = bytes.dropFirst(2)
        }
        guard bytes.popFirst() == UInt8(ascii: "\"") else { return nil }
        let opaque = bytes.prefix { $0 == 0x21 || (0x23...0x7E).contains($0) || $0 >= 0x80 }
        bytes = bytes[opaque.endIndex...]
        guard bytes.popFirst() == UInt8(ascii: "\"") else { return nil }
        rest = bytes
        return EntityTag(String(Substring(opaque)), isWeak: isWeak)
    }
}

/// What `If-Match` and `If-None-Match` hold: any tag, or some (RFC 9110 §13.1.1, §13.1.2).
public enum EntityTagList: Sendable, Hashable {
    case any
    /// The tags before the first thing that is no tag; empty when there are none.
    case tags([EntityTag])

    public init(_ text: String) {
        var rest = Substring(text).utf8
        func skipBlanks() { rest = rest.drop { FieldSyntax.isBlank($0) || $0 == UInt8(ascii: ",") } }
        skipBlanks()
        if rest.elementsEqual("*".utf8) {
            self = .any
            return
        }
        var tags: [EntityTag] = []
        while let tag = EntityTag.next(&rest) {
            tags.append(tag)
            rest = rest.drop(while: FieldSyntax.isBlank)
            guard rest.first == UInt8(ascii: ",") else { break }
            skipBlanks()
        }
        self = .tags(tags)
    }

    /// Whether one of them is the tag of a representation that exists; `nil` when it has none.
    public func matchesStrongly(_ tag: EntityTag?) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tag.map { tag in tags.contains { $0.matchesStrongly(tag) } } ?? false
        }
    }

    /// The same by weak comparison.
    public func matchesWeakly(_ tag: EntityTag?) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tag.map { tag in tags.contains { $0.matchesWeakly(tag) } } ?? false
        }
    }
}
