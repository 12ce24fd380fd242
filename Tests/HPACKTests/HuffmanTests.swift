import HPACK
import SeededRandom
import Testing

@Suite("Huffman code") struct HuffmanTests {
    private func encode(_ text: [UInt8]) -> [UInt8] {
        text.withUnsafeBytes { text in
            guard let start = text.baseAddress else { return [] }
            var coded = [UInt8](repeating: 0xAA, count: HuffmanCode.shared.encodedCount(start, text.count))
            coded.withUnsafeMutableBytes { coded in
                guard let place = coded.baseAddress else { return }
                HuffmanCode.shared.encode(start, text.count, to: place)
            }
            return coded
        }
    }

    private func decode(_ coded: [UInt8]) throws(HPACKError) -> [UInt8] {
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, coded.count), alignment: 1)
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: HuffmanCode.decodedBound(coded.count), alignment: 1)
        defer {
            source.deallocate()
            room.deallocate()
        }
        source.copyBytes(from: coded)
        guard let start = source.baseAddress, let place = room.baseAddress else { return [] }
        return Array(room[..<(try HuffmanCode.shared.decode(start, coded.count, to: place))])
    }

    @Test(
        "RFC 7541 §C.4, §C.6: strings of the examples",
        arguments: [
            ("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"), ("no-cache", "a8eb10649cbf"), ("302", "6402"),
            ("custom-value", "25a849e95bb8e8b4bf"), ("private", "aec3771a4b"), ("gzip", "9bd9ab"),
            ("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"),
            (
                "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
                "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"
            ),
        ])
    func examples(_ text: String, _ coded: String) throws {
        #expect(encode(latin(text)) == hex(coded))
        #expect(try decode(hex(coded)) == latin(text))
    }

    @Test(
        "RFC 7541 Appendix B: codes of every length",
        arguments: [
            (0x30, 0x0, 5), (0x74, 0x9, 5), (0x20, 0x14, 6), (0x75, 0x2D, 6), (0x3A, 0x5C, 7), (0x7A, 0x7B, 7),
            (0x26, 0xF8, 8), (0x5A, 0xFD, 8), (0x21, 0x3F8, 10), (0x3F, 0x3FC, 10), (0x27, 0x7FA, 11),
            (0x7C, 0x7FC, 11), (0x23, 0xFFA, 12), (0x3E, 0xFFB, 12), (0x00, 0x1FF8, 13), (0x7E, 0x1FFD, 13),
            (0x5E, 0x3FFC, 14), (0x7D, 0x3FFD, 14), (0x3C, 0x7FFC, 15), (0x7B, 0x7FFE, 15), (0x5C, 0x7FFF0, 19),
            (0xD0, 0x7FFF2, 19), (0x80, 0xFFFE6, 20), (0xE2, 0xFFFED, 20), (0x99, 0x1FFFDC, 21),
            (0x81, 0x3FFFD2, 22), (0x01, 0x7FFFD8, 23), (0x09, 0xFFFFEA, 24), (0xC7, 0x1FFFFEC, 25),
            (0xC0, 0x3FFFFE0, 26), (0xCB, 0x7FFFFDE, 27), (0x02, 0xFFFFFE2, 28), (0xF9, 0xFFFFFFE, 28),
            (0x0A, 0x3FFFFFFC, 30), (0x16, 0x3FFFFFFE, 30),
        ])
    func codes(_ symbol: Int, _ code: Int, _ length: Int) throws {
        let size = (length + 7) / 8
        let padded = code << (size * 8 - length) | ((1 << (size * 8 - length)) - 1)
        let coded = (0..<size).reversed().map { UInt8(truncatingIfNeeded: padded >> ($0 * 8)) }
        #expect(encode([UInt8(symbol)]) == coded)
        #expect(try decode(coded) == [UInt8(symbol)])
    }

    @Test("Every byte, before and behind every other one")
    func pairs() throws {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max {
                let text = [first, second, first]
                #expect(try decode(encode(text)) == text)
            }
        }
    }

    @Test("Strings at random are read as they were written")
    func random() throws {
        var random = SeededGenerator(seed: 7541)
        for _ in 0..<2000 {
            let isText = Bool.random(using: &random)
            let text = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                isText ? UInt8.random(in: 0x20...0x7E, using: &random) : .random(in: .min ... .max, using: &random)
            }
            #expect(try decode(encode(text)) == text)
        }
    }

    @Test(
        "RFC 7541 §5.2: padding of eight bits or more, or not of ones, and the code for the end are refused",
        arguments: [
            // A zero (five bits), then three ones, then eight more.
            "07ff", "07ffff", "ff", "ffff", "ffffff", "ffffffff",
            // Padding with a zero in it.
            "00", "06", "03", "f1e3c2e5f23a6ba0ab90f4fe", "f1e3c2e5f23a6ba0ab90f4ff ff",
            // The end's code of thirty ones, with padding, in the middle, and at the start of much more.
            "ffffffff 07", "07ffffffff", "ffffffffffffffffffff", "fffffffc07ffffffffffff", "0000000000ffffffffffffff",
            // A code that is broken off.
            "fe", "fffe", "ffffeafff0",
        ])
    func invalid(_ coded: String) {
        #expect(throws: HPACKError.invalidHuffman) { try decode(hex(coded)) }
    }

    @Test("RFC 7541 §5.2: up to seven ones are padding", arguments: ["", "07"])
    func padding(_ coded: String) throws {
        #expect(try decode(hex(coded)) == (coded.isEmpty ? [] : latin("0")))
    }
}
