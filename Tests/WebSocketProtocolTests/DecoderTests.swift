import NIOCore
import Testing

@testable import WebSocketProtocol

@Suite struct DecoderTests {
    /// What RFC 6455 forbids, and the rule that finds it.
    static let broken: [(String, [UInt8], WebSocketError)] = [
        ("RSV1 without an extension", Wire.frame(1, reserved: 4), .reservedBits),
        ("RSV2", Wire.frame(1, reserved: 2), .reservedBits),
        ("RSV3", Wire.frame(2, reserved: 1), .reservedBits),
        ("RSV1 on a control frame", Wire.frame(9, reserved: 4), .reservedBits),
        ("opcode 3", Wire.frame(3), .reservedOpcode),
        ("opcode 7", Wire.frame(7), .reservedOpcode),
        ("opcode 11", Wire.frame(11), .reservedOpcode),
        ("opcode 15", Wire.frame(15), .reservedOpcode),
        ("no mask", Wire.frame(1, [65], isMasked: false), .missingMask),
        ("a fragmented ping", Wire.frame(9, isFinal: false), .fragmentedControlFrame),
        ("a fragmented close", Wire.frame(8, isFinal: false), .fragmentedControlFrame),
        ("a ping of 126 bytes", Wire.frame(9, Array(repeating: 0, count: 126)), .controlFrameTooLong),
        ("a pong of 65536 bytes", Wire.frame(10, Array(repeating: 0, count: 65536)), .controlFrameTooLong),
        ("125 in two bytes", [0x82, 0xFE, 0x00, 0x7D, 0, 0, 0, 0], .lengthNotMinimal),
        ("65535 in eight bytes", [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], .lengthNotMinimal),
        ("the highest bit of a length", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .lengthTooLarge),
        ("nothing to continue", Wire.more("a"), .unexpectedContinuation),
        ("nothing to continue, after a message", Wire.text("a") + Wire.more("b"), .unexpectedContinuation),
        ("a text in a text", Wire.text("a", isFinal: false) + Wire.text("b"), .unfinishedMessage),
        ("a binary in a text", Wire.text("a", isFinal: false) + Wire.frame(2), .unfinishedMessage),
        ("text that is no UTF-8", Wire.frame(1, [0xC3, 0x28]), .invalidText),
        ("text that ends in a character", Wire.frame(1, [0xE2, 0x82]), .invalidText),
        ("a surrogate", Wire.frame(1, [0xED, 0xA0, 0x80]), .invalidText),
        ("an overlong form", Wire.frame(1, [0xC0, 0x80]), .invalidText),
        ("beyond U+10FFFF", Wire.frame(1, [0xF4, 0x90, 0x80, 0x80]), .invalidText),
        (
            "a character cut by a message's end",
            Wire.frame(1, [0xE2], isFinal: false) + Wire.frame(0, [0x82]) + Wire.text("x"), .invalidText
        ),
        ("a close of one byte", Wire.frame(8, [3]), .malformedClose),
        ("a close reason that is no UTF-8", Wire.frame(8, [3, 0xE8, 0xFF]), .invalidCloseReason),
    ]

