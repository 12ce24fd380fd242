/// The key of a masked frame (RFC 6455 §5.3). It turns as the payload goes by, so a payload can come in pieces.
struct MaskingKey {
    /// The four bytes in the order of the wire, as they lie in memory.
    private(set) var bytes: UInt32

    init(_ bytes: UInt32) { self.bytes = bytes }

    /// Copies `source` to `target`, masked or unmasked, and turns to where the payload goes on.
    @inline(__always)
    mutating func apply(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
        let count = source.count
        guard let source = source.baseAddress else { return }
        let word = UInt64(bytes) << 32 | UInt64(bytes)
        let wide = SIMD4<UInt64>(repeating: word)
        var index = 0
        while index &+ 32 <= count {
            let piece = source.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
            target.storeBytes(of: piece ^ wide, toByteOffset: index, as: SIMD4<UInt64>.self)
            index &+= 32
        }
        while index &+ 8 <= count {
            let piece = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            target.storeBytes(of: piece ^ word, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        // In memory order, whatever the order of the machine's bytes.
        var rest = UInt32(littleEndian: bytes)
        while index < count {
            let byte = source.load(fromByteOffset: index, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
            target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            rest = rest >> 8 | rest << 24
            index &+= 1
        }
        bytes = rest.littleEndian
    }
}
