/// Percent-decoding and -encoding (RFC 3986 §2.1).
package enum PercentCoding {
    /// `bytes` with every well-formed escape decoded, read as UTF-8.
    ///
    /// Escapes are decoded once. When the decoded bytes are no valid UTF-8, each of them stands for the
    /// character with the same number (ISO 8859-1), so that nothing is lost and nothing is refused.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.contains(UInt8(ascii: "%")) else { return text(bytes) }
        let decoded = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
            var index = 0
            while index < bytes.count {
                if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                    let high = hexValue(bytes[index + 1]), let low = hexValue(bytes[index + 2])
                {
                    output[count] = high << 4 | low
                    index += 3
                } else {
                    output[count] = bytes[index]
                    index += 1
                }
                count += 1
            }
        }
        return decoded.withUnsafeBytes { text($0) }
    }

    package static func decode(_ text: some StringProtocol) -> String {
        var copy = String(text)
        return copy.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
    }

    /// `bytes` as UTF-8, or as ISO 8859-1 when they are no UTF-8.
    package static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        if isASCII(bytes) { return String(decoding: bytes, as: UTF8.self) }
        return String(validating: bytes, as: UTF8.self) ?? String(decoding: bytes.map { UInt16($0) }, as: UTF16.self)
    }

    @usableFromInline
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] & 0x80 != 0 { return false }
            index &+= 1
        }
        return true
    }

    /// `text` with every byte escaped that is neither unreserved nor in `allowed` (RFC 3986 §2.3).
    package static func encode(_ text: String, allowing allowed: StaticString = "/") -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        let extra = UnsafeBufferPointer(start: allowed.utf8Start, count: allowed.utf8CodeUnitCount)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            case _ where extra.contains(byte):
                result.append(byte)
            default:
                result += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    @inline(__always)
    package static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
