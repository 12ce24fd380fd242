import HTTPSemantics
import SAGIToolkit

/// Cookies, read and set, and what is kept in them, against the plainest readers there can be.
struct CookieTarget: FuzzTarget {
    static let corpus = [
        "a=1; b=\"2\"; __Host-c=3", "=a; b; c==d;;a=2", "a|b|/x|example.org", "__Host-a|b|/|", "a|b c|x|.a..b",
        "cart|17,4|/app|shop.example.org", "csrf_token=AAAA&a=b%41+c",
        "\u{1}\u{80}\u{1}\u{81}\u{2}\u{1}\u{1}ab\u{2}\u{3}aa123", "\u{1}\u{0}\u{FF}\u{7F}\u{3}\u{0}abc",
        "QUJD.REVG", "QUJDREVG", "-_-_", "__Http-Host-a|\u{C3}\u{A9}|/\u{E9}|EXAMPLE.org",
    ]
    static let tokens = [
        "=", ";", "; ", "\"", ",", "|", "\\", "%", "%3B", "\t", "\r\n", "\u{0}", "\u{7F}", "\u{A0}", "\u{85}",
        "__Host-",
        "__Secure-", "__Http-", "__host-http-", "/", ".", "-", "Path=/", "; Domain=a", "a", "A", "\u{C3}\u{A9}",
        "\u{80}", "\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{7F}", "\u{1}", "AAAA", "_", "b=",
    ]

