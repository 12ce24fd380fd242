import HTTP1
import HTTPSemantics
import NIOCore
import Testing

extension Rule {
    // "GET /aaaaaaaaaaa HTTP/1.1" has 25 bytes.
    private static let line25 = "GET /aaaaaaaaaaa HTTP/1.1"

    static let limit: [Rule] = [
        Rule("RFC 9112 §3", "a request line at its limit", head(line25, "Host: a"), .accepted([.path("/aaaaaaaaaaa")]))
        {
            $0.requestLine = 25
        },
        Rule("RFC 9112 §3", "a request line beyond its limit", head(line25, "Host: a"), .refused(.requestLineTooLong)) {
            $0.requestLine = 24
        },
        Rule("RFC 9112 §3", "a limit in the version", head(line25, "Host: a"), .refused(.requestLineTooLong)) {
            $0.requestLine = 18
        },
        Rule("RFC 9112 §3", "a limit after the target", head(line25, "Host: a"), .refused(.requestLineTooLong)) {
            $0.requestLine = 16
        },
        Rule("RFC 9112 §3", "a limit in the target", head(line25, "Host: a"), .refused(.requestLineTooLong)) {
            $0.requestLine = 10
        },
        Rule("RFC 9112 §3", "a limit in the method", head(line25, "Host: a"), .refused(.requestLineTooLong)) {
            $0.requestLine = 2
        },
        Rule(
            "RFC 9112 §3", "a request line that never ends", "GET /" + String(repeating: "a", count: 21),
            .refused(.requestLineTooLong)
        ) { $0.requestLine = 25 },
        Rule("RFC 9112 §3", "a request line that may still end", "GET /" + String(repeating: "a", count: 20), .waits) {
            $0.requestLine = 25
        },
        Rule("RFC 9112 §3", "empty lines do not count", "\r\n\r\n" + head(line25, "Host: a"), .accepted([])) {
            $0.requestLine = 25
        },
        Rule(
            "RFC 9112 §3", "what is wrong behind the limit is not looked at", head("GET /aaaaaaa\0 XTTP/9", "Host: a"),
            .refused(.requestLineTooLong)
        ) { $0.requestLine = 12 },

        // The head of get() has 27 bytes: 16, 9 and 2.
        Rule("RFC 6585 §5", "a header section at its limit", get(), .accepted([])) { $0.headerSection = 27 },
        Rule("RFC 6585 §5", "a header section beyond its limit", get(), .refused(.headerSectionTooLarge)) {
            $0.headerSection = 26
        },
        Rule(
            "RFC 6585 §5", "a value that never ends", "GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaa",
            .refused(.headerSectionTooLarge)
        ) {
            $0.headerSection = 32
        },
        Rule(
            "RFC 6585 §5", "a name that never ends", "GET / HTTP/1.1\r\nHostaaaaaaaaaaaaaaaaa",
            .refused(.headerSectionTooLarge)
        ) {
            $0.headerSection = 32
        },
        Rule(
            "RFC 6585 §5", "empty lines that never end", String(repeating: "\r\n", count: 20),
            .refused(.headerSectionTooLarge)
        ) {
            $0.headerSection = 32
        },
        Rule(
            "RFC 6585 §5", "what is wrong behind the limit is not looked at", get("A: bbbbbbbb", "\0: c"),
            .refused(.headerSectionTooLarge)
        ) { $0.headerSection = 34 },
        Rule(
            "RFC 6585 §5", "content does not count", post("Content-Length: 50") + String(repeating: "x", count: 50),
            .accepted([.body(String(repeating: "x", count: 50))])
        ) { $0.headerSection = 48 },

        Rule(
            "RFC 6585 §5", "fields at their limit", get("B: c", "D: e"),
            .accepted([.fields(["Host: a", "B: c", "D: e"])])
        ) {
            $0.fieldCount = 3
        },
        Rule("RFC 6585 §5", "fields beyond their limit", get("B: c", "D: e", "F: g"), .refused(.tooManyFields)) {
            $0.fieldCount = 3
        },

        Rule(
            "RFC 9110 §15.5.14", "content at its limit", post("Content-Length: 5") + "hello",
            .accepted([.body("hello")])
        ) {
            $0.body = 5
        },
        Rule(
            "RFC 9110 §15.5.14", "content beyond its limit, before it comes", post("Content-Length: 6"),
            .refused(.bodyTooLarge)
        ) {
            $0.body = 5
        },
        Rule("RFC 9110 §15.5.14", "no content where none is allowed", post("Content-Length: 0"), .accepted([])) {
            $0.body = 0
        },
    ]
}

