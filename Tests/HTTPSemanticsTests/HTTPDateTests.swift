import HTTPSemantics
import SeededRandom
import Testing

@Suite("Date") struct HTTPDateTests {
    @Test(
        "RFC 9110 §5.6.7: known moments",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (-86400, "Wed, 31 Dec 1969 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_078_012_800, "Sun, 29 Feb 2004 00:00:00 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (2_147_483_647, "Tue, 19 Jan 2038 03:14:07 GMT"),
            (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_294_967_296, "Sun, 07 Feb 2106 06:28:16 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
        ])
    func known(_ seconds: Int, _ text: String) {
        #expect(HTTPDate.format(seconds) == text)
        #expect(HTTPDate.parse(text) == seconds)
    }

    @Test("Every day of eight centuries has the date after the day before")
    func everyDay() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var (year, month, day) = (1600, 1, 1)
        // 1600-01-01 is 135140 days before 1970-01-01.
        for number in -135_140..<157_054 {
            let date = HTTPDate.civil(fromDays: number)
            if date != (year, month, day) { Issue.record("day \(number) is \(date)") }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (isLeap && month == 2 ? 1 : 0) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (2400, 1, 1))
    }

    @Test("What is formatted is parsed", arguments: 1...10 as ClosedRange<UInt64>)
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let seconds = Int.random(in: -62_135_596_800...253_402_300_799, using: &random)
            #expect(HTTPDate.parse(HTTPDate.format(seconds)) == seconds)
        }
    }

    @Test("Extreme numbers do not trap", arguments: [Int.max, .min, .max - 86400, .min + 86400])
    func extremes(_ seconds: Int) { #expect(HTTPDate.format(seconds).hasSuffix(" GMT")) }

    @Test(
        "RFC 9110 §5.6.7: all three forms are read",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Wed Nov 16 08:49:37 1994", 784_975_777),
            ("Tuesday, 29-Feb-00 00:00:00 GMT", 951_782_400), ("Tue Feb 29 00:00:00 2000", 951_782_400),
            // A leap second.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            // The day of the week is not checked.
            ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ])
    func forms(_ text: String, _ seconds: Int) {
        // 2024-01-01.
        #expect(HTTPDate.parse(text, now: 1_704_067_200) == seconds)
        #expect(HTTPDate.parse("x\(text)y".dropFirst().dropLast(), now: 1_704_067_200) == seconds)
    }

    @Test(
        "RFC 9110 §5.6.7: a two-digit year is at most fifty years ahead",
        arguments: [
            (1_704_067_200, "24", 2024), (1_704_067_200, "00", 2000), (1_704_067_200, "73", 2073),
            (1_704_067_200, "75", 1975), (1_704_067_200, "99", 1999), (784_111_777, "94", 1994),
            (784_111_777, "30", 1930),
            (784_111_777, "99", 1999),
            // 2090-01-01.
            (3_786_912_000, "10", 2010), (3_786_912_000, "99", 2099),
        ])
    func twoDigits(_ now: Int, _ digits: String, _ year: Int) throws {
        let seconds = try #require(HTTPDate.parse("Sunday, 01-Jan-\(digits) 00:00:00 GMT", now: now))
        #expect(HTTPDate.civil(fromDays: seconds / 86400).year == year)
    }

    @Test("RFC 9110 §5.6.7: a two-digit year is understood by the clock")
    func clock() throws {
        let seconds = try #require(HTTPDate.parse("Sunday, 01-Jan-26 00:00:00 GMT"))
        #expect(HTTPDate.format(seconds) == "Thu, 01 Jan 2026 00:00:00 GMT")
    }

    @Test(
        "What is no date is none",
        arguments: [
            "", " ", "GMT", "0", "now", "Sun", "Sun,", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "784111777",
            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 GMT ",
            " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 006 Nov 1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Oct 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 30 Feb 2000 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 19944 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 06 Nov 1994 +8:49:37 GMT", "Foo, 06 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 29-Feb-23 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37", "Sun Nov 06 08:49:37 94",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 1994 GMT", "Sunday Nov  6 08:49:37 1994", "Sun Nov 31 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 GMT\0", "Sun, ０6 Nov 1994 08:49:37 GMT", "１994",
            "Sun, 06 Nov 1994 08:49:37 GMTé",
        ])
    func garbage(_ text: String) { #expect(HTTPDate.parse(text, now: 1_704_067_200) == nil) }
}
