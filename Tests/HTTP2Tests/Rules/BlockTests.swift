import HPACK
import HTTP2
import HTTPSemantics
import Testing

extension Rule {
    private static let open = Frame.headers(1, .post, end: false)
    private static let get = block(.get)

    static let data: [Rule] = [
        Rule(
            "RFC 9113 §6.1", "DATA on stream 0", [.data(0, "test", end: true)],
            .connection(.needsStream, .protocolError)),
        Rule("RFC 9113 §6.1", "DATA", [open, .data(1, "test", end: true)], .fine([.content(1, "test")])),
        Rule(
            "RFC 9113 §6.1", "DATA in many frames",
            [open, .data(1, "te"), .data(1), .data(1, "st"), .data(1, end: true)],
            .fine([.content(1, "test")])),
        Rule(
            "RFC 9113 §6.1", "padding",
            [open, .data(1, "te", padding: 0), .data(1, "s", padding: 255), .data(1, "t", end: true, padding: 7)],
            .fine([.content(1, "test")])),
        Rule(
            "RFC 9113 §6.1", "nothing but padding", [open, .data(1, end: true, padding: 9)], .fine([.content(1, "")])),
        Rule(
            "RFC 9113 §6.1", "padding that is all there could be",
            [open, Frame(0, flags: 9, stream: 1, [5, 0, 0, 0, 0])], .connection(.paddingTooLong, .protocolError)),
        Rule(
            "RFC 9113 §6.1", "padding longer than the frame",
            [open, Frame(0, flags: 9, stream: 1, [6, 0, 0, 0, 0])], .connection(.paddingTooLong, .protocolError)),
        Rule(
            "RFC 9113 §6.1", "padding of which even the length is missing", [open, Frame(0, flags: 9, stream: 1)],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.9", "more than the window of the stream",
            [
                open, .data(1, String(repeating: "a", count: 16384)),
                .data(1, String(repeating: "a", count: 4000), end: true),
            ],
            .fine([.content(1, String(repeating: "a", count: 20384))])
        ) { settings, limits in
            settings.initialWindow = 20000
            limits.connectionWindow = 1 << 20
        },
    ]

