import HTTPSemantics

/// What `Content-Disposition` of a part says (RFC 7578 §4.2).
package struct ContentDisposition: Sendable, Hashable {
    package var name: String
    /// Of `filename*` where there is one (RFC 8187), else of `filename`.
    package var filename: String?

    /// Reads the value; `nil` when it is not `form-data` with one name, or has a parameter twice.
    package init?(_ value: UnsafeRawBufferPointer) {
        var reader = Reader(bytes: value)
        guard reader.token()?.lowercased() == "form-data", let parameters = reader.parameters() else { return nil }
        var name: String?
        var plain: String?
        var extended: String?
        for (parameter, value) in parameters {
            switch parameter {
            case "name": name = value.withUnsafeBytes(PercentCoding.text)
            case "filename": plain = value.withUnsafeBytes(PercentCoding.text)
            case "filename*": extended = Self.extended(value)
            default: break
            }
        }
        guard let name else { return nil }
        // One that cannot be read counts as not there, but what is a file must not become a field by it.
        if parameters["filename*"] != nil, plain == nil, extended == nil { return nil }
        self.name = name
        filename = extended ?? plain
    }

    /// `UTF-8'language'percent-encoded` (RFC 8187 §3.2); `nil` when it cannot be read, or hides control characters.
    private static func extended(_ value: [UInt8]) -> String? {
        let parts = value.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var bytes: [UInt8] = []
        var index = parts[2].startIndex
        while index < parts[2].endIndex {
            let byte = parts[2][index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < parts[2].endIndex, let high = PercentCoding.hexValue(parts[2][index]),
                    let low = PercentCoding.hexValue(parts[2][index + 1])
                else { return nil }
                bytes.append(high << 4 | low)
                index += 2
            } else {
                guard FieldSyntax.isTokenByte(byte) else { return nil }
                bytes.append(byte)
            }
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        switch String(decoding: parts[0], as: UTF8.self).lowercased() {
        case "utf-8": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(decoding: bytes.map { UInt16($0) }, as: UTF16.self)
        default: return nil
        }
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        mutating func skipBlanks() {
            while index < bytes.count, FieldSyntax.isBlank(bytes[index]) { index += 1 }
        }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func tokenBytes() -> [UInt8]? {
            let start = index
            while index < bytes.count, FieldSyntax.isTokenByte(bytes[index]) { index += 1 }
            return index > start ? Array(bytes[start..<index]) : nil
        }

        mutating func token() -> String? { tokenBytes().map { String(decoding: $0, as: UTF8.self) } }

        /// A quoted string. A backslash is an escape only before a quote or a backslash: browsers send file names with
        /// backslashes as they are.
        mutating func quoted() -> [UInt8]? {
            guard skip(UInt8(ascii: "\"")) else { return nil }
            var result: [UInt8] = []
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                if byte == UInt8(ascii: "\"") { return result }
                if byte == UInt8(ascii: "\\"), index < bytes.count,
                    bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "\\")
                {
                    result.append(bytes[index])
                    index += 1
                } else {
                    result.append(byte)
                }
            }
            return nil
        }

        /// The parameters up to the end; `nil` when something else is there, or one is there twice: others might take
        /// the other one.
        mutating func parameters() -> [String: [UInt8]]? {
            var result: [String: [UInt8]] = [:]
            while true {
                skipBlanks()
                guard index < bytes.count else { return result }
                guard skip(UInt8(ascii: ";")) else { return nil }
                skipBlanks()
                guard let name = token()?.lowercased() else { continue }
                skipBlanks()
                guard skip(UInt8(ascii: "=")) else { return nil }
                skipBlanks()
                guard let value = quoted() ?? tokenBytes(), result.updateValue(value, forKey: name) == nil else {
                    return nil
                }
            }
        }
    }
}