@Suite("Limits") struct LimitTests {
    @Test("What is at a limit is taken, and what is beyond it refused as it comes", arguments: Rule.limit)
    func limit(_ rule: Rule) { rule.check() }

    @Test("The largest length that can be told is taken where there is no limit")
    func largestLength() throws {
        var limits = HTTP1Limits()
        limits.body = nil
        var decoder = RequestDecoder(limits: limits)
        var input = ByteBuffer(string: post("Content-Length: 9223372036854775807") + "hi")
        var request = RequestHead()
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(decoder.remainingBody == .max)
        #expect(try decoder.nextBody(&input) == BodyPart(bytes: ByteBuffer(string: "hi"), more: true))
        #expect(decoder.remainingBody == .max - 2)
    }

    @Test("The limits that hold by default", arguments: [16, 4096])
    func defaults(pieceSize: Int) {
        func outcome(_ text: String) -> HTTP1Error? {
            let bytes = latin(text)
            let pieces = stride(from: 0, to: bytes.count, by: pieceSize).map {
                Array(bytes[$0..<min($0 + pieceSize, bytes.count)])
            }
            return Outcome(of: pieces).error
        }
        func line(_ count: Int) -> String { "GET /" + String(repeating: "a", count: count - 14) + " HTTP/1.1" }
        #expect(outcome(head(line(8192), "Host: a")) == nil)
        #expect(outcome(head(line(8193), "Host: a")) == .requestLineTooLong)
        #expect(outcome("GET /" + String(repeating: "a", count: 10000)) == .requestLineTooLong)
        let section = 32 * 1024 - get("X: ").utf8.count
        #expect(outcome(get("X: " + String(repeating: "a", count: section))) == nil)
        #expect(outcome(get("X: " + String(repeating: "a", count: section + 1))) == .headerSectionTooLarge)
        let fields = (1...99).map { "X\($0): y\r\n" }.joined()
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") == nil)
        #expect(outcome("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "Z: z\r\n\r\n") == .tooManyFields)
        #expect(outcome(post("Content-Length: \(16 << 20)")) == nil)
        #expect(outcome(post("Content-Length: \(16 << 20 | 1)")) == .bodyTooLarge)
    }

    @Test(
        "Each reason has the status that its rule says",
        arguments: [
            (HTTP1Error.requestLineTooLong, 414), (.unsupportedVersion, 505), (.unknownMethod, 501),
            (.unsupportedTransferCoding, 501), (.headerSectionTooLarge, 431), (.tooManyFields, 431),
            (.trailerSectionTooLarge, 431), (.unsupportedExpectation, 417), (.bodyTooLarge, 413),
            (.malformedRequestLine, 400), (.invalidTarget, 400), (.malformedFieldLine, 400), (.invalidFieldName, 400),
            (.invalidFieldValue, 400), (.obsoleteLineFolding, 400), (.bareLineFeed, 400), (.bareCarriageReturn, 400),
            (.missingHost, 400), (.invalidHost, 400), (.invalidContentLength, 400),
            (.contentLengthWithTransferEncoding, 400),
            (.invalidTransferEncoding, 400), (.malformedChunk, 400), (.chunkExtensionsTooLarge, 400),
        ])
    func status(_ error: HTTP1Error, _ status: Int) {
        #expect(error.status == status)
        #expect(error.sentence.hasSuffix("."))
    }
}
