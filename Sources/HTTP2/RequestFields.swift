import HPACK
import HTTPSemantics

/// Makes a request's head of the fields of a header block (RFC 9113 §8.3).
struct RequestFields {
    enum Result: Equatable {
        case valid
        /// It breaks a rule: the stream ends with PROTOCOL_ERROR (§8.1.1).
        case malformed
        /// It is understood, and answered with this status.
        case refused(Int)
    }

    private var method: RequestHead.Slice?
    private var path: RequestHead.Slice?
    private var host: RequestHead.Slice?
    private var isProtocolNamed = false
    private var hasScheme = false
    private var expectsMore = false
    private(set) var priority = Priority()

    /// Fills the head, whose bytes have the fields already.
    mutating func read(
        _ fields: UnsafeBufferPointer<DecodedField>, into head: inout RequestHead, end: Bool, allowsProtocol: Bool
    ) -> Result {
        head.version = .http2
        var isBehindPseudo = false
        for field in fields {
            // §8.2.1.
            guard field.facts.contains(.valid) else { return .malformed }
            if field.facts.contains(.pseudo) {
                // §8.3: before all others.
                guard !isBehindPseudo, readPseudo(field, &head, allowsProtocol) else { return .malformed }
                continue
            }
            isBehindPseudo = true
            // §8.2.2.
            guard !field.facts.contains(.connectionSpecific) else { return .malformed }
            guard note(field, &head) else { return .malformed }
            head.fields.append(RequestHead.Field(name: field.name, value: field.value))
        }
        guard let method else { return .malformed }
        head.method = method
        head.bytes.withUnsafeBytes { bytes in
            let start = Int(method.start)
            head.noteMethod(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(method.count)]))
        }
        guard checkTarget(&head), checkAuthority(&head), checkLength(&head, end: end) else { return .malformed }
        // RFC 9110 §9.1: longer than any method implemented here.
        guard method.count <= 64 else { return .refused(501) }
        return expectsMore ? .refused(417) : .valid
    }

    // MARK: Pseudo-header fields

    private mutating func readPseudo(
        _ field: DecodedField, _ head: inout RequestHead, _ allowsProtocol: Bool
    ) -> Bool {
        switch field.staticIndex {
        case HPACKIndex.method:
            guard method == nil, head.withBytes(of: field.value, { FieldSyntax.isToken($0) }) else { return false }
            method = field.value
        case HPACKIndex.path:
            guard path == nil, field.value.count > 0 else { return false }
            // Visible ASCII but "#" (RFC 3986 §3.5); the static table's need not be looked at.
            let isVisible =
                field.wholeStaticIndex != 0
                || head.withBytes(of: field.value) { $0.allSatisfy { $0 &- 0x21 <= 0x5D && $0 != UInt8(ascii: "#") } }
            guard isVisible else { return false }
            path = field.value
        case HPACKIndex.scheme:
            guard !hasScheme, field.wholeStaticIndex != 0 || head.withBytes(of: field.value, Self.isScheme) else {
                return false
            }
            hasScheme = true
            head.scheme = field.value
        case HPACKIndex.authority:
            guard !head.facts.contains(.authorityInTarget) else { return false }
            head.authority = field.value
            head.facts.insert(.authorityInTarget)
        default:
            // RFC 8441 §4.
            guard allowsProtocol, !isProtocolNamed, head.isEqual(field.name, to: ":protocol"),
                head.withBytes(of: field.value, { FieldSyntax.isToken($0) })
            else { return false }
            isProtocolNamed = true
            head.connectProtocol = field.value
        }
        return true
    }

    /// RFC 3986 §3.1: a letter, and then letters, digits, "+", "-" and ".".
    private static func isScheme(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first, (first | 0x20) &- 0x61 < 26 else { return false }
        return bytes.allSatisfy { byte in
            (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
    }

    // MARK: Fields

    private mutating func note(_ field: DecodedField, _ head: inout RequestHead) -> Bool {
        switch field.staticIndex {
        case 0:
            if field.facts.contains(.te) {
                // §8.2.2.
                guard head.isEqual(field.value, to: "trailers") else { return false }
                head.facts.insert(.acceptsTrailers)
            } else if field.name.count == 8, head.isEqual(field.name, to: "priority") {
                priority = head.withBytes(of: field.value) { Priority($0) }
            }
        case HPACKIndex.accept:
            head.facts.insert(.accept)
        case HPACKIndex.contentLength:
            // RFC 9110 §8.6.
            guard head.contentLength == nil, let length = head.withBytes(of: field.value, Self.number) else {
                return false
            }
            head.contentLength = length
        case HPACKIndex.host:
            guard host == nil else { return false }
            host = field.value
        case HPACKIndex.expect:
            // RFC 9110 §10.1.1.
            if head.withBytes(of: field.value, { FieldSyntax.equal($0, lowercased: "100-continue") }) {
                head.facts.insert(.expectsContinue)
            } else {
                expectsMore = true
            }
        default:
            break
        }
        return true
    }

    private static func number(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var number = 0
        for byte in digits {
            guard byte &- 0x30 < 10 else { return nil }
            number = number &* 10 &+ Int(byte &- 0x30)
        }
        return number
    }

    // MARK: What belongs together

    private func checkTarget(_ head: inout RequestHead) -> Bool {
        guard head.knownMethod == .connect else {
            // §8.3.1: all three, and RFC 8441 §4: a protocol with CONNECT alone.
            guard let path, hasScheme, !isProtocolNamed else { return false }
            head.target = path
            head.splitTarget(path)
            return head.withBytes(of: path) { bytes in
                bytes[0] == UInt8(ascii: "/")
                    || bytes.count == 1 && bytes[0] == UInt8(ascii: "*") && head.isEqual(head.method, to: "OPTIONS")
            }
        }
        guard isProtocolNamed else {
            // §8.5: the authority alone, which is a host and a port.
            return path == nil && !hasScheme && head.facts.contains(.authorityInTarget)
                && head.withBytes(of: head.authority, Authority.isHostAndPort)
        }
        // RFC 8441 §4.
        guard let path, hasScheme, head.facts.contains(.authorityInTarget) else { return false }
        head.target = path
        head.splitTarget(path)
        return head.withBytes(of: path) { $0[0] == UInt8(ascii: "/") }
    }

    /// §8.3.1: `Host` may not name another authority; and whoever asks for it finds the one that there is.
    private func checkAuthority(_ head: inout RequestHead) -> Bool {
        if let host, !head.withBytes(of: host, Authority.isHostField) { return false }
        guard head.facts.contains(.authorityInTarget) else { return host != nil }
        let authority = head.authority
        guard authority.count > 0, head.withBytes(of: authority, Authority.isHostField) else { return false }
        guard let host else {
            let name = RequestHead.Slice(head.bytes.count, 4)
            Self.hostName.withUnsafeBytes { head.bytes.append($0) }
            head.fields.append(RequestHead.Field(name: name, value: authority))
            return true
        }
        return head.withBytes(of: authority) { authority in
            head.withBytes(of: host) { FieldSyntax.equalIgnoringCase($0, authority) }
        }
    }

    private static let hostName = Array("host".utf8)

    private func checkLength(_ head: inout RequestHead, end: Bool) -> Bool {
        if end { return head.contentLength ?? 0 == 0 }
        head.facts.insert(.hasBody)
        return true
    }
}

extension RequestFields {
    /// The fields of a trailer section; nil when it is malformed (§8.1, §8.3). Fields that mean nothing there are left
    /// out.
    static func trailers(
        _ fields: UnsafeBufferPointer<DecodedField>, in head: RequestHead
    ) -> [(name: String, value: String)]? {
        var trailers: [(name: String, value: String)] = []
        for field in fields {
            guard field.facts.contains(.valid), !field.facts.contains(.pseudo),
                !field.facts.contains(.connectionSpecific), !field.facts.contains(.te)
            else { return nil }
            let name = head.text(field.name)
            if !TrailerFields.forbids(name) { trailers.append((name, head.text(field.value))) }
        }
        return trailers
    }
}
