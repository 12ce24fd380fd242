import HPACK
import HTTP2
import Testing

extension Rule {
    private static let preface = Conversation.preface

    static let start: [Rule] = [
        Rule("RFC 9113 §3.4", "the preface with settings", whole: [.sends(preface), .says([.settings()])], .fine([])),
        Rule(
            "RFC 9113 §3.4", "another preface", whole: [.sends(latin("INVALID CONNECTION PREFACE\r\n\r\n"))],
            .connection(.invalidPreface, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "a preface that is wrong at its end",
            whole: [.sends(preface.dropLast() + [0]), .says([.settings()])],
            .connection(.invalidPreface, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "a request of HTTP/1.1", whole: [.sends(latin("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))],
            .connection(.invalidPreface, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "another frame before the settings", whole: [.sends(preface), .says([.ping()])],
            .connection(.missingSettings, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "an acknowledgement before the settings",
            whole: [.sends(preface), .says([.acknowledgement])], .connection(.missingSettings, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "the preface twice", whole: [.sends(preface + preface)],
            .connection(.missingSettings, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "an unknown frame before the settings",
            whole: [.sends(preface), .says([Frame(0x40, stream: 0)])], .connection(.missingSettings, .protocolError)),
        Rule(
            "RFC 9113 §3.4", "the settings at once, and requests behind them",
            whole: [.sends(preface), .says([.settings(), .headers(1), .headers(3)])], .fine([.requests([1, 3])])),
    ]

    static let format: [Rule] = [
        Rule(
            "RFC 9113 §4.1", "an unknown type", [Frame(0x16, flags: 0xFF, stream: 0, latin("abc"))],
            .fine([.wrote(.ping(acknowledgement: true))])),
        Rule("RFC 9113 §4.1", "an unknown type on an idle stream", [Frame(0xFF, stream: 9)], .fine([])),
        Rule(
            "RFC 9113 §4.1", "undefined flags of PING", [Frame(6, flags: 0xFE, stream: 0, [0, 0, 0, 0, 0, 0, 0, 1])],
            .fine([])),
        Rule(
            "RFC 9113 §4.1", "undefined flags of HEADERS and DATA",
            [Frame(1, flags: 0xD6, stream: 1, block(.post)), Frame(0, flags: 0xF7, stream: 1, [65])],
            .fine([.requests([1]), .content(1, "A")])),
        Rule(
            "RFC 9113 §4.1", "the reserved bit",
            [Frame(1, flags: 5, stream: 0x8000_0001, block(.get)), Frame(6, stream: 0x8000_0000, latin("12345678"))],
            .fine([.requests([1]), .wrote(.ping("12345678", acknowledgement: true))])),
        Rule(
            "RFC 9113 §6.9", "the reserved bit of an increment", [.windowUpdate(0, 0x8000_0001)], .fine([])),

        Rule(
            "RFC 9113 §4.2", "a frame at the limit",
            [.headers(1, .post, end: false), .data(1, String(repeating: "a", count: 16384), end: true)],
            .fine([.content(1, String(repeating: "a", count: 16384))])),
        Rule(
            "RFC 9113 §4.2", "DATA beyond it",
            [.headers(1, .post, end: false), .data(1, String(repeating: "a", count: 16385), end: true)],
            .connection(.frameTooLarge, .frameSizeError)),
        Rule(
            "RFC 9113 §4.2", "HEADERS beyond it", [.headers(1, block: Array(repeating: 0x84, count: 16385))],
            .connection(.frameTooLarge, .frameSizeError)),
        Rule(
            "RFC 9113 §4.2", "an unknown frame beyond it", [Frame(0x33, stream: 0, Array(repeating: 0, count: 16385))],
            .connection(.frameTooLarge, .frameSizeError)),
        Rule(
            "RFC 9113 §4.2", "a frame beyond it, before it comes",
            [.sends([0x00, 0x40, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01])],
            .connection(.frameTooLarge, .frameSizeError)),
        Rule(
            "RFC 9113 §4.2", "a larger frame where it is allowed",
            [.headers(1, .post, end: false), .data(1, String(repeating: "a", count: 16385), end: true)],
            .fine([.content(1, String(repeating: "a", count: 16385))])
        ) { settings, _ in settings.frameSize = 20000 },

        Rule(
            "RFC 9113 §4.3", "a block that is no HPACK", [.headers(1, block: [0x01, 0x03, 0x66])],
            .connection(.compression(.truncated), .compressionError)),
        Rule(
            "RFC 9113 §4.3", "a block that is no HPACK, in trailers",
            [.headers(1, .post, end: false), .headers(1, block: [0x80])],
            .connection(.compression(.invalidIndex), .compressionError)),
        Rule(
            "RFC 9113 §4.3", "a block that is no HPACK, of a stream that is refused",
            [.headers(1), .headers(3, block: [0xBE])], .connection(.compression(.invalidIndex), .compressionError)
        ) { settings, _ in settings.concurrentStreams = 1 },
        Rule(
            "RFC 9113 §4.3", "an empty block", [.headers(1, block: [])], .stream(1, .protocolError)),
        Rule(
            "RFC 7541 §2.3.3", "an index that no table has",
            [.headers(1, block: block(.get) + [0xC6])], .connection(.compression(.invalidIndex), .compressionError)),
        Rule(
            "RFC 7541 §2.3.3", "a name's index that no table has",
            [.headers(1, block: block(.get) + [0x7F, 0x07, 0x01, 0x61])],
            .connection(.compression(.invalidIndex), .compressionError)),
        Rule(
            "RFC 7541 §4.2", "a size update at the end of a block", [.headers(1, block: block(.get) + [0x20])],
            .connection(.compression(.misplacedTableSizeUpdate), .compressionError)),
        Rule(
            "RFC 7541 §5.2", "padding of more than seven bits",
            [.headers(1, block: block(.get) + [0x00, 0x01, 0x61, 0x84, 0x49, 0x50, 0x9F, 0xFF])],
            .connection(.compression(.invalidHuffman), .compressionError)),
        Rule(
            "RFC 7541 §5.2", "padding with zeros",
            [.headers(1, block: block(.get) + [0x00, 0x01, 0x61, 0x83, 0x49, 0x50, 0x90])],
            .connection(.compression(.invalidHuffman), .compressionError)),
        Rule(
            "RFC 7541 §5.2", "the code for the end",
            [.headers(1, block: block(.get) + [0x00, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x61])],
            .connection(.compression(.invalidHuffman), .compressionError)),
        Rule(
            "RFC 7541 §6.1", "an index of zero", [.headers(1, block: block(.get) + [0x80])],
            .connection(.compression(.invalidIndex), .compressionError)),
        Rule(
            "RFC 7541 §6.3", "a size update beyond the setting",
            [.headers(1, block: [0x3F, 0xE2, 0x1F] + block(.get))],
            .connection(.compression(.tableSizeUpdateTooLarge), .compressionError)),
        Rule(
            "RFC 7541 §6.3", "a size update within it", [.headers(1, block: [0x3F, 0xE1, 0x1F] + block(.get))],
            .fine([.requests([1])])),
    ]
}

@Suite("Frames") struct FrameTests {
    @Test("A connection begins as RFC 9113 says", arguments: Rule.start)
    func start(_ rule: Rule) { rule.check() }

    @Test("Frames and header blocks have the form of RFC 9113 and RFC 7541", arguments: Rule.format)
    func format(_ rule: Rule) { rule.check() }
}
