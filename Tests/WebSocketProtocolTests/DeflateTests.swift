import HTTPSemantics
import NIOCore
import Testing

@testable import WebSocketProtocol

@Suite struct DeflateTests {
    private static func decoder(
        keepsContext: Bool = true, limits: WebSocketLimits = WebSocketLimits()
    ) -> MessageDecoder {
        MessageDecoder(limits: limits, inflater: Inflater(windowBits: 15, keepsContext: keepsContext))
    }

    private static func compressed(_ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        Wire.frame(1, payload, isFinal: isFinal, reserved: 4)
    }

    // RFC 7692 §7.2.3.
    @Test(
        arguments: [
            ("one block", compressed([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]), ["Hello"]),
            (
                "fragments", compressed([0xF2, 0x48, 0xCD], isFinal: false) + Wire.frame(0, [0xC9, 0xC9, 0x07, 0x00]),
                ["Hello"]
            ),
            (
                "two messages that share a window",
                compressed([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]) + compressed([0xF2, 0x00, 0x11, 0x00, 0x00]),
                ["Hello", "Hello"]
            ),
            (
                "a block without compression",
                compressed([0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]), ["Hello"]
            ),
            (
                "a block that says it is the last", compressed([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
                ["Hello"]
            ),
            (
                "two blocks",
                compressed([0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]), ["Hello"]
            ),
            ("nothing", compressed([0x00]), [""]),
            ("an uncompressed message between", compressed([0x00]) + Wire.text("plain"), ["", "plain"]),
            (
                "a last block, and a message that refers to it",
                compressed([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])
                    + compressed([0xF2, 0x00, 0x11, 0x00, 0x00]),
                ["Hello", "Hello"]
            ),
        ] as [(String, [UInt8], [String])])
    func `the examples of RFC 7692 are read at every split`(name: String, bytes: [UInt8], texts: [String]) {
        let outcome = Outcome.atEverySplit(bytes) { Self.decoder() }
        #expect(outcome == Outcome(events: texts.map { .text($0, more: false) }), "\(name)")
    }

    @Test func `what cannot be inflated ends the socket`() {
        #expect(Outcome.of(Self.compressed([0xFF, 0xFF, 0xFF]), { Self.decoder() }).error == .invalidCompression)
        // Without the window of the message before, there is nothing to refer to.
        let bytes =
            Self.compressed([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
            + Self.compressed([0xF2, 0x00, 0x11, 0x00, 0x00])
        #expect(Outcome.of(bytes, { Self.decoder(keepsContext: false) }).error == .invalidCompression)
    }

    @Test func `a continuation must not say that it is compressed`() {
        let bytes = Self.compressed([0xF2], isFinal: false) + Wire.frame(0, [0x48], reserved: 4)
        #expect(Outcome.of(bytes, { Self.decoder() }).error == .reservedBits)
    }

    @Test func `inflated text is checked as it comes`() {
        let wrong = Self.deflate([0xC3, 0x28])
        #expect(Outcome.of(Wire.frame(1, wrong, reserved: 4), { Self.decoder() }).error == .invalidText)
    }

    private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        let output = OutputBuffer()
        let deflater = Deflater(windowBits: 15, keepsContext: true, options: DeflateOptions())
        bytes.withUnsafeBytes { deflater.deflate($0, isLast: true, into: output) }
        return output.array
    }

    @Test func `a bomb is found out while it is inflated, and costs no more than the limit`() throws {
        let bomb = Self.deflate(Array(repeating: 0, count: 64 << 20))
        #expect(bomb.count < 400_000)
        var limits = WebSocketLimits()
        limits.message = 1 << 20
        var decoder = Self.decoder(limits: limits)
        var input = ByteBuffer(bytes: Wire.frame(2, bomb, reserved: 4))
        var received = 0
        var error: WebSocketError?
        do throws(WebSocketError) {
            while let event = try decoder.next(&input) {
                guard case .bytes(let part, more: true) = event else { continue }
                received += part.readableBytes
                // A step of the input makes this much at most.
                #expect(part.readableBytes < 3 << 19)
            }
        } catch let caught {
            error = caught
        }
        #expect(error == .messageTooLarge)
        #expect(received <= limits.message)
        #expect(input.readableBytes > bomb.count / 2, "Most of it was not even looked at.")
    }

    @Test func `a message of exactly the limit is taken`() {
        var limits = WebSocketLimits()
        limits.message = 100_000
        func error(_ count: Int) -> WebSocketError? {
            let bytes = Wire.frame(2, Self.deflate(Array(repeating: 7, count: count)), reserved: 4)
            return Outcome.of(bytes) { Self.decoder(limits: limits) }.error
        }
        #expect(error(100_000) == nil)
        #expect(error(100_001) == .messageTooLarge)
    }

    @Test(arguments: [true, false], [9, 12, 15])
    func `what the encoder compresses the decoder reads, whatever is given back in between`(
        keepsContext: Bool, windowBits: Int
    ) throws {
        var numbers = Numbers(state: UInt64(windowBits))
        var encoder = MessageEncoder(
            deflater: Deflater(windowBits: windowBits, keepsContext: keepsContext, options: DeflateOptions()),
            threshold: 20)
        var decoder = MessageDecoder(
            role: .client, inflater: Inflater(windowBits: windowBits, keepsContext: keepsContext))
        let words = ["lorem ", "ipsum ", "dolor ", "sit ", "amet "]
        for round in 0..<200 {
            let count = Int.random(in: 0...(round % 10 == 0 ? 20_000 : 40), using: &numbers)
            let text = (0..<count).map { _ in words.randomElement(using: &numbers) ?? "" }.joined()
            let output = OutputBuffer()
            let bytes = Array(text.utf8)
            let cut = Bool.random(using: &numbers) ? bytes.count : Int.random(in: 0...bytes.count, using: &numbers)
            if cut < bytes.count {
                bytes[..<cut].withUnsafeBytes { encoder.write(.text, $0, more: true, into: output) }
                bytes[cut...].withUnsafeBytes { encoder.write(.text, $0, more: false, into: output) }
            } else {
                bytes.withUnsafeBytes { encoder.write(.text, $0, more: false, into: output) }
            }
            if bytes.count > 2000 { #expect(output.count < bytes.count / 2) }
            var input = ByteBuffer(bytes: output.array)
            var received = ""
            while let event = try decoder.next(&input) {
                guard case .text(let part, _) = event else { continue }
                received += part
            }
            #expect(received == text)
            if round % 7 == 0 { decoder.releaseIdleMemory() }
            if round % 11 == 0 { encoder.releaseIdleMemory() }
        }
    }

    @Test func `short messages are not compressed`() {
        let output = OutputBuffer()
        var encoder = MessageEncoder(
            deflater: Deflater(windowBits: 15, keepsContext: true, options: DeflateOptions()), threshold: 10)
        Array("123456789".utf8).withUnsafeBytes { encoder.write(.text, $0, more: false, into: output) }
        #expect(output.array[0] == 0x81)
        output.removeAll()
        Array("1234567890".utf8).withUnsafeBytes { encoder.write(.text, $0, more: false, into: output) }
        #expect(output.array[0] == 0xC1)
    }

    // MARK: Negotiation

    /// What is answered to an offer by a server with a window of 12 bits that asks for one of 12 bits.
    @Test(
        arguments: [
            ("permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
            (
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
            ),
            (
                "permessage-deflate; client_max_window_bits=10",
                "permessage-deflate; server_max_window_bits=12; client_max_window_bits=10"
            ),
            ("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"),
            ("permessage-deflate; server_max_window_bits=\"10\"", "permessage-deflate; server_max_window_bits=10"),
            ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=12"),
            (
                "permessage-deflate; server_no_context_takeover",
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=12"
            ),
            (
                "permessage-deflate; client_no_context_takeover",
                "permessage-deflate; client_no_context_takeover; server_max_window_bits=12"
            ),
            (
                "permessage-deflate;server_no_context_takeover ; client_no_context_takeover; client_max_window_bits=15",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
                    + "client_max_window_bits=12"
            ),
            // What cannot be met is passed over.
            (
                "permessage-deflate; server_max_window_bits=8, permessage-deflate",
                "permessage-deflate; server_max_window_bits=12"
            ),
            ("x-other; a=1, permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
            (", ,permessage-deflate,", "permessage-deflate; server_max_window_bits=12"),
            ("x-webkit-deflate-frame", nil),
            ("permessage-deflate; server_max_window_bits", nil),
            ("permessage-deflate; server_max_window_bits=7", nil),
            ("permessage-deflate; server_max_window_bits=16", nil),
            ("permessage-deflate; server_max_window_bits=09", nil),
            ("permessage-deflate; server_max_window_bits=+9", nil),
            ("permessage-deflate; client_max_window_bits=8x", nil),
            ("permessage-deflate; server_no_context_takeover=1", nil),
            ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", nil),
            ("permessage-deflate; unknown", nil),
            ("", nil),
        ] as [(String, String?)])
    func `an offer is answered as RFC 7692 section 7_1 says`(offer: String, answer: String?) throws {
        let offers = try #require(WebSocketExtension.parse(offer))
        let parameters = DeflateParameters.accept(offers, DeflateOptions())
        #expect(parameters?.fieldValue == answer)
        if let parameters {
            let read = try #require(WebSocketExtension.parse(parameters.fieldValue)?.first)
            #expect(DeflateParameters(answer: read) == parameters)
        }
    }

    @Test func `a server without context takeover says so for both sides`() throws {
        var options = DeflateOptions()
        options.keepsContext = false
        options.serverWindowBits = 15
        let offers = try #require(WebSocketExtension.parse("permessage-deflate"))
        #expect(
            DeflateParameters.accept(offers, options)?.fieldValue
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    }

    @Test(arguments: ["a b", "a;", "a; b=", "a; b=\"\"", "a; b=\"c", "a=1", ";", "a; b=\"x y\""])
    func `a malformed list of extensions is none`(value: String) {
        #expect(WebSocketExtension.parse(value) == nil)
    }
}
