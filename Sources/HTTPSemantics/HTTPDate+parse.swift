#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension HTTPDate {
    /// Seconds since 1970 of a date in any of the three forms (RFC 9110 §5.6.7); `nil` when it is none of them.
    ///
    /// The name of the day must be one, but need not be the right one.
    ///
    /// - Parameter now: what the two-digit year of the second form is understood by, in seconds since 1970;
    ///   `nil` is the time now.
    package static func parse(_ text: some StringProtocol, now: Int? = nil) -> Int? {
        var text = String(text)
        return text.withUTF8 { bytes in
            var reader = DateReader(rest: bytes[...])
            let date = reader.date(now: now)
            return reader.rest.isEmpty ? date : nil
        }
    }
}

private struct DateReader {
    var rest: Slice<UnsafeBufferPointer<UInt8>>

    private static let longDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    mutating func date(now: Int?) -> Int? {
        if take(oneOf: Self.longDays) != nil {
            // Sunday, 06-Nov-94 08:49:37 GMT
            guard take(", "), let day = number(2), take("-"), let month = take(oneOf: HTTPDate.months), take("-"),
                let short = number(2), take(" "), let time = time(), take(" GMT")
            else { return nil }
            return expand(short, now: now ?? wallClock()) { year in seconds(year, month, day, time) }
        }
        guard take(oneOf: HTTPDate.days) != nil else { return nil }
        if take(", ") {
            // Sun, 06 Nov 1994 08:49:37 GMT
            guard let day = number(2), take(" "), let month = take(oneOf: HTTPDate.months), take(" "),
                let year = number(4), take(" "), let time = time(), take(" GMT")
            else { return nil }
            return seconds(year, month, day, time)
        }
        // Sun Nov  6 08:49:37 1994
        guard take(" "), let month = take(oneOf: HTTPDate.months), take(" "),
            let day = take(" ") ? number(1) : number(2), take(" "), let time = time(), take(" "), let year = number(4)
        else { return nil }
        return seconds(year, month, day, time)
    }

    /// A date that would lie more than fifty years ahead is one of the last century (RFC 9110 §5.6.7).
    private func expand(_ short: Int, now: Int, _ seconds: (Int) -> Int?) -> Int? {
        let (days, remainder) = now.quotientAndRemainder(dividingBy: 86400)
        let year = HTTPDate.civil(fromDays: remainder < 0 ? days - 1 : days).year / 100 * 100 + short
        guard let date = seconds(year) else { return seconds(year - 100) }
        let isFarAhead = date - now > 50 * 365 * 86400 + 12 * 86400
        return isFarAhead ? seconds(year - 100) : date
    }

    private func seconds(_ year: Int, _ month: Int, _ day: Int, _ time: Int) -> Int? {
        let first = HTTPDate.days(fromYear: year, month: month + 1, day: 1)
        let next = HTTPDate.days(fromYear: month == 11 ? year + 1 : year, month: (month + 1) % 12 + 1, day: 1)
        guard day >= 1, day <= next - first else { return nil }
        return (first + day - 1) * 86400 + time
    }

    /// "08:49:37" as seconds of the day. The second may be a leap second.
    private mutating func time() -> Int? {
        guard let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var number = 0
        for byte in rest.prefix(digits) {
            guard byte &- 0x30 < 10 else { return nil }
            number = number * 10 + Int(byte &- 0x30)
        }
        rest = rest.dropFirst(digits)
        return number
    }

    private mutating func take(_ text: some StringProtocol) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func take(oneOf names: [String]) -> Int? {
        for (index, name) in names.enumerated() where take(name) { return index }
        return nil
    }
}

private func wallClock() -> Int { time(nil) }
