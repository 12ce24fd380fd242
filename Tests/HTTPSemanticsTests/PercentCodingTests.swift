import HTTPSemantics
import SeededRandom
import Testing

@Suite("Percent coding") struct PercentCodingTests {
    @Test(
        "RFC 3986 §2.1: escapes are decoded once, and what is no escape stays",
        arguments: [
            ("", ""), ("/a/b", "/a/b"), ("%41", "A"), ("a%20b", "a b"), ("%2f%2F", "//"), ("%25", "%"),
            ("%2541", "%41"),
            ("%252541", "%2541"), ("+", "+"), ("%00", "\0"), ("%c3%a9", "é"), ("%F0%9F%98%80", "😀"), ("é%C3%A9", "éé"),
            ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%4z", "%4z"), ("%z4", "%z4"), ("a%", "a%"), ("%%41", "%A"),
            ("%4%41", "%4A"), ("%41%", "A%"), ("%-1", "%-1"), ("%+1", "%+1"), ("% 1", "% 1"), ("%u0041", "%u0041"),
        ])
    func decode(_ text: String, _ expected: String) {
        #expect(PercentCoding.decode(text) == expected)
        #expect(text.withBytes(PercentCoding.decode) == expected)
        #expect(PercentCoding.decode("x\(text)".dropFirst()) == expected)
    }

    @Test(
        "Bytes that are no UTF-8 stand for the characters with their numbers",
        arguments: [
            ("%FF", "ÿ"), ("a%E9b", "aéb"), ("%C3", "Ã"), ("%C3%28", "Ã("), ("%ED%A0%80", "í\u{A0}\u{80}"),
            ("%C0%AF", "À¯"), ("%F8%88%80%80", "ø\u{88}\u{80}\u{80}"),
        ])
    func notUTF8(_ text: String, _ expected: String) { #expect(PercentCoding.decode(text) == expected) }

    @Test("Raw bytes that are no UTF-8 are read in the same way")
    func text() {
        #expect(([0x61, 0xE9] as [UInt8]).withUnsafeBytes(PercentCoding.text) == "aé")
        #expect(([0xC3, 0xA9] as [UInt8]).withUnsafeBytes(PercentCoding.text) == "é")
        #expect([UInt8]().withUnsafeBytes(PercentCoding.text) == "")
    }

    @Test(
        "RFC 3986 §2.3: what is not unreserved is escaped",
        arguments: [
            ("", ""), ("azAZ09-._~", "azAZ09-._~"), ("a/b", "a/b"), ("a b", "a%20b"), ("%", "%25"), ("é", "%C3%A9"),
            ("😀", "%F0%9F%98%80"), ("?#[]@!$&'()*+,;=", "%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D"),
            ("\0\n", "%00%0A"),
        ])
    func encode(_ text: String, _ expected: String) { #expect(PercentCoding.encode(text) == expected) }

    @Test("What else is allowed is said")
    func allowing() {
        #expect(PercentCoding.encode("a/b", allowing: "") == "a%2Fb")
        #expect(PercentCoding.encode("a?b=c d", allowing: "/?=") == "a?b=c%20d")
    }

    @Test("What is encoded is decoded", arguments: 1...10 as ClosedRange<UInt64>)
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let scalars = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
                UnicodeScalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            #expect(PercentCoding.decode(PercentCoding.encode(text)) == text)
        }
    }

    @Test("RFC 5234 §B.1: hexadecimal digits")
    func hexValue() {
        for byte in UInt8.min...UInt8.max {
            let expected = byte < 0x80 ? UInt8(String(UnicodeScalar(byte)), radix: 16) : nil
            #expect(PercentCoding.hexValue(byte) == expected, "\(byte)")
        }
    }
}
