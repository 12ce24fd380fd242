import HTTPSemantics

/// Dates: what is read is written the same again, and what is written is read.
struct DateTarget: FuzzTarget {
    static let corpus = [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Tue, 29 Feb 2000 23:59:60 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0000 00:00:00 GMT",
    ]
    static let tokens = [
        "Sun", "Monday", ", ", " ", "-", ":", "GMT", " GMT", "Feb", "Jan", "Dec", "00", "29", "30", "31", "32", "60",
        "24", "99",
        "1900", "2000", "2023", "+1", "-1", "\u{0}", "\u{C3}\u{A9}", "\u{FF}",
    ]

    private static let years0To9999 = -62_167_219_200...253_402_300_799

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        try check(Int(truncatingIfNeeded: Int64(bitPattern: random.word())) >> random.below(63))
        return try check(String(decoding: input, as: UTF8.self))
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        _ = try check(String(decoding: input, as: UTF8.self))
    }

    private func check(_ seconds: Int) throws(Violation) {
        let text = HTTPDate.format(seconds)
        guard Self.years0To9999.contains(seconds) else { return }
        guard HTTPDate.parse(text) == seconds else { throw Violation("\(seconds) is \(text), which is not read") }
    }

    private func check(_ text: String) throws(Violation) -> UInt64 {
        guard let seconds = HTTPDate.parse(text, now: 1_700_000_000) else { return 0 }
        let written = HTTPDate.format(seconds)
        // A leap second may lead out of the last year that can be written.
        guard Self.years0To9999.contains(seconds) else { return 1 }
        guard HTTPDate.parse(written) == seconds else { throw Violation("\(text) is \(seconds), \(written)") }
        // "06 Nov 1994 08:49:37 GMT" stays, but for leap seconds; the day of the week may have been wrong.
        if text.utf8.count == 29, !text.contains(":60 ") {
            guard text.dropFirst(4) == written.dropFirst(4) else { throw Violation("\(text) became \(written)") }
        }
        return UInt64(text.utf8.count)
    }
}