    static let blocks: [Rule] = [
        Rule("RFC 9113 §6.2", "HEADERS on stream 0", [.headers(0)], .connection(.needsStream, .protocolError)),
        Rule(
            "RFC 9113 §6.2", "padding", [.headers(1, padding: 0), .headers(3, padding: 255)],
            .fine([.requests([1, 3])])),
        Rule("RFC 9113 §6.2", "a priority", [.headers(1, dependency: 0)], .fine([.requests([1])])),
        Rule(
            "RFC 9113 §6.2", "padding and a priority", [.headers(1, padding: 8, dependency: 3)], .fine([.requests([1])])
        ),
        Rule(
            "RFC 9113 §6.2", "padding longer than the frame",
            [Frame(1, flags: 13, stream: 1, [UInt8(get.count + 1)] + get)],
            .connection(.paddingTooLong, .protocolError)),
        Rule(
            "RFC 9113 §6.2", "padding that leaves too little for the priority",
            [Frame(1, flags: 0x2D, stream: 1, [6] + big(0) + [15] + [0, 0, 0])],
            .connection(.paddingTooLong, .protocolError)),
        Rule(
            "RFC 9113 §6.2", "padding of which even the length is missing", [Frame(1, flags: 13, stream: 1)],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.2", "a priority that is not whole", [Frame(1, flags: 0x25, stream: 1, [0, 0, 0, 0])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.2", "PRIORITY within a block",
            [.headers(1, whole: false), .priority(1), .continuation(1, [])],
            .connection(.interruptedHeaderBlock, .protocolError)),
        Rule(
            "RFC 9113 §6.2", "HEADERS of another stream within a block", [.headers(1, whole: false), .headers(3)],
            .connection(.interruptedHeaderBlock, .protocolError)),
        Rule(
            "RFC 9113 §6.2", "HEADERS of the same stream within a block", [.headers(1, whole: false), .headers(1)],
            .connection(.interruptedHeaderBlock, .protocolError)),
        Rule(
            "RFC 9113 §6.2", "DATA within a block", [.headers(1, whole: false), .data(1)],
            .connection(.interruptedHeaderBlock, .protocolError)),

        Rule(
            "RFC 9113 §6.10", "many CONTINUATION",
            [
                .headers(1, block: Array(get.prefix(1)), end: false, whole: false),
                .continuation(1, Array(get.dropFirst().prefix(3)), whole: false), .continuation(1, [], whole: false),
                .continuation(1, Array(get.dropFirst(4))), .data(1, "x", end: true),
            ], .fine([.requests([1]), .content(1, "x")])),
        Rule(
            "RFC 9113 §6.10", "an end of the stream that CONTINUATION cannot say",
            [.headers(1, block: [], end: false, whole: false), Frame(9, flags: 5, stream: 1, get), .data(1, "x")],
            .fine([.content(1, "x")])),
        Rule(
            "RFC 9113 §6.10", "an end of the stream that HEADERS said",
            [.headers(1, block: [], whole: false), .continuation(1, get)], .fine([.requests([1]), .lacks(.hasBody)])),
        Rule(
            "RFC 9113 §6.10", "another frame after CONTINUATION",
            [.headers(1, whole: false), .continuation(1, [], whole: false), .data(1, "test", end: true)],
            .connection(.interruptedHeaderBlock, .protocolError)),
        Rule(
            "RFC 9113 §6.10", "CONTINUATION on stream 0", [.headers(1, whole: false), .continuation(0, [])],
            .connection(.interruptedHeaderBlock, .protocolError)),
        Rule(
            "RFC 9113 §6.10", "CONTINUATION of another stream", [.headers(1, whole: false), .continuation(3, [])],
            .connection(.interruptedHeaderBlock, .protocolError)),
        Rule(
            "RFC 9113 §6.10", "CONTINUATION after whole HEADERS", [.headers(1), .continuation(1, [])],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule(
            "RFC 9113 §6.10", "CONTINUATION after the last CONTINUATION",
            [.headers(1, whole: false), .continuation(1, []), .continuation(1, [])],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule(
            "RFC 9113 §6.10", "CONTINUATION after DATA", [open, .data(1, "test"), .continuation(1, [])],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule(
            "RFC 9113 §10.5.1", "a block beyond its limit",
            [.headers(1, whole: false), .continuation(1, Array(repeating: 0x84, count: 200))],
            .connection(.headerBlockTooLarge, .enhanceYourCalm)
        ) { _, limits in limits.headerBlock = 200 },
        Rule(
            "RFC 9113 §10.5.1", "a block beyond its limit, in one frame",
            [.headers(1, block: Array(repeating: 0x84, count: 201))],
            .connection(.headerBlockTooLarge, .enhanceYourCalm)
        ) { _, limits in limits.headerBlock = 200 },
        Rule(
            "RFC 6585 §5", "fields beyond their limit are refused, and the table is right",
            [
                .headers(1, block: get + [0x40, 1, 0x61, 1, 0x62] + Array(repeating: 0xBE, count: 10)),
                .headers(3, block: get + [0xBE]),
            ], .fine([.refused(1, 431), .requests([3]), .fields(["a: b", "host: a"])])
        ) { _, limits in limits.fields.fieldCount = 6 },
    ]
}

@Suite("DATA, HEADERS and CONTINUATION") struct BlockTests {
    @Test("DATA is as RFC 9113 §6.1 says", arguments: Rule.data)
    func data(_ rule: Rule) { rule.check() }

    @Test("Header blocks are as RFC 9113 §6.2 and §6.10 say", arguments: Rule.blocks)
    func blocks(_ rule: Rule) { rule.check() }

    @Test("A header block means the same wherever it is cut in two or three")
    func everyCut() {
        let bytes = block(.request("POST", path: "/a?b", ("content-length", "3"), ("te", "trailers"), ("x", "y")))
        var expected: [Event]?
        for first in 0...bytes.count {
            for second in [first, (first + bytes.count) / 2, bytes.count] {
                var conversation = Conversation.begun()
                conversation.feed(
                    .headers(1, block: Array(bytes[..<first]), end: false, whole: false),
                    .continuation(1, Array(bytes[first..<second]), whole: false),
                    .continuation(1, Array(bytes[second...])), .data(1, "abc", end: true))
                #expect(conversation.error == nil && conversation.events.count == 2)
                #expect(expected == nil || conversation.events == expected)
                expected = conversation.events
            }
        }
    }
}
