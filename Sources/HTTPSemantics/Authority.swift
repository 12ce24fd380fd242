/// The grammar of a host and port (RFC 3986 §3.2, RFC 9110 §7.2).
package enum Authority {
    /// Whether `bytes` can stand in a `Host` field: empty, or a host and an optional port. User information
    /// is refused (RFC 9110 §4.2.4).
    package static func isHostField(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let colon = split(bytes) else { return false }
        return colon == bytes.count || isPort(bytes, from: colon + 1, allowsEmpty: true)
    }

    /// Whether `bytes` are a host, a colon and a port: the authority form of CONNECT (RFC 9112 §3.2.3).
    package static func isHostAndPort(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let colon = split(bytes), colon > 0, colon < bytes.count else { return false }
        return isPort(bytes, from: colon + 1, allowsEmpty: false)
    }

    /// Where the colon before the port is, or the count when there is none; `nil` when the host is invalid.
    private static func split(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let first = bytes.first else { return 0 }
        if first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")),
                isIPv6Address(UnsafeRawBufferPointer(rebasing: bytes[1..<close]))
            else { return nil }
            let next = close + 1
            return next == bytes.count || bytes[next] == UInt8(ascii: ":") ? next : nil
        }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isRegNameByte(byte) {
                index &+= 1
            } else if byte == UInt8(ascii: ":") {
                return index > 0 ? index : nil
            } else {
                // RFC 3986 §2.1.
                guard byte == UInt8(ascii: "%"), index + 2 < bytes.count,
                    PercentCoding.hexValue(bytes[index + 1]) != nil, PercentCoding.hexValue(bytes[index + 2]) != nil
                else { return nil }
                index &+= 3
            }
        }
        return bytes.count
    }

    /// Eight groups of hexadecimal digits, of which "::" stands for one or more and the last two may be an IPv4
    /// address (RFC 3986 §3.2.2). A zone has no place in a request.
    package static func isIPv6Address(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var groups = 0
        var isShortened = false
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: ":") {
                guard index + 1 < bytes.count else { return false }
                if bytes[index + 1] == UInt8(ascii: ":") {
                    guard !isShortened else { return false }
                    isShortened = true
                    index += 2
                    if index == bytes.count { break }
                } else {
                    guard groups > 0 else { return false }
                    index += 1
                }
            } else if groups > 0 {
                return false
            }
            let start = index
            while index < bytes.count, PercentCoding.hexValue(bytes[index]) != nil { index += 1 }
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                guard isIPv4Address(UnsafeRawBufferPointer(rebasing: bytes[start...])) else { return false }
                groups += 2
                index = bytes.count
            } else {
                guard index > start, index - start <= 4 else { return false }
                groups += 1
            }
        }
        return isShortened ? groups < 8 : groups == 8
    }

    /// Four numbers below 256, without leading zeros, with dots between them (RFC 3986 §3.2.2).
    private static func isIPv4Address(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var octets = 0
        var digits = 0
        var value = 0
        for byte in bytes {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, octets < 3 else { return false }
                octets += 1
                digits = 0
                value = 0
            } else {
                guard byte &- 0x30 < 10, digits == 0 || value > 0 else { return false }
                digits += 1
                value = value * 10 + Int(byte &- 0x30)
                guard value < 256 else { return false }
            }
        }
        return octets == 3 && digits > 0
    }

    private static func isPort(_ bytes: UnsafeRawBufferPointer, from start: Int, allowsEmpty: Bool) -> Bool {
        let count = bytes.count - start
        guard count <= 5, allowsEmpty || count > 0 else { return false }
        var port = 0
        for index in start..<bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return false }
            port = port &* 10 &+ Int(digit)
        }
        return port <= 65535
    }

    // One bit per ASCII character: unreserved and sub-delims (RFC 3986 §3.2.2).
    private static var regNameLow: UInt64 { 0x2BFF_7FD2_0000_0000 }
    private static var regNameHigh: UInt64 { 0x47FF_FFFE_87FF_FFFE }

    @inline(__always)
    private static func isRegNameByte(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? regNameLow : regNameHigh
        return byte < 128 && (bits >> UInt64(byte & 63)) & 1 == 1
    }
}
