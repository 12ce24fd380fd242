/// An IPv4 or IPv6 address as a number. An IPv4 address is the IPv6 address that it is mapped to (RFC 4291 §2.5.5.2),
/// so that `192.0.2.1` and `::ffff:192.0.2.1` are the same one.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package let value: UInt128

    package init(value: UInt128) { self.value = value }

    /// Reads an address in its usual text, without brackets, zone or port; `nil` when it is none.
    package init?(_ text: some StringProtocol) {
        var copy = String(text)
        let value = copy.withUTF8 { bytes -> UInt128? in
            let bytes = UnsafeRawBufferPointer(bytes)
            return bytes.contains(UInt8(ascii: ":"))
                ? Self.parse6(bytes) : Self.parse4(bytes).map { Self.mapped | UInt128($0) }
        }
        guard let value else { return nil }
        self.init(value: value)
    }

    /// Whether it is an IPv4 address.
    package var isIPv4: Bool { value >> 32 == Self.mapped >> 32 }

    /// Its first `bits` bits, of 128, and zeros.
    package func masked(_ bits: Int) -> IPAddress {
        IPAddress(value: bits <= 0 ? 0 : (value >> (128 - bits)) << (128 - bits))
    }

    /// The text of RFC 5952 §4, and of an IPv4 address its four numbers.
    package var description: String {
        if isIPv4 {
            return (0..<4).map { String(UInt8(truncatingIfNeeded: value >> (24 - 8 * $0))) }.joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) }
        let gap = Self.longestGap(groups)
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return gap.isEmpty ? text(0..<8) : text(0..<gap.lowerBound) + "::" + text(gap.upperBound..<8)
    }

    private static var mapped: UInt128 { 0xFFFF_0000_0000 }

    /// The first of the longest runs of two zeros or more.
    private static func longestGap(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > max(1, longest.count) { longest = start..<index }
            start = index + 1
        }
        return longest
    }

    /// Four numbers below 256, without leading zeros (RFC 3986 §3.2.2).
    private static func parse4(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        var result: UInt32 = 0
        var octets = 0
        var digits = 0
        var octet: UInt32 = 0
        for index in 0...bytes.count {
            if index == bytes.count || bytes[index] == UInt8(ascii: ".") {
                guard digits > 0, octets < 4 else { return nil }
                result = result << 8 | octet
                octets += 1
                (digits, octet) = (0, 0)
            } else {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit < 10, digits == 0 || octet > 0 else { return nil }
                octet = octet * 10 + UInt32(digit)
                digits += 1
                guard octet < 256 else { return nil }
            }
        }
        return octets == 4 ? result : nil
    }

    /// Eight groups, of which "::" stands for one or more and the last two may be an IPv4 address (RFC 4291 §2.2).
    private static func parse6(_ bytes: UnsafeRawBufferPointer) -> UInt128? {
        let colon = UInt8(ascii: ":")
        var front: (value: UInt128, count: Int)?
        var value: UInt128 = 0
        var count = 0
        var index = 0
        if bytes.starts(with: [colon, colon]) {
            front = (0, 0)
            index = 2
        }
        while index < bytes.count {
            let start = index
            var group: UInt128 = 0
            while index < bytes.count, let digit = PercentCoding.hexValue(bytes[index]) {
                guard index - start < 4 else { return nil }
                group = group << 4 | UInt128(digit)
                index += 1
            }
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                guard let last = parse4(UnsafeRawBufferPointer(rebasing: bytes[start...])) else { return nil }
                value = value << 32 | UInt128(last)
                count += 2
                break
            }
            guard index > start else { return nil }
            value = value << 16 | group
            count += 1
            guard index < bytes.count else { break }
            guard bytes[index] == colon, index + 1 < bytes.count, count < 8 else { return nil }
            index += 1
            if bytes[index] == colon {
                guard front == nil else { return nil }
                front = (value, count)
                (value, count) = (0, 0)
                index += 1
            }
        }
        guard let front else { return count == 8 ? value : nil }
        guard front.count + count < 8 else { return nil }
        return front.value << (16 * (8 - front.count)) | value
    }
}
