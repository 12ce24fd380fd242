/// What is done with short runs of bytes, a word at a time.
enum ByteRun {
    /// How many bytes ``copy(_:_:to:)`` may touch beyond the end, in its source and in its destination.
    static let slack = 32

    /// Copies `count` bytes, and up to ``slack`` more, which mean nothing.
    @inline(__always)
    static func copy(_ source: UnsafeRawPointer, _ count: Int, to destination: UnsafeMutableRawPointer) {
        // Most fields have no more, and need no loop.
        guard count <= slack else { return destination.copyMemory(from: source, byteCount: count) }
        let start = source.loadUnaligned(as: SIMD2<UInt64>.self)
        let rest = source.loadUnaligned(fromByteOffset: 16, as: SIMD2<UInt64>.self)
        destination.storeBytes(of: start, as: SIMD2<UInt64>.self)
        destination.storeBytes(of: rest, toByteOffset: 16, as: SIMD2<UInt64>.self)
    }

    /// A number for some bytes that other bytes rarely have.
    @inline(__always)
    static func hash(_ bytes: UnsafeRawPointer, _ count: Int, from start: UInt64 = 0) -> UInt64 {
        var hash = start ^ (UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15)
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                hash = mix(hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            return mix(hash, bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
        }
        return mix(hash, word(bytes, count))
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
        return product ^ (product >> 32)
    }

    /// All of less than eight bytes.
    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            let low = bytes.loadUnaligned(as: UInt32.self)
            let high = bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            return UInt64(low) | UInt64(high) << 32
        }
        guard count > 0 else { return 0 }
        let first = bytes.load(as: UInt8.self)
        let middle = bytes.load(fromByteOffset: count >> 1, as: UInt8.self)
        let last = bytes.load(fromByteOffset: count &- 1, as: UInt8.self)
        return UInt64(first) | UInt64(middle) << 8 | UInt64(last) << 16
    }

    /// Whether two runs of `count` bytes are the same.
    @inline(__always)
    static func areEqual(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int) -> Bool {
        guard count >= 8 else { return word(one, count) == word(other, count) }
        var offset = 0
        while offset &+ 8 < count {
            let left = one.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard left == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset &+= 8
        }
        return one.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            == other.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    }

    @inline(__always)
    static func areEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard one.count == other.count else { return false }
        guard let one = one.baseAddress, let start = other.baseAddress else { return true }
        return areEqual(one, start, other.count)
    }
}
