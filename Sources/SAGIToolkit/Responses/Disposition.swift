import HTTPSemantics

/// What a browser does with content, and the name that it saves it under: the value of `Content-Disposition`
/// (RFC 6266).
///
/// ```swift
/// response[.contentDisposition] = Disposition.attachment(filename: "Übersicht.pdf").description
/// ```
public struct Disposition: Sendable, Hashable, CustomStringConvertible {
    /// "inline" or "attachment".
    let type: String
    /// The name; `nil` for none.
    public var filename: String?

    /// Shows it, and saves it under that name if it is saved.
    public static func inline(filename: String? = nil) -> Disposition {
        Disposition(type: "inline", filename: filename)
    }

    /// Saves it, under that name.
    public static func attachment(filename: String? = nil) -> Disposition {
        Disposition(type: "attachment", filename: filename)
    }

    /// The value of the field. Of a name that is a path only what follows the last separator is told; a name that is
    /// not plain ASCII comes twice: exactly (RFC 8187), and for older clients with `_` for what they would not
    /// understand.
    public var description: String {
        guard let filename, let name = Self.plain(filename) else { return type }
        let fallback = String(
            String.UnicodeScalarView(name.unicodeScalars.map { Self.isPlain($0) ? $0 : "_" }))
        let value = "\(type); filename=\"\(fallback)\""
        guard fallback != name else { return value }
        return value + "; filename*=UTF-8''" + PercentCoding.encode(name, allowing: "!#$&+^`|")
    }

    /// The last part of a path, without control characters; `nil` when nothing is left that could name a file.
    private static func plain(_ name: String) -> String? {
        let last = name.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? []
        let kept = last.filter { $0.properties.generalCategory != .control && $0.properties.generalCategory != .format }
        let result = String(String.UnicodeScalarView(kept))
        return result.isEmpty || result == "." || result == ".." ? nil : result
    }

    /// What every client understands between quotes (RFC 6266, appendix D).
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\" && scalar != "%"
    }
}
