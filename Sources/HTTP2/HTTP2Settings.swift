import HTTPSemantics

/// What each side tells the other about itself (RFC 9113 §6.5.2).
@usableFromInline
package struct HTTP2Settings: Sendable, Equatable {
    /// Bytes of the dynamic table that the sender's decoder keeps.
    package var headerTableSize = 4096
    /// Streams that the receiver may have open at once; nil is no limit.
    package var concurrentStreams: Int?
    /// The window of a stream in the beginning, in bytes.
    package var initialWindow = 65535
    /// The largest payload of a frame that the sender takes.
    @usableFromInline package var frameSize = 16384
    /// The largest list of fields that the sender takes, as ``FieldListLimits/size`` counts; nil is no limit.
    package var headerListSize: Int?
    /// Whether CONNECT may name a protocol (RFC 8441 §3).
    package var connectProtocol = false

    package init() {}

    static let largestWindow = 0x7FFF_FFFF
    static let smallestFrameSize = 16384
    static let largestFrameSize = 0xFF_FFFF

    private enum Identifier {
        static let headerTableSize: UInt16 = 0x1
        static let enablePush: UInt16 = 0x2
        static let concurrentStreams: UInt16 = 0x3
        static let initialWindow: UInt16 = 0x4
        static let frameSize: UInt16 = 0x5
        static let headerListSize: UInt16 = 0x6
        static let connectProtocol: UInt16 = 0x8
        static let noRFC7540Priorities: UInt16 = 0x9
    }

    /// Takes over what a payload of SETTINGS says; its length is a multiple of six.
    ///
    /// - Returns: the smallest size of a header table that it names, which may name several.
    mutating func apply(_ payload: UnsafeRawBufferPointer) throws(HTTP2Error) -> Int? {
        var least: Int?
        for start in stride(from: 0, to: payload.count, by: 6) {
            let identifier = UInt16(bigEndian: payload.loadUnaligned(fromByteOffset: start, as: UInt16.self))
            let value = Int(UInt32(bigEndian: payload.loadUnaligned(fromByteOffset: start + 2, as: UInt32.self)))
            switch identifier {
            case Identifier.headerTableSize:
                headerTableSize = value
                least = min(least ?? value, value)
            case Identifier.enablePush, Identifier.noRFC7540Priorities:
                // §6.5.2; RFC 9218 §2.1.
                guard value <= 1 else { throw .invalidSetting }
            case Identifier.concurrentStreams: concurrentStreams = value
            case Identifier.initialWindow:
                guard value <= Self.largestWindow else { throw .initialWindowTooLarge }
                initialWindow = value
            case Identifier.frameSize:
                guard (Self.smallestFrameSize...Self.largestFrameSize).contains(value) else { throw .invalidSetting }
                frameSize = value
            case Identifier.headerListSize: headerListSize = value
            case Identifier.connectProtocol:
                // RFC 8441 §3: one bit, which is not taken back.
                guard value <= 1, value == 1 || !connectProtocol else { throw .invalidSetting }
                connectProtocol = value == 1
            default: break  // §6.5.2: what is not known is ignored.
            }
        }
        return least
    }

    /// The payload of SETTINGS in an `HTTP2-Settings` field: Base64 for URLs, without padding (RFC 7540 §3.2.1). Nil when it
    /// is none.
    package static func payload(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // What is left over of the last character is no byte, and zero.
        guard count < 6, bits & ((1 << UInt32(count)) - 1) == 0, bytes.count % 6 == 0 else { return nil }
        return bytes
    }

    /// Writes what differs from the protocol's defaults, as a frame.
    func write(into output: OutputBuffer) {
        var pairs: [(UInt16, Int)] = []
        if headerTableSize != 4096 { pairs.append((Identifier.headerTableSize, headerTableSize)) }
        if let concurrentStreams { pairs.append((Identifier.concurrentStreams, concurrentStreams)) }
        if initialWindow != 65535 { pairs.append((Identifier.initialWindow, initialWindow)) }
        if frameSize != 16384 { pairs.append((Identifier.frameSize, frameSize)) }
        if let headerListSize { pairs.append((Identifier.headerListSize, headerListSize)) }
        if connectProtocol { pairs.append((Identifier.connectProtocol, 1)) }
        // RFC 9218 §2.1: what RFC 7540 says of priorities is not looked at.
        pairs.append((Identifier.noRFC7540Priorities, 1))
        FrameHeader(FrameType.settings, stream: 0, length: pairs.count * 6).write(into: output)
        for (identifier, value) in pairs {
            let start = output.reserve(6)
            start.storeBytes(of: identifier.bigEndian, as: UInt16.self)
            start.storeBytes(of: UInt32(clamping: value).bigEndian, toByteOffset: 2, as: UInt32.self)
            output.count += 6
        }
    }
}
