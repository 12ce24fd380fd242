import HTTPSemantics

/// Percent-decoding against the plainest decoder there can be.
struct PercentTarget: FuzzTarget {
    static let corpus = [
        "/a/b", "%41%zz%", "a%20b%2", "%C3%A9%FF", "%2541%25", "\u{C3}\u{A9}%e9", "%F0%9F%98%80", "%ED%A0%80",
    ]
    static let tokens = [
        "%", "%2", "%25", "%41", "%00", "%C3", "%A9", "%FF", "%zz", "+", "/", "\u{FF}", "\u{C3}\u{A9}", "é",
    ]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        try checkThoroughly(input)
        return UInt64(min(input.count, 64)) << 8 | UInt64(min(input.count { $0 == 0x25 }, 16))
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        let decoded = input.withUnsafeBytes(PercentCoding.decode)
        let expected = Self.text(Self.decoded(input))
        guard decoded == expected, decoded.utf8.elementsEqual(expected.utf8) else {
            throw Violation("\(Array(decoded.utf8)), not \(Array(expected.utf8))")
        }
        let encoded = PercentCoding.encode(decoded)
        guard encoded.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw Violation("\(encoded) is not encoded") }
        let again = PercentCoding.decode(encoded)
        guard again.utf8.elementsEqual(decoded.utf8) else {
            throw Violation("\(encoded) does not stand for \(decoded)")
        }
    }

    private static func decoded(_ input: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < input.count {
            if input[index] == 0x25, index + 2 < input.count, let high = digit(input[index + 1]),
                let low = digit(input[index + 2])
            {
                result.append(high * 16 + low)
                index += 3
            } else {
                result.append(input[index])
                index += 1
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        "0123456789abcdef".utf8.enumerated().first { $0.element == byte || $0.element == byte | 0x20 && byte > 0x40 }
            .map { UInt8($0.offset) }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        // What is no UTF-8 would be repaired, and then differ.
        let repaired = String(decoding: bytes, as: UTF8.self)
        if repaired.utf8.elementsEqual(bytes) { return repaired }
        return String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
    }
}
