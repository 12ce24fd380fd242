extension HuffmanCode {
    /// How many bytes the string of `count` bytes at `source` takes when it is encoded.
    package func encodedCount(_ source: UnsafeRawPointer, _ count: Int) -> Int {
        var bits = 0
        for offset in 0..<count {
            let symbol = source.load(fromByteOffset: offset, as: UInt8.self)
            bits &+= Int(truncatingIfNeeded: codes[Int(symbol)] & 0xFF)
        }
        return (bits &+ 7) >> 3
    }

    /// Encodes the string of `count` bytes at `source`. There is room for ``encodedCount(_:_:)`` bytes at `place`.
    package func encode(_ source: UnsafeRawPointer, _ count: Int, to place: UnsafeMutableRawPointer) {
        var output = place
        // The lowest bits are still to be written: less than 32 of them.
        var bits: UInt64 = 0
        var pending = 0
        for offset in 0..<count {
            let code = codes[Int(source.load(fromByteOffset: offset, as: UInt8.self))]
            let length = Int(truncatingIfNeeded: code & 0xFF)
            bits = bits &<< UInt64(truncatingIfNeeded: length) | code &>> 8
            pending &+= length
            if pending >= 32 {
                pending &-= 32
                let word = UInt32(truncatingIfNeeded: bits &>> UInt64(truncatingIfNeeded: pending))
                output.storeBytes(of: word.bigEndian, as: UInt32.self)
                output += 4
            }
        }
        while pending >= 8 {
            pending &-= 8
            output.storeBytes(
                of: UInt8(truncatingIfNeeded: bits &>> UInt64(truncatingIfNeeded: pending)), as: UInt8.self)
            output += 1
        }
        if pending > 0 {
            // RFC 7541 §5.2: padded with ones.
            let padding = 8 &- pending
            let byte = bits &<< UInt64(truncatingIfNeeded: padding) | ((1 &<< UInt64(truncatingIfNeeded: padding)) &- 1)
            output.storeBytes(of: UInt8(truncatingIfNeeded: byte), as: UInt8.self)
        }
    }
}
