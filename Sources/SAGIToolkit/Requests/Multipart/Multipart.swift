import HTTPSemantics
import HTTPTypes
import NIOCore

/// The parts of a `multipart/form-data` request, one after the other as they arrive.
///
/// ```swift
/// for try await part in try request.multipart(MultipartLimits { $0.fileBytes = 5 << 30 }) {
///     if part.isFile { try await part.write(to: "uploads/\(UUID())") } else { note(part.name, try await part.text()) }
/// }
/// ```
///
/// Nothing is held: while nobody reads, the client has to wait. What is left of a part is skipped when the next one is
/// asked for. After a failure, of the content or of a file that is written, every further call throws it again.
/// ``Request/formData(_:spoolingAbove:in:)`` is simpler where the parts are small, or may be on disk.
public struct Multipart: AsyncSequence, Sendable {
    public typealias Element = MultipartPart
    public typealias Failure = any Error

    let reader: MultipartReader

    /// Begins to read. The first element throws ``RequestBodyError/alreadyRead`` when the content has been read.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: reader) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let reader: MultipartReader
        private var hasBegun = false

        fileprivate init(reader: MultipartReader) { self.reader = reader }

        public mutating func next() async throws -> MultipartPart? {
            if !hasBegun {
                try reader.begin()
                hasBegun = true
            }
            return try await reader.nextPart()
        }
    }
}

extension Request {
    /// The content as `multipart/form-data` (RFC 7578), part by part.
    ///
    /// - Parameter limits: how much is taken; see ``MultipartLimits`` for the defaults.
    /// - Throws: ``MultipartError``: 415 when `Content-Type` says something else, 400 when its boundary is missing or
    ///   not valid, 413 when `Content-Length` is beyond the limit. The sequence throws it too, and
    ///   ``RequestBodyError``.
    public func multipart(_ limits: MultipartLimits = MultipartLimits()) throws -> Multipart {
        guard let contentType, contentType.essence == "multipart/form-data" else { throw MultipartError.notMultipart }
        let boundaries = contentType.parameters.filter { $0.name == "boundary" }
        guard boundaries.count == 1, let boundary = boundaries.first?.value else { throw MultipartError.boundary }
        if let contentLength, contentLength > limits.totalBytes {
            throw MultipartError.tooLarge(limit: limits.totalBytes)
        }
        return Multipart(reader: MultipartReader(body, try MultipartParser(boundary: boundary, limits: limits)))
    }
}
