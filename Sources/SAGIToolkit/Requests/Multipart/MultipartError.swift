public import HTTPTypes

/// What is wrong with `multipart/form-data` content, as its sender is told.
///
/// After one of these nothing more is read of the content: asking again throws it again.
public enum MultipartError: Error, Sendable, Hashable, CustomStringConvertible, HTTPStatusError {
    /// The content is something else. 415.
    case notMultipart
    /// The boundary in `Content-Type` is missing, there twice, or none (RFC 2046 §5.1.1). 400.
    case boundary
    /// The content ends before the end that the boundary marks. 400.
    case incomplete
    /// A boundary is followed by something else than the end of its line (RFC 2046 §5.1.1). 400.
    case delimiter
    /// A header section has a line that is no header field, or one with a byte that may not be there. 400.
    case headerField
    /// A part has no `Content-Disposition: form-data` with a name, or more than one, or one that cannot be read
    /// (RFC 7578 §4.2). 400.
    case disposition
    /// A part came in an encoding that is not undone here (RFC 7578 §4.7). 415.
    case transferEncoding(String)
    /// A field in another charset than UTF-8. 415.
    case charset(String)
    /// The field of that name is not valid UTF-8. 400.
    case text(field: String)

    /// Beyond ``MultipartLimits/totalBytes``. 413.
    case tooLarge(limit: Int)
    /// Beyond ``MultipartLimits/parts``. 413.
    case tooManyParts(limit: Int)
    /// Beyond ``MultipartLimits/fields``. 413.
    case tooManyFields(limit: Int)
    /// Beyond ``MultipartLimits/files``. 413.
    case tooManyFiles(limit: Int)
    /// Beyond ``MultipartLimits/fieldBytes``. 413.
    case fieldTooLarge(name: String, limit: Int)
    /// Beyond ``MultipartLimits/fileBytes``. 413.
    case fileTooLarge(name: String, limit: Int)
    /// Beyond ``MultipartLimits/headerBytes``. 413.
    case headerTooLarge(limit: Int)
    /// Beyond ``MultipartLimits/headerFields``. 413.
    case tooManyHeaderFields(limit: Int)
    /// Beyond ``MultipartLimits/memory``. 413.
    case memory(limit: Int)

    public var status: HTTPResponse.Status {
        switch self {
        case .notMultipart, .transferEncoding, .charset: .unsupportedMediaType
        case .boundary, .incomplete, .delimiter, .headerField, .disposition, .text: .badRequest
        case .tooLarge, .tooManyParts, .tooManyFields, .tooManyFiles, .fieldTooLarge, .fileTooLarge, .headerTooLarge,
            .tooManyHeaderFields, .memory:
            .contentTooLarge
        }
    }

    public var detail: String? { description }

    public var description: String {
        switch self {
        case .notMultipart: "This takes multipart/form-data."
        case .boundary: "The boundary of the multipart content is missing or not valid."
        case .incomplete: "The multipart content ends before its last part does."
        case .delimiter: "A boundary of the multipart content is followed by something else than the end of its line."
        case .headerField: "A part of the multipart content has a malformed header field."
        case .disposition: "A part of the multipart content has no valid Content-Disposition with a name."
        case .transferEncoding(let name): "A part has the transfer encoding \(name), which is not taken here."
        case .charset(let name): "Fields are read as UTF-8 here, and one is \(name)."
        case .text(let field): "The field \"\(field)\" is not valid UTF-8."
        case .tooLarge(let limit): "The content has more than \(limit) bytes."
        case .tooManyParts(let limit): "The multipart content has more than \(limit) parts."
        case .tooManyFields(let limit): "The multipart content has more than \(limit) fields."
        case .tooManyFiles(let limit): "The multipart content has more than \(limit) files."
        case .fieldTooLarge(let name, let limit): "The field \"\(name)\" has more than \(limit) bytes."
        case .fileTooLarge(let name, let limit): "The file \"\(name)\" has more than \(limit) bytes."
        case .headerTooLarge(let limit): "A part has a header section of more than \(limit) bytes."
        case .tooManyHeaderFields(let limit): "A part has more than \(limit) header fields."
        case .memory(let limit): "The fields of the multipart content have more than \(limit) bytes together."
        }
    }
}

/// A mistake of the application in reading parts.
public enum PartReadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The next part has been asked for; what was left of this one has been skipped.
    case passed
    /// Somebody has read this part already, or is about to.
    case alreadyRead
    /// Two tasks read the same content at once.
    case concurrent

    public var description: String {
        switch self {
        case .passed: "This part is gone: the next one has been asked for, which skips what was left of it."
        case .alreadyRead: "This part has been read already; it can be read once."
        case .concurrent: "Another task reads the parts of this request at the same time."
        }
    }
}