    @Test(arguments: broken) func `what breaks a rule is found at every split`(
        name: String, bytes: [UInt8], error: WebSocketError
    ) {
        let splits = bytes.count > 1000 ? Outcome.of(bytes) : Outcome.atEverySplit(bytes)
        #expect(splits.error == error, "\(name)")
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] as [UInt16])
    func `a code that may not be sent is refused`(code: UInt16) {
        #expect(Outcome.of(Wire.close(code)).error == .invalidCloseCode)
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999] as [UInt16])
    func `a code that may be sent is told`(code: UInt16) {
        #expect(Outcome.of(Wire.close(code, "bye ✓")).events == [.close(code: code, reason: "bye ✓")])
    }

    @Test func `nothing counts after a Close frame`() {
        #expect(Outcome.atEverySplit(Wire.frame(8) + Wire.frame(3)) == Outcome(events: [.close(code: nil, reason: "")]))
    }

    @Test(arguments: [0, 1, 2, 3, 7, 31, 125, 126, 127, 1000, 65535, 65536, 70000])
    func `a message of any length arrives as it was sent`(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let text = String(repeating: "ä✓😀a", count: count / 8)
        for (bytes, event) in [
            (Wire.frame(2, payload), WebSocketEvent.bytes(ByteBuffer(bytes: payload), more: false)),
            (Wire.text(text), .text(text, more: false)),
        ] {
            #expect(Outcome.of(bytes).events == [event])
            #expect(Outcome.of(bytes, cutAt: Array(stride(from: 1, to: bytes.count, by: 13))).events == [event])
            if bytes.count < 300 { #expect(Outcome.atEverySplit(bytes).events == [event]) }
        }
    }

    @Test func `fragments make a message, and control frames may come between them`() {
        let bytes =
            Wire.text("Grü", isFinal: false) + Wire.frame(9, [1, 2]) + Wire.more("", isFinal: false) + Wire.frame(10)
            + Wire.frame(0, [0xC3], isFinal: false) + Wire.frame(0, [0x9F] + Array("e".utf8))
        let outcome = Outcome.atEverySplit(bytes)
        #expect(outcome.error == nil)
        var text = ""
        for case .text(let part, _) in outcome.events { text += part }
        #expect(text == "Grüße")
        #expect(outcome.events.contains(.ping(ByteBuffer(bytes: [1, 2]))))
        #expect(outcome.events.contains(.pong(ByteBuffer())))
    }

    @Test func `text fails at its first wrong byte, before the frame is there`() {
        var bytes = Wire.frame(1, Array("κόσμε".utf8) + [0xF4, 0x90, 0x80, 0x80] + Array("edited".utf8))
        bytes.removeLast(bytes.count - 6 - Array("κόσμε".utf8).count - 2)
        #expect(Outcome.of(bytes).error == .invalidText)
        bytes.removeLast()
        #expect(Outcome.of(bytes).error == nil)
    }

    @Test func `a large message is handed on in parts, cut between characters`() throws {
        var limits = WebSocketLimits()
        limits.part = 10
        let text = String(repeating: "€", count: 20)
        var decoder = MessageDecoder(limits: limits)
        var input = ByteBuffer(bytes: Wire.text(text))
        var parts: [String] = []
        while let event = try decoder.next(&input) {
            guard case .text(let part, let more) = event else { continue }
            parts.append(part)
            #expect(more == (parts.joined() != text))
            #expect(part.utf8.count <= 12)
        }
        #expect(parts.joined() == text)
        #expect(parts.count > 3)
        #expect(!decoder.isInMessage)
    }

    @Test func `limits are applied before a payload is taken`() {
        var limits = WebSocketLimits()
        limits.frame = 10
        limits.message = 15
        limits.fragments = 3
        func outcome(_ bytes: [UInt8]) -> WebSocketError? { Outcome.of(bytes) { MessageDecoder(limits: limits) }.error }
        #expect(outcome(Array(Wire.frame(2, Array(repeating: 0, count: 11)).prefix(6))) == .frameTooLarge)
        #expect(outcome(Wire.frame(2, Array(repeating: 0, count: 10))) == nil)
        let ten = Wire.frame(2, Array(repeating: 0, count: 10), isFinal: false)
        #expect(outcome(ten + Wire.frame(0, Array(repeating: 0, count: 5))) == nil)
        #expect(outcome(ten + Array(Wire.frame(0, Array(repeating: 0, count: 6)).prefix(6))) == .messageTooLarge)
        let empty = Wire.frame(0, isFinal: false)
        #expect(outcome(Wire.frame(2, isFinal: false) + empty + Wire.frame(0)) == nil)
        #expect(outcome(Wire.frame(2, isFinal: false) + empty + empty + empty) == .tooManyFragments)
        // The next message begins anew.
        #expect(outcome(ten + Wire.frame(0, Array(repeating: 0, count: 5)) + Wire.frame(2, [1])) == nil)
    }

    @Test func `a client takes frames that are not masked, and no others`() {
        func outcome(_ bytes: [UInt8]) -> Outcome { Outcome.atEverySplit(bytes) { MessageDecoder(role: .client) } }
        #expect(outcome(Wire.frame(1, [65], isMasked: false)).events == [.text("A", more: false)])
        #expect(outcome(Wire.frame(1, [65])).error == .unexpectedMask)
    }

    @Test func `each rule has a code and a sentence for the peer`() {
        for (_, _, error) in Self.broken {
            #expect(CloseCode.isSendable(error.closeCode))
            #expect(error.sentence.utf8.count <= CloseCode.longestReason)
        }
        #expect(WebSocketError.messageTooLarge.closeCode == 1009)
        #expect(WebSocketError.invalidText.closeCode == 1007)
        #expect(WebSocketError.reservedBits.closeCode == 1002)
    }
}
