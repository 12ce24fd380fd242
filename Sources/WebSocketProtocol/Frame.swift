/// What a frame carries (RFC 6455 §5.2).
package enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    @inline(__always)
    var isControl: Bool { rawValue & 0x8 != 0 }
}

/// Which side of the connection an engine is: a client masks what it sends, and a server does not (RFC 6455 §5.1).
package enum WebSocketRole: Sendable {
    case server, client
}

/// The head of a frame.
struct FrameHead {
    var isFinal: Bool
    var isCompressed: Bool
    var opcode: Opcode
    var length: Int
    var key: MaskingKey?

    /// The longest head: two bytes, a length of eight, and a key of four.
    static let longest = 14

    enum Parsed {
        case incomplete
        case head(FrameHead, size: Int)
    }

    /// Reads a head from the start of `bytes`. What its first two bytes say wrong is found before the rest is there.
    @inline(__always)
    static func parse(
        _ bytes: UnsafeRawBufferPointer, role: WebSocketRole, allowsCompression: Bool
    ) throws(WebSocketError) -> Parsed {
        guard bytes.count >= 2 else { return .incomplete }
        let first = bytes[0]
        let second = bytes[1]
        // RFC 6455 §5.2; RFC 7692 §6 gives RSV1 its meaning.
        guard first & 0x30 == 0, first & 0x40 == 0 || allowsCompression else { throw .reservedBits }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode }
        let isFinal = first & 0x80 != 0
        let isCompressed = first & 0x40 != 0
        // RFC 7692 §6.1: the first fragment says it for the message.
        guard !isCompressed || opcode == .text || opcode == .binary else { throw .reservedBits }
        // RFC 6455 §5.1.
        let isMasked = second & 0x80 != 0
        guard isMasked == (role == .server) else { throw role == .server ? .missingMask : .unexpectedMask }
        var length = Int(second & 0x7F)
        if opcode.isControl {
            // §5.5.
            guard isFinal else { throw .fragmentedControlFrame }
            guard length <= 125 else { throw .controlFrameTooLong }
        }
        var size = 2
        if length == 126 {
            guard bytes.count >= 4 else { return .incomplete }
            length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            // §5.2: the shortest form.
            guard length > 125 else { throw .lengthNotMinimal }
            size = 4
        } else if length == 127 {
            guard bytes.count >= 10 else { return .incomplete }
            let long = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard long <= UInt64(Int64.max) else { throw .lengthTooLarge }
            guard long > 0xFFFF else { throw .lengthNotMinimal }
            length = Int(long)
            size = 10
        }
        var key: MaskingKey?
        if isMasked {
            guard bytes.count >= size + 4 else { return .incomplete }
            key = MaskingKey(bytes.loadUnaligned(fromByteOffset: size, as: UInt32.self))
            size += 4
        }
        return .head(
            FrameHead(isFinal: isFinal, isCompressed: isCompressed, opcode: opcode, length: length, key: key),
            size: size)
    }

    /// Writes the head to `start`, where ``longest`` bytes fit. Returns how many it took.
    func write(to start: UnsafeMutableRawPointer) -> Int {
        let mask: UInt8 = key == nil ? 0 : 0x80
        start.storeBytes(
            of: (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue, as: UInt8.self)
        var size = 2
        if length <= 125 {
            start.storeBytes(of: mask | UInt8(truncatingIfNeeded: length), toByteOffset: 1, as: UInt8.self)
        } else if length <= 0xFFFF {
            start.storeBytes(of: mask | 126, toByteOffset: 1, as: UInt8.self)
            start.storeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt16.self)
            size = 4
        } else {
            start.storeBytes(of: mask | 127, toByteOffset: 1, as: UInt8.self)
            start.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 2, as: UInt64.self)
            size = 10
        }
        guard let key else { return size }
        start.storeBytes(of: key.bytes, toByteOffset: size, as: UInt32.self)
        return size + 4
    }
}
