import HTTPSemantics
import SeededRandom
import Testing

@Suite("Field syntax") struct FieldSyntaxTests {
    /// tchar, spelled out as RFC 9110 §5.6.2 does.
    private static let tokenCharacters =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    @Test("RFC 9110 §5.6.2: a token has these bytes and no other")
    func tokenBytes() {
        for byte in UInt8.min...UInt8.max {
            #expect(FieldSyntax.isTokenByte(byte) == Self.tokenCharacters.utf8.contains(byte), "\(byte)")
            #expect(FieldSyntax.isToken([0x61, byte, 0x62]) == Self.tokenCharacters.utf8.contains(byte), "\(byte)")
        }
        #expect(!FieldSyntax.isToken([]))
    }

    /// The rule of RFC 9110 §5.5, byte by byte.
    private func firstInvalid(_ bytes: some Collection<UInt8>) -> Int? {
        for (index, byte) in bytes.enumerated() {
            if byte == 0x7F || (byte < 0x20 && byte != 0x09) { return index }
        }
        return nil
    }

    @Test("RFC 9110 §5.5: the first forbidden byte is found at every place, length and alignment")
    func everyPlace() {
        for count in 0...40 {
            for offset in 0..<8 {
                var memory = [UInt8](repeating: 0x61, count: offset + count)
                memory.withUnsafeBytes { memory in
                    let bytes = UnsafeRawBufferPointer(rebasing: memory[offset...])
                    #expect(FieldSyntax.firstInvalidValueByte(in: bytes) == nil)
                    #expect(FieldSyntax.isFieldValue(bytes))
                }
                for place in 0..<count {
                    for byte in [0x00, 0x08, 0x0A, 0x0D, 0x1F, 0x7F, 0x09, 0x20, 0x7E, 0x80, 0xFF] as [UInt8] {
                        memory[offset + place] = byte
                        let isForbidden = byte == 0x7F || (byte < 0x20 && byte != 0x09)
                        memory.withUnsafeBytes { memory in
                            let bytes = UnsafeRawBufferPointer(rebasing: memory[offset...])
                            #expect(FieldSyntax.firstInvalidValueByte(in: bytes) == (isForbidden ? place : nil))
                            // From behind it, it is not there.
                            #expect(FieldSyntax.firstInvalidValueByte(in: bytes, from: place + 1) == nil)
                        }
                    }
                    memory[offset + place] = 0x61
                }
            }
        }
    }

    @Test("RFC 9110 §5.5: random bytes are judged as one by one", arguments: 1...20 as ClosedRange<UInt64>)
    func random(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let likely: [UInt8] = [0x09, 0x20, 0x61, 0x80, 0xFF, 0x21, 0x7E]
        for _ in 0..<2000 {
            let isWild = Int.random(in: 0..<4, using: &random) == 0
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                isWild || Int.random(in: 0..<40, using: &random) == 0
                    ? UInt8.random(in: .min ... .max, using: &random)
                    : likely[Int.random(in: likely.indices, using: &random)]
            }
            let start = Int.random(in: 0...bytes.count, using: &random)
            let expected = firstInvalid(bytes[start...]).map { $0 + start }
            let found = bytes.withUnsafeBytes { FieldSyntax.firstInvalidValueByte(in: $0, from: start) }
            #expect(found == expected, "\(bytes) from \(start)")
        }
    }

    @Test("Only the case of ASCII letters makes no difference")
    func equalIgnoringCase() {
        for left in UInt8.min...UInt8.max {
            for right in UInt8.min...UInt8.max {
                func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
                let isEqual = [left].withUnsafeBytes { left in
                    [right].withUnsafeBytes { FieldSyntax.equalIgnoringCase(left, $0) }
                }
                if isEqual != (folded(left) == folded(right)) { Issue.record("\(left) and \(right)") }
            }
        }
        "Content-LENGTH".withBytes { #expect(FieldSyntax.equal($0, lowercased: "content-length")) }
        "Content-Lengt".withBytes { #expect(!FieldSyntax.equal($0, lowercased: "content-length")) }
        "".withBytes { #expect(FieldSyntax.equal($0, lowercased: "")) }
    }

    @Test(
        "RFC 9110 §5.6.3: blanks around a value are cut off",
        arguments: [
            ("", ""), (" ", ""), ("\t \t", ""), ("a", "a"), (" a\t", "a"), ("a b", "a b"), ("\t a \t b ", "a \t b"),
            ("\u{0B}a", "\u{0B}a"),
        ])
    func trimmed(_ text: String, _ expected: String) {
        text.withBytes { #expect(String(decoding: FieldSyntax.trimmed($0), as: UTF8.self) == expected) }
    }

    @Test(
        "RFC 9110 §5.6.1: the elements of a list",
        arguments: [
            ("", []), (",", []), (" , ,\t", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a ,, b\t,", ["a", "b"]),
            ("a b,c", ["a b", "c"]), ("a;q=1, b", ["a;q=1", "b"]),
        ] as [(String, [String])])
    func list(_ text: String, _ expected: [String]) {
        text.withBytes { bytes in
            #expect(ListElements(bytes).map { String(decoding: $0, as: UTF8.self) } == expected)
        }
        text.replacing(",", with: ";").withBytes { bytes in
            let elements = ListElements(bytes, separator: UInt8(ascii: ";")).map { String(decoding: $0, as: UTF8.self) }
            if !text.contains(";") { #expect(elements == expected) }
        }
    }
}

extension String {
    /// Calls `body` with the UTF-8 of the text.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}
