import HTTPSemantics
import NIOCore
import WebSocketProtocol

/// The frames of a WebSocket, compressed and not: what arrives does not depend on how the bytes were cut, stays within
/// the limits, and can be written and read again.
struct WebSocketTarget: FuzzTarget {
    static let corpus = [
        "\u{81}\u{85}\u{37}\u{FA}\u{21}\u{3D}\u{7F}\u{9F}\u{4D}\u{51}\u{58}",
        "\u{81}\u{83}\u{0}\u{0}\u{0}\u{0}\u{E2}\u{82}\u{AC}",
        "\u{01}\u{81}\u{0}\u{0}\u{0}\u{0}a\u{89}\u{82}\u{0}\u{0}\u{0}\u{0}hi\u{80}\u{81}\u{0}\u{0}\u{0}\u{0}b",
        "\u{88}\u{84}\u{0}\u{0}\u{0}\u{0}\u{03}\u{E8}ok", "\u{8A}\u{80}\u{1}\u{2}\u{3}\u{4}",
        "\u{88}\u{80}\u{0}\u{0}\u{0}\u{0}",
        "\u{C1}\u{87}\u{0}\u{0}\u{0}\u{0}\u{F2}\u{48}\u{CD}\u{C9}\u{C9}\u{07}\u{00}",
        "\u{C1}\u{87}\u{0}\u{0}\u{0}\u{0}\u{F2}\u{48}\u{CD}\u{C9}\u{C9}\u{07}\u{00}\u{C1}\u{85}\u{0}\u{0}\u{0}\u{0}\u{F2}\u{00}\u{11}\u{00}\u{00}",
        "\u{41}\u{83}\u{0}\u{0}\u{0}\u{0}\u{F2}\u{48}\u{CD}\u{80}\u{84}\u{0}\u{0}\u{0}\u{0}\u{C9}\u{C9}\u{07}\u{00}",
        "\u{82}\u{FE}\u{00}\u{7E}\u{0}\u{0}\u{0}\u{0}" + String(repeating: "x", count: 126),
        "\u{C2}\u{8A}\u{0}\u{0}\u{0}\u{0}\u{EC}\u{C1}\u{01}\u{01}\u{00}\u{00}\u{00}\u{80}\u{90}\u{FE}",
    ]
    static let tokens = [
        "\u{81}\u{80}", "\u{82}\u{81}", "\u{01}\u{82}", "\u{80}\u{80}", "\u{C1}\u{83}", "\u{41}\u{85}", "\u{89}\u{80}",
        "\u{88}\u{82}", "\u{FE}\u{00}\u{7E}", "\u{FF}", "\u{0}\u{0}\u{0}\u{0}", "\u{E2}\u{82}", "\u{AC}",
        "\u{ED}\u{A0}",
        "\u{F0}\u{9F}\u{98}\u{80}", "\u{03}\u{E8}", "\u{03}\u{EE}", "\u{00}\u{00}\u{FF}\u{FF}",
        "\u{F2}\u{00}\u{11}\u{00}\u{00}",
        "\u{F3}\u{48}\u{CD}\u{C9}\u{C9}\u{07}\u{00}\u{00}",
    ]

