import HTTPTypes
import NIOCore

extension Request {
    /// The content as a form, `application/x-www-form-urlencoded`.
    ///
    /// - Parameters:
    ///   - limit: the greatest number of bytes. Default 1 MiB.
    ///   - fieldLimit: the greatest number of fields. Default 1000.
    /// - Throws: ``HTTPError`` 415 when `Content-Type` says that it is something else, 413 when it is too long or has
    ///   too many fields, 400 when it is no UTF-8; ``RequestBodyError``.
    public nonisolated(nonsending) func form(
        upTo limit: Int = defaultLimit, fields fieldLimit: Int = 1000
    ) async throws -> Parameters {
        guard contentType?.essence == "application/x-www-form-urlencoded" else {
            throw HTTPError(.unsupportedMediaType, "This takes application/x-www-form-urlencoded.")
        }
        let bytes = try await body.collect(upTo: limit)
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw HTTPError(.badRequest, "The content is not valid UTF-8.")
        }
        // Before a name is made of them: a field can be one byte long.
        guard text.utf8.split(separator: UInt8(ascii: "&"), maxSplits: fieldLimit).count <= fieldLimit else {
            throw HTTPError(.contentTooLarge, "The form has more than \(fieldLimit) fields.")
        }
        return try Parameters(strictly: text)
    }

    /// The content as a form, `application/x-www-form-urlencoded`, as a value; see ``Parameters/decode(_:)``.
    ///
    /// - Throws: what ``form(upTo:fields:)`` does, and ``HTTPError`` 400 with the name of the parameter that is missing
    ///   or not valid.
    public nonisolated(nonsending) func form<Value: Decodable>(
        as type: Value.Type, upTo limit: Int = defaultLimit, fields fieldLimit: Int = 1000
    ) async throws -> Value {
        try await form(upTo: limit, fields: fieldLimit).decode(type)
    }
}
