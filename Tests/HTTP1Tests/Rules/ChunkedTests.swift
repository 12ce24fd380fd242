import HTTP1
import HTTPSemantics
import Testing

extension Rule {
    static let chunks: [Rule] = [
        Rule("RFC 9112 §7.1", "several chunks", chunked("3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"), .accepted([.body("abcd")])),
        Rule("RFC 9112 §7.1", "no chunk", chunked("0\r\n\r\n"), .accepted([.body(""), .has(.hasBody)])),
        Rule("RFC 9112 §7.1", "any bytes", chunked("4\r\n\0\r\n0\r\n0\r\n\r\n"), .accepted([.body("\0\r\n0")])),
        Rule(
            "RFC 9112 §7.1", "a size in lower case", chunked("a\r\n0123456789\r\n0\r\n\r\n"),
            .accepted([.body("0123456789")])),
        Rule(
            "RFC 9112 §7.1", "a size in upper case", chunked("A\r\n0123456789\r\n0\r\n\r\n"),
            .accepted([.body("0123456789")])),
        Rule(
            "RFC 9112 §7.1", "two digits", chunked("1f\r\n\(String(repeating: "x", count: 31))\r\n0\r\n\r\n"),
            .accepted([.body(String(repeating: "x", count: 31))])),
        Rule("RFC 9112 §7.1", "leading zeros", chunked("0002\r\nhi\r\n000\r\n\r\n"), .accepted([.body("hi")])),
        Rule(
            "RFC 9112 §7.1", "fifteen digits", chunked("000000000000002\r\nhi\r\n0\r\n\r\n"), .accepted([.body("hi")])),
        Rule(
            "RFC 9112 §7.1", "sixteen digits", chunked("0000000000000002\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)
        ),
        Rule("RFC 9112 §7.1", "2^64", chunked("10000000000000000\r\n"), .refused(.malformedChunk)) { $0.body = nil },
        Rule("RFC 9112 §7.1", "2^63 - 1", chunked("7fffffffffffffff\r\n"), .refused(.malformedChunk)) { $0.body = nil },
        Rule(
            "RFC 9112 §7.1", "digits that never end", chunked(String(repeating: "0", count: 64)),
            .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "no size", chunked("\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "a negative size", chunked("-2\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "a plus sign", chunked("+2\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "0x", chunked("0x2\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "h", chunked("2h\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "an underscore", chunked("1_0\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "a space before the size", chunked(" 2\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "a space after the size", chunked("2 \r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "a space in the size", chunked("2 2\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "a tab after the size", chunked("2\t\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "NUL after the size", chunked("2\0\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "LF alone after the size", chunked("2\nhi\r\n0\r\n\r\n"), .refused(.bareLineFeed)),
        Rule("RFC 9112 §7.1", "CR alone after the size", chunked("2\rhi\r\n0\r\n\r\n"), .refused(.bareCarriageReturn)),
        Rule("RFC 9112 §7.1", "no CRLF after the data", chunked("2\r\nhi0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "more data than the size", chunked("2\r\nhiXX0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "LF alone after the data", chunked("2\r\nhi\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "CR and no LF after the data", chunked("2\r\nhi\rX0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1", "CR alone after the data", chunked("2\r\nhi\r0\r\n\r\n"), .refused(.malformedChunk)),
        Rule(
            "RFC 9112 §7.1", "LF alone everywhere, where that is allowed", chunked("2\nhi\n0\nA: b\n\n"),
            .accepted([.body("hi"), .trailer(["a: b"])])
        ) { $0.allowsBareLineFeed = true },

        Rule("RFC 9112 §7.1.1", "an extension", chunked("2;a=b\r\nhi\r\n0\r\n\r\n"), .accepted([.body("hi")])),
        Rule("RFC 9112 §7.1.1", "a name alone", chunked("2;a\r\nhi\r\n0;b\r\n\r\n"), .accepted([.body("hi")])),
        Rule(
            "RFC 9112 §7.1.1", "white space around it", chunked("2 \t; a = b\r\nhi\r\n0\r\n\r\n"),
            .accepted([.body("hi")])),
        Rule(
            "RFC 9112 §7.1.1", "a quoted value", chunked("2;a=\"b;c\";d\r\nhi\r\n0\r\n\r\n"), .accepted([.body("hi")])),
        Rule("RFC 9112 §7.1.1", "NUL in an extension", chunked("2;a\0\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule(
            "RFC 9112 §7.1.1", "DEL in an extension", chunked("2;\u{7F}\r\nhi\r\n0\r\n\r\n"), .refused(.malformedChunk)),
        Rule("RFC 9112 §7.1.1", "LF ends an extension", chunked("2;a\nhi\r\n0\r\n\r\n"), .refused(.bareLineFeed)),
        Rule(
            "RFC 9112 §7.1.1", "CR in an extension", chunked("2;a\rb\r\nhi\r\n0\r\n\r\n"), .refused(.bareCarriageReturn)
        ),
        Rule(
            "RFC 9112 §7.1.1", "extensions at their limit", chunked("2;abc\r\nhi\r\n0;efg\r\n\r\n"),
            .accepted([.body("hi")])
        ) {
            $0.chunkExtensions = 8
        },
        Rule(
            "RFC 9112 §7.1.1", "extensions beyond their limit", chunked("2;abc\r\nhi\r\n0;efgh\r\n\r\n"),
            .refused(.chunkExtensionsTooLarge)
        ) { $0.chunkExtensions = 8 },
        Rule(
            "RFC 9112 §7.1.1", "white space counts as an extension", chunked("2         "),
            .refused(.chunkExtensionsTooLarge)
        ) {
            $0.chunkExtensions = 8
        },

        Rule(
            "RFC 9110 §15.5.14", "content at the limit", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            .accepted([.body("abcde")])
        ) {
            $0.body = 5
        },
        Rule(
            "RFC 9110 §15.5.14", "content beyond the limit", chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
            .refused(.bodyTooLarge)
        ) { $0.body = 5 },
        Rule(
            "RFC 9110 §15.5.14", "a chunk beyond the limit, before its data", chunked("6\r\n"), .refused(.bodyTooLarge)
        ) {
            $0.body = 5
        },
        Rule(
            "RFC 9110 §15.5.14", "the largest size, before its data", chunked("fffffffffffffff\r\n"),
            .refused(.bodyTooLarge)),
        Rule("RFC 9110 §15.5.14", "no content where none is allowed", chunked("0\r\n\r\n"), .accepted([.body("")])) {
            $0.body = 0
        },
        Rule(
            "RFC 9110 §15.5.14", "content where none is allowed", chunked("1\r\na\r\n0\r\n\r\n"),
            .refused(.bodyTooLarge)
        ) {
            $0.body = 0
        },
    ]

    static let trailer: [Rule] = [
        Rule(
            "RFC 9112 §7.1.2", "trailer fields", chunked("2\r\nhi\r\n0\r\nA: b \r\nC-D:\te\r\n\r\n"),
            .accepted([.body("hi"), .trailer(["a: b", "c-d: e"])])),
        Rule(
            "RFC 9112 §7.1.2", "they are no header fields", chunked("0\r\nHost: b\r\nContent-Length: 5\r\n\r\n"),
            .accepted([
                .length(nil), .body(""), .trailer(["host: b", "content-length: 5"]),
                .fields(["Host: a", "Transfer-Encoding: chunked"]),
            ])),
        Rule(
            "RFC 9110 §5.5", "obs-text in a value", chunked("0\r\nA: \u{E9}\r\n\r\n"),
            .accepted([.trailer(["a: \u{E9}"])])),
        Rule("RFC 9110 §5.5", "an empty value", chunked("0\r\nA:\r\n\r\n"), .accepted([.trailer(["a: "])])),
        Rule("RFC 9112 §5.2", "a folded line", chunked("0\r\nA: b\r\n c\r\n\r\n"), .refused(.obsoleteLineFolding)),
        Rule("RFC 9112 §5.1", "a space before the colon", chunked("0\r\nA : b\r\n\r\n"), .refused(.invalidFieldName)),
        Rule("RFC 9112 §5", "no name", chunked("0\r\n: b\r\n\r\n"), .refused(.malformedFieldLine)),
        Rule("RFC 9112 §5", "no colon", chunked("0\r\nA\r\n\r\n"), .refused(.malformedFieldLine)),
        Rule("RFC 9110 §5.1", "obs-text in the name", chunked("0\r\n\u{E9}: b\r\n\r\n"), .refused(.invalidFieldName)),
        Rule("RFC 9110 §5.5", "NUL in a value", chunked("0\r\nA: \0\r\n\r\n"), .refused(.invalidFieldValue)),
        Rule("RFC 9110 §5.5", "DEL in a value", chunked("0\r\nA: \u{7F}\r\n\r\n"), .refused(.invalidFieldValue)),
        Rule("RFC 9112 §2.2", "CR in a value", chunked("0\r\nA: b\rc\r\n\r\n"), .refused(.invalidFieldValue)),
        Rule("RFC 9112 §2.2", "CR before CRLF", chunked("0\r\nA: b\r\r\n\r\n"), .refused(.invalidFieldValue)),
        Rule("RFC 9112 §2.2", "LF alone ends a line", chunked("0\r\nA: b\n\r\n"), .refused(.bareLineFeed)),
        Rule("RFC 9112 §2.2", "LF alone ends the section", chunked("0\r\n\n"), .refused(.bareLineFeed)),
        Rule("RFC 6585 §5", "the section at its limit", chunked("0\r\nA: b\r\n\r\n"), .accepted([.trailer(["a: b"])])) {
            $0.trailerSection = 8
        },
        Rule(
            "RFC 6585 §5", "the section beyond its limit", chunked("0\r\nA: bc\r\n\r\n"),
            .refused(.trailerSectionTooLarge)
        ) {
            $0.trailerSection = 8
        },
        Rule("RFC 6585 §5", "a line that never ends", chunked("0\r\nA: bcdefghi"), .refused(.trailerSectionTooLarge)) {
            $0.trailerSection = 8
        },
        Rule(
            "RFC 6585 §5", "fields at their limit", chunked("0\r\nA: b\r\nC: d\r\n\r\n"),
            .accepted([.trailer(["a: b", "c: d"])])
        ) { $0.fieldCount = 2 },
        Rule(
            "RFC 6585 §5", "fields beyond their limit", chunked("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"),
            .refused(.trailerSectionTooLarge)
        ) { $0.fieldCount = 2 },
    ]
}

@Suite("Chunked content") struct ChunkedTests {
    @Test("A chunk is read by the letter", arguments: Rule.chunks)
    func chunk(_ rule: Rule) { rule.check() }

    @Test("A trailer section is read by the letter and bounded", arguments: Rule.trailer)
    func trailer(_ rule: Rule) { rule.check() }

    @Test("RFC 9112 §7.1: the bytes that may follow the digits of a size", arguments: 0...255 as ClosedRange<UInt8>)
    func byteAfterSize(_ byte: UInt8) {
        let bytes = latin(chunked("2")) + [byte] + latin("a\r\nhi\r\n0\r\n\r\n")
        let (outcome, difference) = Outcome.ofEverySplit(bytes, limits: HTTP1Limits())
        #expect(difference == nil)
        // "2;a" is an extension; a digit makes a larger size, whose data is missing.
        let isExtension = byte == UInt8(ascii: ";")
        #expect((outcome.messages.last?.isWhole == true && outcome.error == nil) == isExtension)
    }

    @Test("RFC 9112 §7.1.1: the bytes that an extension may have", arguments: 0...255 as ClosedRange<UInt8>)
    func extensionByte(_ byte: UInt8) {
        let outcome = Outcome(of: [latin(chunked("2;a")) + [byte] + latin("b\r\nhi\r\n0\r\n\r\n")])
        let isAllowed = byte >= 0x20 && byte != 0x7F || byte == 0x09
        #expect((outcome.error == nil) == isAllowed)
    }

    @Test("RFC 9112 §7.1: content without its last chunk is not whole")
    func noLastChunk() {
        for content in [
            "", "2", "2\r", "2\r\nh", "2\r\nhi", "2\r\nhi\r\n", "2\r\nhi\r\n0", "2\r\nhi\r\n0\r\n", "0\r\nA: b\r\n",
        ] {
            let (outcome, difference) = Outcome.ofEverySplit(latin(chunked(content)), limits: HTTP1Limits())
            #expect(difference == nil)
            #expect(outcome.error == nil)
            #expect(outcome.messages.map(\.isWhole) == [false])
        }
    }
}
