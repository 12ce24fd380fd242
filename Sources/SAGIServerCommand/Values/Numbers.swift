extension ValueFormat<Int> {
    /// A whole number.
    package static func count(_ range: ClosedRange<Int>) -> Self {
        ValueFormat(
            metavar: "N",
            accepted: range.upperBound == .max
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in
                guard let number = Digits.number(text), range.contains(number) else { return nil }
                return number
            },
            format: { String($0) })
    }

    /// A number of bytes: "512", "64KiB", "10MB".
    static func size(atLeast least: Int = 1) -> Self {
        size(least...Int.max, least > 1 ? " (at least \(least) bytes)" : "")
    }

    static func size(_ range: ClosedRange<Int>) -> Self {
        size(range, " (from \(range.lowerBound) to \(range.upperBound) bytes)")
    }

    private static func size(_ range: ClosedRange<Int>, _ bounds: String) -> Self {
        ValueFormat(
            metavar: "SIZE",
            accepted: "a size such as 512, 64KiB, 16MiB or 10MB\(bounds)",
            parse: { text in
                guard let size = Size.parse(text), range.contains(size) else { return nil }
                return size
            },
            format: { Size.format($0) })
    }
}

extension ValueFormat<UInt16> {
    /// The permissions of a file, in octal: "0660".
    static let fileMode = ValueFormat(
        metavar: "MODE", accepted: "permissions in octal such as 0660",
        parse: { text in
            guard (3...4).contains(text.utf8.count), text.allSatisfy(Digits.isDigit), let mode = UInt16(text, radix: 8),
                mode <= 0o777
            else {
                return nil
            }
            return mode
        },
        format: { mode in
            let digits = String(mode, radix: 8)
            return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        })
}

/// Numbers of bytes as people write them.
enum Size {
    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000),
        ("B", 1),
    ]

    static func parse(_ text: String) -> Int? {
        let digits = text.prefix(while: Digits.isDigit)
        let unit = text.dropFirst(digits.count).lowercased()
        guard let number = Digits.number(digits) else { return nil }
        let bytes = unit.isEmpty ? 1 : units.first { $0.name.lowercased() == unit }?.bytes
        guard let bytes else { return nil }
        let (product, overflows) = number.multipliedReportingOverflow(by: bytes)
        return overflows ? nil : product
    }

    /// With the largest binary unit that divides it.
    static func format(_ size: Int) -> String {
        guard size > 0, let unit = units.prefix(3).first(where: { size.isMultiple(of: $0.bytes) }) else {
            return String(size)
        }
        return "\(size / unit.bytes)\(unit.name)"
    }
}

/// Decimal digits without signs, spaces or separators.
enum Digits {
    static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.allSatisfy(isDigit) else { return nil }
        return Int(text)
    }
}
