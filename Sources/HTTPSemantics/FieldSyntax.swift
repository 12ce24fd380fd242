/// The character classes of RFC 9110 §5.5 and §5.6.2, shared by every engine.
@usableFromInline
package enum FieldSyntax {
    // One bit per ASCII character: "!#$%&'*+-.^_`|~", digits and letters (RFC 9110 §5.6.2, tchar).
    @inlinable static var tokenLow: UInt64 { 0x03FF_6CFA_0000_0000 }
    @inlinable static var tokenHigh: UInt64 { 0x57FF_FFFF_C7FF_FFFE }

    /// Whether `byte` may stand in a token: a method, a field name, a chunk extension's name.
    @inlinable @inline(__always)
    package static func isTokenByte(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? tokenLow : tokenHigh
        return byte < 128 && (bits >> UInt64(byte & 63)) & 1 == 1
    }

    package static func isToken(_ bytes: some Sequence<UInt8>) -> Bool {
        var isEmpty = true
        for byte in bytes {
            guard isTokenByte(byte) else { return false }
            isEmpty = false
        }
        return !isEmpty
    }

    /// The offset of the first byte that may not stand in a field value: a control character other
    /// than HTAB (RFC 9110 §5.5). `nil` when there is none.
    ///
    /// Eight bytes are looked at together; a flagged byte is then checked on its own.
    @inlinable @inline(__always)
    package static func firstInvalidValueByte(
        in bytes: UnsafeRawBufferPointer, from start: Int = 0
    ) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var index = start
        let count = bytes.count
        while index < count {
            while index &+ 8 <= count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let delete = word ^ (ones &* 0x7F)
                let controls = (word &- (ones &* 0x20)) & ~word
                let deletes = (delete &- ones) & ~delete
                let flagged = (controls | deletes) & highs
                if flagged == 0 {
                    index &+= 8
                } else {
                    index &+= UInt64(littleEndian: flagged).trailingZeroBitCount >> 3
                    break
                }
            }
            guard index < count else { return nil }
            let byte = bytes[index]
            if (byte < 0x20 && byte != 0x09) || byte == 0x7F { return index }
            index &+= 1
        }
        return nil
    }

    /// Whether `bytes` can be sent as a field value.
    package static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        firstInvalidValueByte(in: bytes) == nil
    }

    /// Whether two byte strings are equal when ASCII letters are compared without case.
    @inlinable @inline(__always)
    package static func equalIgnoringCase(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count {
            let a = left[index]
            let b = right[index]
            if a == b { continue }
            guard a ^ b == 0x20, (a | 0x20) &- 0x61 < 26 else { return false }
        }
        return true
    }

    /// Whether `bytes` equal `lowercased`, ASCII letters compared without case.
    @inlinable @inline(__always)
    package static func equal(_ bytes: UnsafeRawBufferPointer, lowercased: StaticString) -> Bool {
        equalIgnoringCase(
            bytes, UnsafeRawBufferPointer(start: lowercased.utf8Start, count: lowercased.utf8CodeUnitCount))
    }

    /// `bytes` without leading and trailing SP and HTAB (RFC 9110 §5.6.3, OWS).
    @inlinable @inline(__always)
    package static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var low = 0
        var high = bytes.count
        while low < high, isBlank(bytes[low]) { low &+= 1 }
        while high > low, isBlank(bytes[high &- 1]) { high &-= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[low..<high])
    }

    @inlinable @inline(__always)
    package static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// The elements of a list (RFC 9110 §5.6.1) without the white space around them. Empty elements are skipped;
/// quoted strings are not known.
package struct ListElements: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private let separator: UInt8
    private var index = 0

    package init(_ bytes: UnsafeRawBufferPointer, separator: UInt8 = UInt8(ascii: ",")) {
        self.bytes = bytes
        self.separator = separator
    }

    package mutating func next() -> UnsafeRawBufferPointer? {
        while index < bytes.count {
            let start = index
            while index < bytes.count, bytes[index] != separator { index += 1 }
            let element = FieldSyntax.trimmed(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            index += 1
            if !element.isEmpty { return element }
        }
        return nil
    }
}
