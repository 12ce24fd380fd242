import HTTPSemantics

/// What is true of a field's bytes, found out once: the dynamic table remembers it with the field.
@usableFromInline
package struct FieldFacts: Sendable, Equatable, BitwiseCopyable {
    @usableFromInline package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable @inline(__always)
    package func contains(_ facts: FieldFacts) -> Bool { rawValue & facts.rawValue == facts.rawValue }

    @inlinable @inline(__always)
    package func union(_ facts: FieldFacts) -> FieldFacts { FieldFacts(rawValue: rawValue | facts.rawValue) }

    @inlinable @inline(__always)
    package func intersection(_ facts: FieldFacts) -> FieldFacts { FieldFacts(rawValue: rawValue & facts.rawValue) }

    /// The name is a token without capitals, or one behind a colon (RFC 9113 §8.2.1, RFC 9114 §4.2).
    @inlinable package static var validName: FieldFacts { FieldFacts(rawValue: 1 << 0) }
    /// The value has no control character but HTAB, and no blank at either end (RFC 9113 §8.2.1, RFC 9110 §5.5).
    @inlinable package static var validValue: FieldFacts { FieldFacts(rawValue: 1 << 1) }
    /// The name starts with a colon (RFC 9113 §8.3).
    @inlinable package static var pseudo: FieldFacts { FieldFacts(rawValue: 1 << 2) }
    /// A field of one connection of HTTP/1.1, which no other version carries (RFC 9113 §8.2.2): `connection`,
    /// `keep-alive`, `proxy-connection`, `transfer-encoding`, `upgrade`.
    @inlinable package static var connectionSpecific: FieldFacts { FieldFacts(rawValue: 1 << 3) }
    /// The name is `te`, whose value can only be `trailers` (RFC 9113 §8.2.2).
    @inlinable package static var te: FieldFacts { FieldFacts(rawValue: 1 << 4) }
    /// The field came as one that is never indexed (RFC 7541 §6.2.3): whoever passes it on has to send it so.
    @inlinable package static var neverIndexed: FieldFacts { FieldFacts(rawValue: 1 << 5) }

    @inlinable package static var none: FieldFacts { FieldFacts(rawValue: 0) }
    /// Name and value can be taken as they are.
    @inlinable package static var valid: FieldFacts { FieldFacts(rawValue: 0b11) }
    /// The facts that come from the name.
    @inlinable package static var ofName: FieldFacts { FieldFacts(rawValue: 0b11101) }

    package init(name: UnsafeRawBufferPointer) {
        var token = name
        var facts = FieldFacts.none
        if name.first == UInt8(ascii: ":") {
            token = UnsafeRawBufferPointer(rebasing: name.dropFirst())
            facts = .pseudo
        }
        // RFC 9113 §8.2.1: no capitals.
        if !token.isEmpty, token.allSatisfy({ FieldSyntax.isTokenByte($0) && $0 &- 0x41 >= 26 }) {
            facts = facts.union(.validName)
        }
        switch name.count {
        case 2: if Self.equal(name, "te") { facts = facts.union(.te) }
        case 7: if Self.equal(name, "upgrade") { facts = facts.union(.connectionSpecific) }
        case 10:
            if Self.equal(name, "connection") || Self.equal(name, "keep-alive") {
                facts = facts.union(.connectionSpecific)
            }
        case 16: if Self.equal(name, "proxy-connection") { facts = facts.union(.connectionSpecific) }
        case 17: if Self.equal(name, "transfer-encoding") { facts = facts.union(.connectionSpecific) }
        default: break
        }
        self = facts
    }

    package init(value: UnsafeRawBufferPointer) {
        guard let first = value.first, let last = value.last else {
            self = .validValue
            return
        }
        let isValid =
            !FieldSyntax.isBlank(first) && !FieldSyntax.isBlank(last)
            && FieldSyntax.firstInvalidValueByte(in: value) == nil
        self = isValid ? .validValue : .none
    }

    private static func equal(_ name: UnsafeRawBufferPointer, _ other: StaticString) -> Bool {
        ByteRun.areEqual(name, UnsafeRawBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}
