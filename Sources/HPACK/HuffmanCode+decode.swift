extension HuffmanCode {
    /// How many bytes a string of `count` bytes can become.
    @inline(__always)
    package static func decodedBound(_ count: Int) -> Int { (count &* 8) / shortest &+ 1 }

    /// Decodes the string of `count` bytes at `source`. There is room for ``decodedBound(_:)`` bytes at `place`.
    ///
    /// - Returns: how many bytes it has.
    package func decode(
        _ source: UnsafeRawPointer, _ count: Int, to place: UnsafeMutableRawPointer
    ) throws(HPACKError) -> Int {
        var output = place
        var offset = 0
        // The bits that come next, from the highest on, and how many they are.
        var bits: UInt64 = 0
        var available = 0
        while true {
            if offset &+ 8 <= count {
                let word = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                bits |= word &>> UInt64(truncatingIfNeeded: available)
                let bytes = (63 &- available) >> 3
                offset &+= bytes
                available &+= bytes << 3
            } else {
                while available <= 56, offset < count {
                    let byte = source.load(fromByteOffset: offset, as: UInt8.self)
                    bits |= UInt64(byte) &<< UInt64(truncatingIfNeeded: 56 &- available)
                    offset &+= 1
                    available &+= 8
                }
                // Nothing more comes: what is left is decoded with care.
                if offset == count, available < Self.longest { break }
            }
            // Bits beyond the available ones may be those of the next word already: they are put there again.
            while available >= Self.longest {
                let entry = short[Int(truncatingIfNeeded: bits &>> UInt64(64 &- Self.shortBits))]
                if entry != 0 {
                    output.storeBytes(of: UInt8(truncatingIfNeeded: entry), as: UInt8.self)
                    let length = entry &>> 8
                    bits &<<= UInt64(length)
                    available &-= Int(length)
                } else {
                    let (symbol, length) = decodeLong(bits)
                    // RFC 7541 §5.2: the code that ends a string is not in it.
                    guard symbol != Self.end else { throw .invalidHuffman }
                    output.storeBytes(of: UInt8(truncatingIfNeeded: symbol), as: UInt8.self)
                    bits &<<= UInt64(truncatingIfNeeded: length)
                    available &-= length
                }
                output += 1
            }
        }
        output = try decodeEnd(bits, available, to: output)
        return output - place
    }

    @inline(never)
    private func decodeLong(_ bits: UInt64) -> (symbol: UInt16, length: Int) {
        var index = 0
        while bits >= long[index].limit, long[index].bits < Self.longest { index &+= 1 }
        let length = long[index]
        let code = Int(truncatingIfNeeded: bits &>> UInt64(truncatingIfNeeded: 64 &- length.bits))
        return (ordered[code &+ length.place], length.bits)
    }

    /// The last bits of a string, less than those of the longest code.
    @inline(__always)
    private func decodeEnd(
        _ start: UInt64, _ count: Int, to place: UnsafeMutableRawPointer
    ) throws(HPACKError) -> UnsafeMutableRawPointer {
        var output = place
        var available = count
        // Ones behind the end make whatever is no whole code one that is too long.
        var bits = start | UInt64.max &>> UInt64(truncatingIfNeeded: available)
        while available > 0 {
            let entry = short[Int(truncatingIfNeeded: bits &>> UInt64(64 &- Self.shortBits))]
            let (symbol, length) =
                entry != 0 ? (entry & 0xFF, Int(entry &>> 8)) : decodeLong(bits)
            guard length <= available else {
                // RFC 7541 §5.2: padding is less than a byte, and the first bits of the code that ends a string.
                guard available < 8, bits == .max else { throw .invalidHuffman }
                break
            }
            output.storeBytes(of: UInt8(truncatingIfNeeded: symbol), as: UInt8.self)
            output += 1
            bits = bits &<< UInt64(truncatingIfNeeded: length) | ((1 &<< UInt64(truncatingIfNeeded: length)) &- 1)
            available &-= length
        }
        return output
    }
}
