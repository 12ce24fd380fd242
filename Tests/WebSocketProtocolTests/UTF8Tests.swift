import Testing

@testable import WebSocketProtocol

@Suite struct UTF8Tests {
    /// Bytes that are UTF-8 often enough, and wrong in every way often enough.
    private static func sample(_ numbers: inout Numbers) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...20, using: &numbers) {
            switch Int.random(in: 0...5, using: &numbers) {
            case 0: bytes.append(.random(in: .min ... .max, using: &numbers))
            case 1: bytes += Array(repeating: 65, count: Int.random(in: 0...70, using: &numbers))
            case 2: bytes += Array("é".utf8)
            case 3: bytes += Array("€".utf8)
            case 4: bytes += Array("😀".utf8)
            default:
                bytes +=
                    [[0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xE0, 0xA0, 0x80]][
                        Int.random(in: 0...3, using: &numbers)]
            }
        }
        if Bool.random(using: &numbers), !bytes.isEmpty { bytes.removeLast() }
        return bytes
    }

    @Test func `what the standard library takes for UTF-8 is taken, at every split, and nothing else`() {
        var numbers = Numbers(state: 1)
        for _ in 0..<4000 {
            let bytes = Self.sample(&numbers)
            let expected = String(validating: bytes, as: UTF8.self) != nil
            let cut = Int.random(in: 0...bytes.count, using: &numbers)
            var validator = UTF8Validator()
            var isValid = bytes[..<cut].withUnsafeBytes { validator.accept($0) }
            if isValid { isValid = bytes[cut...].withUnsafeBytes { validator.accept($0) } }
            #expect((isValid && validator.isComplete) == expected, "\(bytes) cut at \(cut)")
        }
    }

    @Test(
        arguments: [
            ([0xC0], 0), ([0xC1], 0), ([0x80], 0), ([0xF5], 0), ([0xFF], 0), ([0xE0, 0x9F], 1), ([0xED, 0xA0], 1),
            ([0xF0, 0x8F], 1), ([0xF4, 0x90], 1), ([0xE2, 0x82, 0x41], 2), ([0xF0, 0x9F, 0x98, 0xC0], 3),
        ] as [([UInt8], Int)])
    func `a wrong byte is found where it stands`(bytes: [UInt8], index: Int) {
        var validator = UTF8Validator()
        let isStartGood = bytes[..<index].withUnsafeBytes { validator.accept($0) }
        let isWholeGood = bytes[index...].withUnsafeBytes { validator.accept($0) }
        #expect(isStartGood)
        #expect(!isWholeGood)
    }

    @Test func `what has begun of a character is known`() {
        for (bytes, begun) in [([0x41], 0), ([0xF0, 0x9F, 0x98], 3), ([0xE2, 0x82], 2), ([0xC3], 1)] as [([UInt8], Int)]
        {
            var validator = UTF8Validator()
            let isGood = bytes.withUnsafeBytes { validator.accept($0) }
            #expect(isGood && validator.begun == begun && validator.isComplete == (begun == 0))
        }
    }
}
