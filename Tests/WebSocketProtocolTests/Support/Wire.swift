import HTTPSemantics
import NIOCore

@testable import WebSocketProtocol

/// Frames as bytes, made by hand: what a peer may send, and what it may not.
enum Wire {
    /// A frame of a client, masked with a key that is not zero.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true,
        key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    ) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(mask | UInt8(payload.count))
        case ...0xFFFF: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard isMasked else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] { frame(1, Array(text.utf8), isFinal: isFinal) }
    static func more(_ text: String, isFinal: Bool = true) -> [UInt8] { frame(0, Array(text.utf8), isFinal: isFinal) }

    static func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
        frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }
}

/// What a decoder makes of bytes: its events, with the parts of each message put together, and the rule that ended it.
struct Outcome: Equatable {
    var events: [WebSocketEvent] = []
    var error: WebSocketError?

    /// Feeds `bytes` in pieces that end at `cuts`.
    static func of(_ bytes: [UInt8], cutAt cuts: [Int] = [], _ makeDecoder: () -> MessageDecoder = { MessageDecoder() })
        -> Outcome
    {
        var decoder = makeDecoder()
        var outcome = Outcome()
        var input = ByteBuffer()
        var start = 0
        for end in cuts + [bytes.count] {
            input.discardReadBytes()
            input.writeBytes(bytes[start..<end])
            start = end
            do throws(WebSocketError) {
                while let event = try decoder.next(&input) { outcome.add(event) }
            } catch {
                outcome.error = error
                return outcome
            }
        }
        return outcome
    }

    private mutating func add(_ event: WebSocketEvent) {
        switch (events.last, event) {
        case (.text(let start, more: true)?, .text(let rest, let more)):
            events[events.count - 1] = .text(start + rest, more: more)
        case (.bytes(var start, more: true)?, .bytes(var rest, let more)):
            start.writeBuffer(&rest)
            events[events.count - 1] = .bytes(start, more: more)
        default:
            events.append(event)
        }
    }

    /// Every cut in two, and byte by byte, gives what the whole gives.
    static func atEverySplit(_ bytes: [UInt8], _ makeDecoder: () -> MessageDecoder = { MessageDecoder() }) -> Outcome {
        let whole = of(bytes, makeDecoder)
        var splits = (1..<max(2, bytes.count)).map { [$0] }
        splits.append(Array(1..<max(1, bytes.count)))
        for cuts in splits where cuts.allSatisfy({ $0 < bytes.count }) {
            let outcome = of(bytes, cutAt: cuts, makeDecoder)
            if outcome != whole { return outcome }
        }
        return whole
    }
}

extension OutputBuffer {
    var array: [UInt8] { Array(bytes) }
}

/// A generator whose numbers are the same in each run.
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
