import HTTPSemantics

/// The nine bytes before each payload (RFC 9113 §4.1).
struct FrameHeader: Equatable {
    var length: Int
    var type: UInt8
    var flags: UInt8
    var stream: UInt32

    static let size = 9

    init(_ type: UInt8, flags: UInt8 = 0, stream: UInt32, length: Int) {
        self.length = length
        self.type = type
        self.flags = flags
        self.stream = stream
    }

    /// Reads a header; `bytes` has ``size`` of them.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        let word = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
        length = Int(word >> 8)
        type = UInt8(truncatingIfNeeded: word)
        flags = bytes[4]
        // §4.1: the reserved bit is ignored.
        stream = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt32.self)) & 0x7FFF_FFFF
    }

    @inline(__always)
    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    @inline(__always)
    func write(to start: UnsafeMutableRawPointer) {
        let word = UInt32(truncatingIfNeeded: length) << 8 | UInt32(type)
        start.storeBytes(of: word.bigEndian, as: UInt32.self)
        start.storeBytes(of: flags, toByteOffset: 4, as: UInt8.self)
        start.storeBytes(of: stream.bigEndian, toByteOffset: 5, as: UInt32.self)
    }

    @inline(__always)
    func write(into output: OutputBuffer) {
        write(to: output.reserve(Self.size))
        output.count &+= Self.size
    }
}

/// What a frame is (RFC 9113 §6, RFC 9218 §7.1). One of another type is ignored (RFC 9113 §4.1).
enum FrameType {
    static let data: UInt8 = 0x0
    static let headers: UInt8 = 0x1
    static let priority: UInt8 = 0x2
    static let resetStream: UInt8 = 0x3
    static let settings: UInt8 = 0x4
    static let pushPromise: UInt8 = 0x5
    static let ping: UInt8 = 0x6
    static let goAway: UInt8 = 0x7
    static let windowUpdate: UInt8 = 0x8
    static let continuation: UInt8 = 0x9
    static let priorityUpdate: UInt8 = 0x10
}

enum FrameFlag {
    static let endStream: UInt8 = 0x1
    static let acknowledgement: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priority: UInt8 = 0x20
}
