/// Reads the value of a structured-by-custom field from its start: tokens, quoted strings and parameters
/// (RFC 9110 §5.6).
package struct FieldScanner {
    private let bytes: [UInt8]
    private var index = 0

    package init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    package var isAtEnd: Bool { index == bytes.count }

    package mutating func skipBlanks() {
        while index < bytes.count, FieldSyntax.isBlank(bytes[index]) { index += 1 }
    }

    /// Steps over `byte`; false when another one is next.
    package mutating func skip(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// A token (§5.6.2); `nil` when none is next.
    package mutating func token() -> String? {
        let start = index
        while index < bytes.count, FieldSyntax.isTokenByte(bytes[index]) { index += 1 }
        return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    /// A quoted string without its quotes and escapes (§5.6.4); `nil` when none is next, or it does not end.
    package mutating func quotedString() -> String? {
        guard skip(UInt8(ascii: "\"")) else { return nil }
        var result: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard index < bytes.count else { return nil }
                result.append(bytes[index])
                index += 1
            default: result.append(byte)
            }
        }
        return nil
    }

    /// The parameters up to the end (§5.6.6): `; name=value`, with names in lower case. `nil` when something else
    /// is there.
    package mutating func parameters() -> [(name: String, value: String)]? {
        var result: [(name: String, value: String)] = []
        while true {
            skipBlanks()
            guard !isAtEnd else { return result }
            guard skip(UInt8(ascii: ";")) else { return nil }
            skipBlanks()
            // An empty parameter is allowed.
            guard let name = token() else { continue }
            guard skip(UInt8(ascii: "=")), let value = quotedString() ?? token() else { return nil }
            result.append((name.lowercased(), value))
        }
    }

    /// `value` as a token, or as a quoted string where it is none.
    package static func quoteIfNeeded(_ value: String) -> String {
        guard value.isEmpty || !value.utf8.allSatisfy(FieldSyntax.isTokenByte) else { return value }
        return "\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
