import HTTPSemantics

/// `Range`: what is selected lies inside, is no more than the whole, and is what each specifier says.
struct RangeTarget: FuzzTarget {
    static let corpus = [
        "bytes=0-0", "bytes=0-", "bytes=-1", "bytes=0-1,3-4, -2", "Bytes= 5-9 ,\t10-", "bytes=9223372036854775807-",
        "bytes=0-99999999999999999999", "bytes=-99999999999999999999", "bytes=-0", "bytes=1-0", "lines=1-2", "bytes=,",
        "bytes=0-9,0-9,0-9", "bytes=0-,0-,0-,0-,0-,0-",
    ]
    static let tokens = [
        "bytes=", "BYTES", "=", "-", ",", ", ", " ", "\t", "0", "1", "9", "10", "0-", "-1", "0-0", "5-3",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "+1", "\u{0}", "\u{FF}", "\u{B2}",
    ]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let size = random.oneIn(4) ? [0, 1, Int.max][random.below(3)] : random.below(32)
        return try check(input, size: size, limit: random.below(6))
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        for size in [0, 1, 2, 10, 31, Int.max] {
            for limit in 0..<6 { _ = try check(input, size: size, limit: limit) }
        }
    }

    private func check(_ input: [UInt8], size: Int, limit: Int) throws(Violation) -> UInt64 {
        let text = String(decoding: input, as: UTF8.self)
        let ranges = ByteRanges(text, limit: limit)
        let expected = Self.read(text)
        guard (ranges == nil) == (expected == nil) else { throw Violation("\(text) is \(String(describing: ranges))") }
        guard let ranges, let expected else { return 0 }
        guard ranges.specifiers.count == min(limit, expected.count) else { throw Violation("\(ranges) for \(limit)") }
        let parts = expected.compactMap { Self.part($0, of: size) }
        let isTooMuch = parts.reduce(0.0) { $0 + Double($1.count) } > Double(size) && size < 1 << 40
        let selection = ranges.select(from: size)
        var digest = Digest()
        digest.add(min(expected.count, 8))
        switch selection {
        case .whole:
            guard size == 0 || expected.count > limit || isTooMuch || size > 1 << 40 else {
                throw Violation("the whole of \(size) for \(text)")
            }
            digest.add(1)
        case .unsatisfiable:
            guard parts.isEmpty, size > 0 else { throw Violation("nothing of \(size) for \(text)") }
            digest.add(2)
        case .parts(let selected):
            guard selected == parts, !parts.isEmpty, !isTooMuch, parts.allSatisfy({ !$0.isEmpty }) else {
                throw Violation("\(selected), not \(parts), of \(size) for \(text)")
            }
            digest.add(3 + min(selected.count, 8))
        }
        return digest.value
    }

    /// A specifier with numbers as text, without leading zeros.
    private struct Specifier {
        var first: String
        var last: String
    }

    private static func read(_ text: String) -> [Specifier]? {
        let bytes = Array(text.utf8)
        guard let mark = bytes.firstIndex(of: 0x3D),
            String(decoding: bytes[..<mark], as: UTF8.self).lowercased() == "bytes"
        else { return nil }
        var result: [Specifier] = []
        for element in bytes[(mark + 1)...].split(separator: 0x2C) {
            let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
            let trimmed = Array(element.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
            if trimmed.isEmpty { continue }
            let halves = trimmed.split(separator: 0x2D, omittingEmptySubsequences: false)
            guard halves.count == 2, halves.joined().allSatisfy({ 0x30...0x39 ~= $0 }), !halves.joined().isEmpty else {
                return nil
            }
            let numbers = halves.map { half -> String in
                guard !half.isEmpty else { return "" }
                let digits = String(decoding: half.drop { $0 == 0x30 }, as: UTF8.self)
                return digits.isEmpty ? "0" : digits
            }
            let specifier = Specifier(first: numbers[0], last: numbers[1])
            // Beyond what an Int holds all numbers are the same.
            let isReversed = (Int(specifier.last) ?? .max) < (Int(specifier.first) ?? .max)
            if !specifier.first.isEmpty, !specifier.last.isEmpty, isReversed { return nil }
            result.append(specifier)
        }
        return result.isEmpty ? nil : result
    }

    private static func part(_ specifier: Specifier, of size: Int) -> Range<Int>? {
        let last = Int(specifier.last) ?? .max
        guard !specifier.first.isEmpty else { return last == 0 || size == 0 ? nil : max(0, size - last)..<size }
        guard let first = Int(specifier.first), first < size else { return nil }
        return first..<(specifier.last.isEmpty ? size : min(last, size - 1) + 1)
    }
}
