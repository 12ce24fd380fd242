/// Checks that bytes are UTF-8 (RFC 3629) as they arrive: a sequence may be cut anywhere, and a byte that cannot
/// stand where it stands is found at once.
package struct UTF8Validator: Sendable {
    /// How many bytes of a sequence that has begun have been seen.
    package private(set) var begun = 0
    /// How many are still to come.
    private var missing = 0
    /// What the next one may be. Only the second byte of a sequence can have other bounds than these (§4).
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    package init() {}

    /// Whether no sequence is left open.
    @inline(__always)
    package var isComplete: Bool { missing == 0 }

    /// Whether `bytes` may follow what came before.
    package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        var index = 0
        while index < count {
            if missing == 0 {
                index = Self.endOfASCII(bytes, from: index)
                guard index < count else { return true }
                guard begin(bytes[index]) else { return false }
            } else {
                let byte = bytes[index]
                guard byte >= low, byte <= high else { return false }
                low = 0x80
                high = 0xBF
                missing &-= 1
                begun = missing == 0 ? 0 : begun &+ 1
            }
            index &+= 1
        }
        return true
    }

    /// Takes the first byte of a sequence of several.
    @inline(__always)
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            // No second form of a shorter one, and no surrogate.
            if byte == 0xE0 { low = 0xA0 }
            if byte == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            // And nothing above U+10FFFF.
            if byte == 0xF0 { low = 0x90 }
            if byte == 0xF4 { high = 0x8F }
        default: return false
        }
        begun = 1
        return true
    }

    /// The offset of the first byte from `start` on that is no ASCII.
    @inline(__always)
    private static func endOfASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let highs: UInt64 = 0x8080_8080_8080_8080
        var index = start
        while index &+ 32 <= bytes.count {
            let piece = bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            guard (piece[0] | piece[1] | piece[2] | piece[3]) & highs == 0 else { break }
            index &+= 32
        }
        while index &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & highs
            guard word == 0 else { return index &+ UInt64(littleEndian: word).trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}
