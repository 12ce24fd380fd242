import HPACK
import HTTP2
import HTTPSemantics
import NIOCore

/// HTTP/2: a connection means the same however its bytes arrive, and what the engine says and writes keeps the rules
/// that ``HTTP2Server`` knows.
///
/// An input is a byte that chooses settings and limits, and then frames in a short form: a byte each for type, flags and
/// stream, the payload, and a byte that ends it. With the highest bit of the first byte they are bytes as on the wire, behind the
/// preface or, with the bit below it, from the start.
struct HTTP2Target: FuzzTarget {
    private static let get = "\u{82}\u{87}\u{84}\u{41}\u{1}a"
    private static let post = "\u{83}\u{87}\u{84}\u{41}\u{1}a"
    private static let webSocket =
        "\u{2}\u{7}CONNECT\u{0}\u{9}:protocol\u{9}websocket\u{87}\u{4}\u{5}/chat\u{41}\u{1}a"
    private static let length = "\u{0F}\u{0D}\u{1}5"
    private static let trailers = "\u{0}\u{1}x\u{1}y"

    private static func frame(_ type: Int, _ flags: Int, _ stream: Int, _ payload: String = "") -> String {
        let bytes = [type, flags, stream]
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar(UInt8($0)) })) + payload + "\u{F5}"
    }

    static let corpus = [
        "\u{0}" + frame(1, 5, 1, get) + frame(1, 5, 3, get) + frame(6, 0, 0, "12345678") + frame(1, 5, 5, get),
        "\u{4}" + frame(1, 4, 3, post + length) + frame(0, 0, 3, "abc") + frame(0, 8, 3, "\u{2}d\u{0}\u{0}")
            + frame(0, 1, 3, "e") + frame(1, 5, 9, get),
        "\u{1}" + frame(1, 4, 1, post) + frame(0, 0, 1, "abc") + frame(1, 5, 1, trailers) + frame(1, 5, 11, get),
        "\u{8}" + frame(1, 4, 9, webSocket) + frame(0, 0, 9, "hello") + frame(8, 0, 9, "\u{0}\u{0}\u{1}\u{0}")
            + frame(0, 1, 9),
        "\u{2}" + frame(1, 0x29, 1, "\u{2}\u{0}\u{0}\u{0}\u{0}\u{F}" + "\u{82}\u{87}\u{0}\u{0}")
            + frame(9, 0, 1, "\u{84}\u{41}") + frame(9, 4, 1, "\u{1}a") + frame(3, 0, 1, "\u{0}\u{0}\u{0}\u{8}"),
        "\u{10}" + frame(4, 0, 0, "\u{0}\u{4}\u{0}\u{0}\u{0}\u{9}\u{0}\u{5}\u{0}\u{0}\u{7F}\u{FF}")
            + frame(1, 5, 3, get) + frame(8, 0, 3, "\u{0}\u{0}\u{0}\u{60}") + frame(8, 0, 0, "\u{0}\u{0}\u{1}\u{0}")
            + frame(4, 0, 0, "\u{0}\u{4}\u{0}\u{0}\u{0}\u{1}"),
        "\u{0}" + frame(1, 5, 3, get) + frame(2, 0, 3, "\u{0}\u{0}\u{0}\u{1}\u{8}")
            + frame(0x10, 0, 0, "\u{0}\u{0}\u{0}\u{3}u=1, i")
            + frame(7, 0, 0, "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}"),
        "\u{20}" + frame(1, 4, 7, post) + frame(0, 0, 7, "abc") + frame(0, 0, 7, "def") + frame(1, 5, 13, get)
            + frame(1, 4, 15, post) + frame(0, 0, 15, "x") + frame(1, 5, 15, trailers),
        "\u{80}\u{0}\u{0}\u{6}\u{1}\u{5}\u{0}\u{0}\u{0}\u{1}" + get + "\u{0}\u{0}\u{0}\u{4}\u{1}\u{0}\u{0}\u{0}\u{0}",
        "\u{C0}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{6}\u{1}\u{5}\u{0}\u{0}\u{0}\u{1}"
            + get,
    ]
    static let tokens = [
        frame(1, 5, 1, get), frame(1, 5, 3, get), frame(1, 4, 5, post), frame(1, 4, 7, post + length),
        frame(1, 4, 9, webSocket), frame(1, 5, 11, get), frame(1, 0, 13, get), frame(1, 5, 255, get),
        frame(0, 0, 5, "abc"),
        frame(0, 1, 5), frame(0, 9, 7, "\u{0}abcde"), frame(1, 5, 5, trailers), frame(9, 0, 13), frame(9, 4, 13),
        frame(3, 0, 5, "\u{0}\u{0}\u{0}\u{8}"), frame(4, 0, 0), frame(4, 1, 0),
        frame(4, 0, 0, "\u{0}\u{1}\u{0}\u{0}\u{0}\u{0}"), frame(4, 0, 0, "\u{0}\u{4}\u{7F}\u{FF}\u{FF}\u{FF}"),
        frame(4, 0, 0, "\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}"), frame(6, 0, 0, "12345678"), frame(6, 1, 0, "12345678"),
        frame(8, 0, 0, "\u{0}\u{0}\u{1}\u{0}"), frame(8, 0, 5, "\u{0}\u{0}\u{0}\u{1}"),
        frame(8, 0, 7, "\u{7F}\u{FF}\u{FF}\u{FF}"), frame(2, 0, 5, "\u{0}\u{0}\u{0}\u{5}\u{0}"),
        frame(0x10, 0, 0, "\u{0}\u{0}\u{0}\u{5}u=0"), frame(0x77, 0, 0), frame(5, 4, 1, "\u{0}\u{0}\u{0}\u{2}"), get,
        post,
        length, trailers, "\u{40}\u{1}k\u{1}v", "\u{BE}", "\u{3F}\u{E1}\u{1F}", "\u{20}", "\u{0}\u{2}te\u{8}trailers",
        "\u{0}\u{A}connection\u{5}close", "\u{0F}\u{17}\u{1}b", "\u{0}\u{8}priority\u{3}u=0", "\u{4}\u{1}*",
        "\u{6}\u{1}x", "\u{0}\u{1}A\u{1}b", "\u{14}\u{14}\u{8}miracles",
    ]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let (settings, limits, bytes) = Self.read(input)
        let whole = try Self.run([bytes[...]], settings, limits)
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        let longest = random.oneIn(2) ? 12 : 200
        while !rest.isEmpty {
            let count = min(rest.count, 1 + random.below(longest))
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        try Self.compare(whole, try Self.run(pieces, settings, limits), "in \(pieces.count) pieces")
        return whole.mark.value
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        let (settings, limits, bytes) = Self.read(input)
        let whole = try Self.run([bytes[...]], settings, limits)
        for index in bytes.indices {
            try Self.compare(whole, try Self.run([bytes[..<index], bytes[index...]], settings, limits), "at \(index)")
        }
        try Self.compare(whole, try Self.run(bytes.indices.map { bytes[$0...$0] }, settings, limits), "by bytes")
    }

    private static func compare(_ whole: HTTP2Server, _ split: HTTP2Server, _ how: String) throws(Violation) {
        guard whole.log == split.log, whole.error == split.error,
            whole.output.bytes.elementsEqual(split.output.bytes)
        else { throw Violation("another meaning \(how): \(String(describing: split.error))") }
    }

    private static func run(
        _ pieces: [ArraySlice<UInt8>], _ settings: HTTP2Settings, _ limits: HTTP2Limits
    ) throws(Violation) -> HTTP2Server {
        var server = HTTP2Server(settings, limits)
        for piece in pieces { try server.feed(piece) }
        try server.finish()
        return server
    }

    // MARK: Input

    private static func read(_ input: [UInt8]) -> (HTTP2Settings, HTTP2Limits, [UInt8]) {
        let choice = input.first ?? 0
        var settings = HTTP2Settings()
        var limits = HTTP2Limits()
        settings.concurrentStreams = choice & 1 == 0 ? 3 : 20
        settings.initialWindow = [65535, 8, 100, 1 << 20][Int(choice >> 1 & 3)]
        settings.connectProtocol = choice & 8 != 0
        limits.connectionWindow = choice & 16 == 0 ? 1 << 20 : 65535
        limits.headerBlock = 300
        limits.fields.fieldCount = 12
        limits.fields.size = choice & 32 == 0 ? 2000 : 400
        limits.noise = 20
        settings.headerTableSize = choice & 32 == 0 ? 4096 : 64
        let preface = latin("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        let rest = input.dropFirst()
        guard choice & 0x80 == 0 else { return (settings, limits, choice & 0x40 == 0 ? preface + rest : Array(rest)) }
        return (settings, limits, preface + [0, 0, 0, 4, 0, 0, 0, 0, 0] + expanded(rest))
    }

    /// Ends a payload in the short form.
    private static let end: UInt8 = 0xF5

    private static func expanded(_ frames: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = frames
        while rest.count >= 3 {
            let header = Array(rest.prefix(3))
            let payload = rest.dropFirst(3).prefix { $0 != end }
            let length = [16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) }
            bytes += length + [header[0], header[1], 0, 0, 0, header[2]] + payload
            rest = rest.dropFirst(3 + payload.count + 1)
        }
        return bytes
    }
}
