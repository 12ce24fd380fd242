import HTTPSemantics
package import HTTPTypes

/// The head of a part.
package struct PartHead: Sendable {
    /// The name of the field or file.
    package let name: String
    /// The name of the file, as the client gave it; `nil` for a field.
    package let filename: String?
    package let headerFields: HTTPFields
    /// The bytes that came for the head.
    package let size: Int

    package var isFile: Bool { filename != nil }
}

/// Collects the header fields of a part.
struct PartHeadBuilder: Sendable {
    private var fields = HTTPFields()
    private var disposition: ContentDisposition?
    private var count = 0
    /// The bytes of the lines so far, with their ends.
    var size = 0

    /// Takes a line without its end.
    mutating func add(_ line: UnsafeRawBufferPointer, limits: MultipartLimits) throws(MultipartError) {
        count += 1
        guard count <= limits.headerFields else { throw .tooManyHeaderFields(limit: limits.headerFields) }
        // RFC 9112 §5.1: no blank before the colon. So a line that goes on with the one before is none.
        guard FieldSyntax.firstInvalidValueByte(in: line) == nil, let colon = line.firstIndex(of: UInt8(ascii: ":")),
            let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
        else { throw .headerField }
        let value = FieldSyntax.trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        switch name {
        case .contentDisposition:
            guard disposition == nil, let read = ContentDisposition(value) else { throw .disposition }
            disposition = read
        case .contentTransferEncoding:
            // RFC 7578 §4.7: senders must not use it. What would have to be decoded is not handed on as it is.
            let encoding = PercentCoding.text(value).lowercased()
            guard ["binary", "8bit", "7bit"].contains(encoding) else { throw .transferEncoding(encoding) }
        case .contentType:
            guard fields[.contentType] == nil else { throw .headerField }
        default: break
        }
        fields.append(HTTPField(name: name, lenientValue: value))
    }

    func finish() throws(MultipartError) -> PartHead {
        guard let disposition else { throw .disposition }
        return PartHead(name: disposition.name, filename: disposition.filename, headerFields: fields, size: size)
    }
}

extension HTTPField.Name {
    static let contentTransferEncoding = HTTPField.Name("Content-Transfer-Encoding") ?? .transferEncoding
}