    private static let limits = {
        var limits = WebSocketLimits()
        limits.frame = 3000
        limits.message = 4000
        limits.fragments = 8
        limits.part = 64
        return limits
    }()

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let isCompressed = random.oneIn(2)
        let keepsContext = random.oneIn(2)
        let whole = try Self.read(input, cuts: [], isCompressed, keepsContext)
        var cuts: [Int] = []
        var cut = 0
        while cut < input.count, cuts.count < 12 {
            cut += 1 + random.below(random.oneIn(3) ? 3 : 60)
            if cut < input.count { cuts.append(cut) }
        }
        let pieces = try Self.read(input, cuts: cuts, isCompressed, keepsContext)
        guard pieces.events == whole.events, Self.agree(pieces.error, whole.error, isCompressed) else {
            throw Violation("\(whole) is \(pieces) when it is cut at \(cuts)")
        }
        try Self.writeAgain(whole.events)
        return whole.mark
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        for isCompressed in [true, false] {
            let whole = try Self.read(input, cuts: [], isCompressed, true)
            let single = try Self.read(input, cuts: Array(1..<max(1, input.count)), isCompressed, true)
            guard single.events == whole.events, Self.agree(single.error, whole.error, isCompressed) else {
                throw Violation("\(whole) is \(single) byte by byte")
            }
            try Self.writeAgain(whole.events)
        }
    }

    /// Of several rules that compressed bytes break, which one is found first depends on how much is inflated at once.
    private static func agree(_ one: WebSocketError?, _ other: WebSocketError?, _ isCompressed: Bool) -> Bool {
        isCompressed ? (one == nil) == (other == nil) : one == other
    }

    private struct Reading {
        var events: [WebSocketEvent] = []
        var error: WebSocketError?

        var mark: UInt64 {
            var digest = Digest()
            for event in events.prefix(8) {
                switch event {
                case .text(let text, let more): digest.add(more ? 1 : 2 + min(text.utf8.count, 3))
                case .bytes(let bytes, let more): digest.add(more ? 10 : 11 + min(bytes.readableBytes, 3))
                case .ping: digest.add(20)
                case .pong: digest.add(21)
                case .close(let code, _): digest.add(30 + Int(code ?? 0))
                }
            }
            digest.addCounted(error?.sentence ?? "")
            return digest.value
        }
    }

    /// Reads with the parts of each message put together.
    private static func read(
        _ bytes: [UInt8], cuts: [Int], _ isCompressed: Bool, _ keepsContext: Bool
    ) throws(Violation) -> Reading {
        var decoder = MessageDecoder(
            limits: limits, inflater: isCompressed ? Inflater(windowBits: 15, keepsContext: keepsContext) : nil)
        var reading = Reading()
        var input = ByteBuffer()
        var start = 0
        for end in cuts + [bytes.count] {
            input.writeBytes(bytes[start..<end])
            start = end
            do throws(WebSocketError) {
                while let event = try decoder.next(&input) { add(event, to: &reading) }
            } catch {
                reading.error = error
                // What the peer is not told of a message that broke off does not matter.
                if case .text(_, more: true)? = reading.events.last { reading.events.removeLast() }
                if case .bytes(_, more: true)? = reading.events.last { reading.events.removeLast() }
                return reading
            }
        }
        if case .text(_, more: true)? = reading.events.last { reading.events.removeLast() }
        if case .bytes(_, more: true)? = reading.events.last { reading.events.removeLast() }
        for event in reading.events where size(of: event) > limits.message {
            throw Violation("\(size(of: event)) bytes")
        }
        return reading
    }

    private static func add(_ event: WebSocketEvent, to reading: inout Reading) {
        // Control frames may come between the parts: they are kept before the message that they interrupt.
        switch event {
        case .ping, .pong, .close:
            let isOpen =
                switch reading.events.last {
                case .text(_, more: true)?, .bytes(_, more: true)?: true
                default: false
                }
            // How much of it was there before depends on the cuts.
            reading.events.insert(event, at: reading.events.count - (isOpen ? 1 : 0))
        case .text(let rest, let more):
            guard case .text(let start, more: true)? = reading.events.last else { return reading.events.append(event) }
            reading.events[reading.events.count - 1] = .text(start + rest, more: more)
        case .bytes(var rest, let more):
            guard case .bytes(var start, more: true)? = reading.events.last else { return reading.events.append(event) }
            start.writeBuffer(&rest)
            reading.events[reading.events.count - 1] = .bytes(start, more: more)
        }
    }

    private static func size(of event: WebSocketEvent) -> Int {
        switch event {
        case .text(let text, _): text.utf8.count
        case .bytes(let bytes, _), .ping(let bytes), .pong(let bytes): bytes.readableBytes
        case .close: 0
        }
    }

    /// What was read can be written by either side, compressed too, and read by the other.
    private static func writeAgain(_ events: [WebSocketEvent]) throws(Violation) {
        guard !events.isEmpty else { return }
        let output = OutputBuffer()
        var encoder = MessageEncoder(
            deflater: Deflater(windowBits: 9, keepsContext: true, options: DeflateOptions()), threshold: 8)
        for event in events {
            switch event {
            case .text(var text, _):
                text.withUTF8 { encoder.write(.text, UnsafeRawBufferPointer($0), more: false, into: output) }
            case .bytes(let bytes, _):
                bytes.withUnsafeReadableBytes { encoder.write(.binary, $0, more: false, into: output) }
            case .ping(let bytes): bytes.withUnsafeReadableBytes { encoder.writePing($0, into: output) }
            case .pong(let bytes): bytes.withUnsafeReadableBytes { encoder.writePong($0, into: output) }
            case .close(let code, let reason): encoder.writeClose(code: code, reason: reason, into: output)
            }
        }
        var decoder = MessageDecoder(role: .client, inflater: Inflater(windowBits: 9, keepsContext: true))
        var input = ByteBuffer(bytes: output.bytes)
        var reading = Reading()
        do throws(WebSocketError) {
            while let event = try decoder.next(&input) { add(event, to: &reading) }
        } catch {
            throw Violation("\(events) cannot be read again: \(error)")
        }
        guard reading.events == events else { throw Violation("\(events) became \(reading.events)") }
    }
}
