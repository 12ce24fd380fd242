import HTTPSemantics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What proxies write (`Forwarded`, `X-Forwarded-For`, addresses and ranges) against plain readings of it, the C
/// library's reading of addresses, and what was written again.
struct ForwardedTarget: FuzzTarget {
    static let corpus = [
        "for=192.0.2.60;proto=http;by=203.0.113.43", "for=\"[2001:db8:cafe::17]:4711\", for=unknown",
        "For=\"_gazonk\"; Host=\"a.example:80\" ;proto=HTTPS", "for=192.0.2.43,for=\"[::1]\";secret=\"a,\\\"b\\\\\"",
        "192.0.2.1, 10.0.0.1:80, [fd00::1]:443, 2001:db8::2", "unknown, _hidden:_port,,", "10.0.0.0/8", "fd00::/7",
        "::ffff:192.0.2.1", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4",
        "::1.2.3.4/97", "0.0.0.0/0", "for=\"", "for=\"a\\\", for=b",
    ]
    static let tokens = [
        "for=", "by=", "host=", "proto=", "https", "\"", "\\", "\\\"", ",", ";", " ", "\t", "=", "[", "]", ":", "::",
        "unknown", "_x", "192.0.2.1", "255", "256", "01", ".", "/8", "/32", "/128", "/33", "ffff", "::ffff:", "[::1]",
        ":80", ":65535", ":65536", "%eth0", "\u{FF}", "\0",
    ]
    /// What a proxy adds, whatever was there before.
    private static let added = [
        "for=192.0.2.60", "for=\"[2001:db8::1]:80\";proto=https", "for=\"_a,b\\\"c\\\\\"", "host=\"a:1\";for=unknown",
    ]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let text = String(decoding: input, as: UTF8.self)
        var mark = Digest()
        try checkList(text, Self.added[random.below(Self.added.count)], &mark)
        try checkPieces(text, &mark)
        return mark.value
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        let text = String(decoding: input, as: UTF8.self)
        for end in 0...input.count {
            var mark = Digest()
            let part = String(decoding: input[..<end], as: UTF8.self)
            for added in Self.added { try checkList(part, added, &mark) }
            try checkPieces(part, &mark)
        }
        var mark = Digest()
        try checkPieces(text, &mark)
    }

    // MARK: Lists

    private func checkList(_ text: String, _ added: String, _ mark: inout Digest) throws(Violation) {
        let elements = Array(ReversedElements(text, quotes: true))
        mark.add(min(elements.count, 8))
        if let expected = Self.split(Array(text.utf8)), expected != elements.reversed() {
            throw Violation("\(elements) from the end, \(expected) from the start")
        }
        let plain = Array(ReversedElements(text, quotes: false))
        let parts = text.utf8.split(separator: UInt8(ascii: ",")).map { Self.trim(Array($0)) }.filter { !$0.isEmpty }
        guard plain == parts.reversed() else { throw Violation("\(plain) from the end, \(parts) split") }
        // What a proxy adds is read as it wrote it.
        guard let last = ReversedElements("\(text), \(added)", quotes: true).first(where: { _ in true }), last == added
        else { throw Violation("\(added) is not the last element behind \(text)") }
        for element in elements.prefix(4) {
            let read = ForwardedElement(element)
            mark.add(read == nil ? 0 : 1)
            guard read == Self.element(Array(element.utf8)) else {
                throw Violation("\(String(describing: read)) for \(element)")
            }
            if let read { try checkElement(read, &mark) }
        }
    }

    private func checkElement(_ element: ForwardedElement, _ mark: inout Digest) throws(Violation) {
        let pairs = [
            ("for", element.source), ("by", element.destination), ("host", element.host), ("proto", element.scheme),
        ].compactMap { name, value in value.map { "\(name)=\(FieldScanner.quoteIfNeeded($0))" } }
        mark.add(pairs.count)
        guard ForwardedElement(pairs.joined(separator: ";")) == element else {
            throw Violation("\(pairs) is not \(element)")
        }
        if let source = element.source { try checkNode(source, &mark) }
    }

    /// A list split from its start; `nil` when a quoted string does not end, or a backslash stands outside of one.
    private static func split(_ bytes: [UInt8]) -> [String]? {
        var elements: [[UInt8]] = [[]]
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\"):
                guard isQuoted, index + 1 < bytes.count else { return nil }
                elements[elements.count - 1].append(byte)
                index += 1
            case UInt8(ascii: ",") where !isQuoted:
                elements.append([])
                index += 1
                continue
            default: break
            }
            elements[elements.count - 1].append(bytes[index])
            index += 1
        }
        return isQuoted ? nil : elements.map(trim).filter { !$0.isEmpty }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trim(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }

    // MARK: Elements

    /// An element read byte by byte.
    private static func element(_ bytes: [UInt8]) -> ForwardedElement? {
        var pairs: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        for byte in bytes {
            if byte == UInt8(ascii: ";"), !isQuoted {
                pairs.append([])
                continue
            }
            pairs[pairs.count - 1].append(byte)
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
        }
        guard !isQuoted else { return nil }
        var result = ForwardedElement()
        var names: Set<String> = []
        for pair in pairs {
            let pair = Array(pair.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
            guard !pair.isEmpty else { continue }
            guard let mark = pair.firstIndex(of: UInt8(ascii: "=")), isToken(pair[..<mark]),
                let value = value(pair[(mark + 1)...])
            else { return nil }
            let name = String(decoding: pair[..<mark], as: UTF8.self).lowercased()
            guard names.insert(name).inserted else { return nil }
            switch name {
            case "for": result.source = value
            case "by": result.destination = value
            case "host": result.host = value
            case "proto": result.scheme = value.lowercased()
            default: break
            }
        }
        return result
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        let others = Array("!#$%&'*+-.^_`|~".utf8)
        return !bytes.isEmpty
            && bytes.allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte || others.contains(byte)
            }
    }

    private static func value(_ bytes: ArraySlice<UInt8>) -> String? {
        if isToken(bytes) { return String(decoding: bytes, as: UTF8.self) }
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return nil }
        var result: [UInt8] = []
        var rest = bytes.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                result.append(next)
            case UInt8(ascii: "\""): return nil
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Nodes, addresses and ranges

    private func checkPieces(_ text: String, _ mark: inout Digest) throws(Violation) {
        for piece in [text] + Array(ReversedElements(text, quotes: false).prefix(3)) where piece.utf8.count <= 128 {
            try checkAddress(piece, &mark)
            try checkNode(piece, &mark)
            try checkRange(piece, &mark)
        }
    }

    private func checkAddress(_ text: String, _ mark: inout Digest) throws(Violation) {
        let address = IPAddress(text)
        let expected = Self.libraryAddress(text)
        guard address?.value == expected else {
            throw Violation("\(String(describing: address)) for \(text), \(String(describing: expected)) in C")
        }
        mark.add(address.map { $0.isIPv4 ? 2 : 1 } ?? 0)
        guard let address else { return }
        guard IPAddress(address.description) == address, Self.libraryAddress(address.description) == address.value
        else { throw Violation("\(address) is not \(text)") }
    }

    private func checkNode(_ text: String, _ mark: inout Digest) throws(Violation) {
        let node = ForwardedNode(plain: text)
        switch node {
        case nil: mark.add(0)
        case .unknown?:
            mark.add(1)
            guard text.lowercased().hasPrefix("unknown") else { throw Violation("\(text) is unknown") }
        case .obfuscated(let name)?:
            mark.add(2)
            guard name.first == "_", text.hasPrefix(name) else { throw Violation("\(text) is \(name)") }
        case .address(let address, let port)?:
            mark.add(port == nil ? 3 : 4)
            let host = address.isIPv4 ? "\(address)" : "[\(address)]"
            guard ForwardedNode(host + (port.map { ":\($0)" } ?? "")) == node, 0...65535 ~= port ?? 0 else {
                throw Violation("\(text) is \(address), \(String(describing: port))")
            }
        }
        // A list of another kind never knows more than this one.
        if let strict = ForwardedNode(text), strict != node { throw Violation("\(text) is \(strict) and not") }
    }

    private func checkRange(_ text: String, _ mark: inout Digest) throws(Violation) {
        guard let range = AddressRange(text) else { return mark.add(0) }
        mark.add(range.bits / 32 + 1)
        guard 0...128 ~= range.bits else { throw Violation("\(text) has \(range.bits) bits") }
        // Each bit by itself.
        for bit in 0..<128 {
            let other = IPAddress(value: range.base.value ^ (UInt128(1) << (127 - bit)))
            let isIn = bit >= range.bits && (range.bits >= 96 || !other.isIPv4)
            guard range.contains(other) == isIn else { throw Violation("bit \(bit) of \(text)") }
        }
        let isIn = range.bits >= 96 || !range.base.isIPv4
        guard range.contains(range.base) == isIn else { throw Violation("\(range.base) is not in \(text)") }
    }

    /// The address as the C library reads it.
    private static func libraryAddress(_ text: String) -> UInt128? {
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            return bytes[..<4].reduce(UInt128(0xFFFF)) { $0 << 8 | UInt128($1) }
        }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        return bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    }
}