    private let keys = CookieKeys.random()

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        var mark = try checkPlain(input)
        // Cryptography is slow.
        if random.oneIn(8) { mark ^= try checkKeys(input) }
        return mark
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        _ = try checkPlain(input)
        _ = try checkKeys(input)
    }

    private func checkPlain(_ input: [UInt8]) throws(Violation) -> UInt64 {
        // As a field of a request is read.
        let text = input.withUnsafeBytes(PercentCoding.text)
        var digest = Digest()
        digest.add(try checkField(text))
        digest.add(try checkSetCookie(text))
        digest.add(try checkRecord(input))
        digest.add(try checkBase64(text))
        return digest.value
    }

    // MARK: A request's cookies

    private func checkField(_ text: String) throws(Violation) -> Int {
        let cookies = RequestCookies(text)
        let expected = Self.plain(Array(text.utf8))
        guard cookies.items.count == expected.count else {
            throw Violation("\(cookies.items), not \(expected.count) cookies")
        }
        for (item, (name, value)) in zip(cookies.items, expected) {
            guard item.name.utf8.elementsEqual(name), item.value.utf8.elementsEqual(value) else {
                throw Violation("\(item), not \(String(decoding: name, as: UTF8.self))")
            }
            let first = expected.first { $0.0 == name }?.1 ?? []
            guard cookies[item.name]?.utf8.elementsEqual(first) == true else {
                throw Violation("not the first one of \(item.name)")
            }
            _ = cookies.decoded(item.name)
        }
        return min(cookies.items.count, 20) << 8 | min(cookies.items.count { $0.value.isEmpty }, 20)
    }

    private static func plain(_ bytes: [UInt8]) -> [([UInt8], [UInt8])] {
        func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var bytes = Array(bytes)
            while let last = bytes.last, last == 0x20 || last == 9 { bytes.removeLast() }
            return Array(bytes.drop { $0 == 0x20 || $0 == 9 })
        }
        var result: [([UInt8], [UInt8])] = []
        for part in bytes.split(separator: 0x3B) where result.count < 256 {
            guard let mark = part.firstIndex(of: 0x3D) else { continue }
            let name = trimmed(part[..<mark])
            var value = trimmed(part[(mark + 1)...])
            if value.count > 1, value.first == 0x22, value.last == 0x22 { value = Array(value[1..<(value.count - 1)]) }
            if !name.isEmpty { result.append((name, value)) }
        }
        return result
    }

    // MARK: A cookie that is set

    /// "NAME|VALUE|PATH|DOMAIN".
    private func checkSetCookie(_ text: String) throws(Violation) -> Int {
        let parts = text.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false).map { String($0) }
        let value = parts.count > 1 ? parts[1] : ""
        var attributes = Cookie.Attributes()
        if parts.count > 2 { attributes.path = parts[2] }
        if parts.count > 3, !parts[3].isEmpty { attributes.domain = parts[3] }
        attributes.isSecure = text.utf8.count.isMultiple(of: 2)
        var result = 0
        if let cookie = try? Cookie(parts[0], value, attributes) {
            try checkSent(cookie, value)
            result |= 1
        }
        if let cookie = try? Cookie(parts[0], encoding: value, attributes) {
            try checkSent(cookie, cookie.value)
            guard let decoded = RequestCookies("\(cookie.name)=\(cookie.value)").decoded(cookie.name),
                decoded.utf8.elementsEqual(value.utf8)
            else { throw Violation("\(cookie.value) does not stand for \(value)") }
            result |= 2
        }
        return result | (attributes.domain == nil ? 0 : 4)
    }

    /// Reads the field as a browser does, which must find what was put in and nothing else.
    private func checkSent(_ cookie: Cookie, _ value: String) throws(Violation) {
        let field = cookie.fieldValue
        guard field.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { throw Violation("\(field) cannot be sent") }
        let parts = field.split(separator: ";", omittingEmptySubsequences: false).map { part in
            var part = part.drop { $0 == " " }
            while part.last == " " { part.removeLast() }
            return String(part)
        }
        var expected = ["\(cookie.name)=\(value)"]
        if let path = cookie.attributes.path { expected.append("Path=\(path)") }
        if let domain = cookie.attributes.domain { expected.append("Domain=\(domain)") }
        if cookie.attributes.isSecure { expected.append("Secure") }
        expected += ["HttpOnly", "SameSite=Lax"]
        guard parts == expected else { throw Violation("\(parts), not \(expected)") }
        let name = cookie.name.lowercased()
        if name.hasPrefix("__host-") {
            guard cookie.attributes.isSecure, cookie.attributes.path == "/", cookie.attributes.domain == nil else {
                throw Violation("\(field) breaks the promise of its name")
            }
        }
        if name.hasPrefix("__secure-") || name.hasPrefix("__http-"), !cookie.attributes.isSecure {
            throw Violation("\(field) breaks the promise of its name")
        }
        guard RequestCookies(parts[0])[cookie.name] == value else { throw Violation("\(field) does not come back") }
    }

    // MARK: What is kept

    private func checkRecord(_ input: [UInt8]) throws(Violation) -> Int {
        guard let record = SessionRecord(bytes: input) else { return 0 }
        guard record.bytes == input else { throw Violation("\(record) has another form, \(record.bytes)") }
        return 1 + min(record.values.count, 20)
    }

    private func checkBase64(_ text: String) throws(Violation) -> Int {
        guard let bytes = Base64URL.decode(text) else { return 0 }
        guard Base64URL.encode(bytes) == text else { throw Violation("\(text) is not \(Base64URL.encode(bytes))") }
        return 1
    }

    // MARK: Keys

    private func checkKeys(_ input: [UInt8]) throws(Violation) -> UInt64 {
        let text = input.withUnsafeBytes(PercentCoding.text)
        guard keys.verify(text, for: "a") == nil, keys.decrypt(text, for: "a") == nil else {
            throw Violation("something that nobody has signed")
        }
        guard let encrypted = try? keys.encrypt(text, for: "a") else { throw Violation("cannot be encrypted") }
        // What is more is no cookie, and need not come back.
        if input.count < 1000 {
            let signed = keys.sign(text, for: "a")
            guard keys.verify(signed, for: "a") == text, keys.decrypt(encrypted, for: "a") == text else {
                throw Violation("does not come back")
            }
            guard keys.verify(signed, for: "b") == nil, keys.decrypt(encrypted, for: "b") == nil else {
                throw Violation("holds under another name")
            }
            // Some byte of it, by the input's own choice.
            let change = input.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
            for (value, read) in [(signed, keys.verify), (encrypted, keys.decrypt)] {
                var bytes = Array(value.utf8)
                let index = change % bytes.count
                bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                guard read(String(decoding: bytes, as: UTF8.self), "a") == nil else {
                    throw Violation("holds though it has been changed")
                }
            }
        }
        if let code = CSRFToken.unmask(text) {
            guard code.count == 32, CSRFToken.unmask(CSRFToken.mask(code)) == code else {
                throw Violation("a token that is not its mask")
            }
            return 2
        }
        return 1
    }
}
