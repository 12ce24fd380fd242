/// Integers that start in the low bits of a byte (RFC 7541 §5.1, RFC 9204 §4.1.1).
package enum PrefixInteger {
    /// Reads an integer and steps over it.
    ///
    /// - Parameters:
    ///   - prefix: how many low bits of the first byte belong to it, from 1 to 8.
    ///   - bits: how many bits it may have: 32 for HPACK, 62 for QPACK.
    @inline(__always)
    package static func decode(
        prefix: Int, bits: Int = 32, _ cursor: inout UnsafeRawPointer, end: UnsafeRawPointer
    ) throws(HPACKError) -> Int {
        guard cursor < end else { throw .truncated }
        let mask = (1 << prefix) &- 1
        let value = Int(cursor.load(as: UInt8.self)) & mask
        cursor += 1
        guard value == mask else { return value }
        let (whole, rest) = try decodeRest(value, bits, cursor, end)
        cursor = rest
        return whole
    }

    @inline(never)
    private static func decodeRest(
        _ start: Int, _ bits: Int, _ rest: UnsafeRawPointer, _ end: UnsafeRawPointer
    ) throws(HPACKError) -> (value: Int, rest: UnsafeRawPointer) {
        var cursor = rest
        var value = start
        var shift = 0
        while true {
            guard cursor < end else { throw .truncated }
            let byte = Int(cursor.load(as: UInt8.self))
            cursor += 1
            // RFC 7541 §5.1: what exceeds the limits in value or in length is an error. Bits that would be lost are in
            // the last byte that may come.
            guard shift < bits else { throw .integerOverflow }
            let part = byte & 0x7F
            guard shift &+ 7 <= bits || part >> (bits &- shift) == 0 else { throw .integerOverflow }
            value &+= part << shift
            guard value >> bits == 0 else { throw .integerOverflow }
            if byte < 0x80 { return (value, cursor) }
            shift &+= 7
        }
    }

    /// How many bytes ``encode(_:prefix:pattern:to:)`` writes at most.
    package static let longest = 10

    /// Writes `value`, which is not negative, at `place`, with `pattern` in the bits above the prefix.
    ///
    /// - Returns: how many bytes it takes.
    @inline(__always)
    package static func encode(
        _ value: Int, prefix: Int, pattern: UInt8, to place: UnsafeMutableRawPointer
    ) -> Int {
        let mask = (1 << prefix) &- 1
        if value < mask {
            place.storeBytes(of: pattern | UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        place.storeBytes(of: pattern | UInt8(truncatingIfNeeded: mask), as: UInt8.self)
        return encodeRest(value &- mask, to: place)
    }

    @inline(never)
    private static func encodeRest(_ value: Int, to place: UnsafeMutableRawPointer) -> Int {
        var rest = value
        var count = 1
        while rest >= 0x80 {
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest & 0x7F) | 0x80, toByteOffset: count, as: UInt8.self)
            rest >>= 7
            count &+= 1
        }
        place.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        return count &+ 1
    }
}
