extension ValueFormat<Duration> {
    /// A time: "500ms", "30s", "1h30m"; a number alone is seconds.
    static func duration(allowsZero: Bool = false) -> Self {
        ValueFormat(
            metavar: "TIME",
            accepted: (allowsZero ? "a time" : "a time above zero") + " such as 500ms, 30s, 5m or 1h30m",
            parse: { text in
                guard let duration = DurationText.parse(text), allowsZero || duration > .zero else { return nil }
                return duration
            },
            format: { DurationText.format($0) })
    }
}

/// Times as people write them.
enum DurationText {
    private static let units: [(name: String, nanoseconds: Int)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ]

    /// Longer than anything that is meant, and far from where counting nanoseconds ends.
    private static let longest = Duration.seconds(3650 * 86400)

    /// Nil when it is no time, or longer than ten years.
    static func parse(_ text: String) -> Duration? {
        if let seconds = number(text, unit: 1_000_000_000) { return seconds }
        var rest = Substring(text)
        var total = Duration.zero
        var units = Self.units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { Digits.isDigit($0) || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            // Each unit once, the largest first.
            guard let index = units.firstIndex(where: { $0.name == name }),
                let part = number(digits, unit: units[index].nanoseconds)
            else { return nil }
            units = units[(index + 1)...]
            total += part
        }
        return text.isEmpty || total > longest ? nil : total
    }

    /// "2" or "1.5" of a unit, exactly.
    private static func number(_ text: some StringProtocol, unit: Int) -> Duration? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Digits.number($0) }), whole <= 3650 * 86_400_000 else { return nil }
        var duration = Duration.nanoseconds(unit) * whole
        if parts.count == 2 {
            guard let fraction = Digits.number(parts[1]), parts[1].count <= 9 else { return nil }
            var divisor = 1
            for _ in parts[1] { divisor *= 10 }
            duration += Duration.nanoseconds(unit) * fraction / divisor
        }
        return duration > longest ? nil : duration
    }

    /// With the largest unit that divides it.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        guard milliseconds > 0 else { return "0s" }
        for (name, unit) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds.isMultiple(of: unit) {
            return "\(milliseconds / unit)\(name)"
        }
        return "\(milliseconds)ms"
    }
}
