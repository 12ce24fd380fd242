import HTTPSemantics
public import HTTPTypes
public import NIOCore

/// A field or a file of a ``Multipart`` request: its head, and its content as it arrives, which can be read once.
///
/// It can be read until the next part is asked for.
public struct MultipartPart: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    public typealias Failure = any Error

    let head: PartHead
    let number: Int
    let reader: MultipartReader

    /// The name of the field or file; not unique, and possibly empty.
    public var name: String { head.name }
    /// The name of the file as the client gave it, of `filename*` (RFC 8187) where there is one; `nil` for a field.
    /// It may hold directories and anything else: see ``basename``.
    public var filename: String? { head.filename }
    /// The last part of ``filename``; see ``Upload/basename``.
    public var basename: String? { head.filename.flatMap(Upload.basename) }
    /// Whether this is a file: whether it has a ``filename``, which may be empty.
    public var isFile: Bool { head.isFile }
    /// The header fields.
    public var headerFields: HTTPFields { head.headerFields }
    /// The media type, as the client tells it; `nil` without a valid `Content-Type`.
    public var contentType: MediaType? { head.headerFields[.contentType].flatMap(MediaType.init) }

    /// Begins to read. The first element throws ``PartReadError`` when the part has been read already, or is gone.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(part: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let part: MultipartPart
        private var hasBegun = false

        fileprivate init(part: MultipartPart) { self.part = part }

        public mutating func next() async throws -> ByteBuffer? {
            if !hasBegun {
                try part.reader.beginPart(part.number)
                hasBegun = true
            }
            return try await part.reader.nextBytes(ofPart: part.number)
        }
    }

    /// Reads everything.
    ///
    /// - Parameter limit: the greatest number of bytes; the limits of the ``Multipart`` hold too. Default 1 MiB.
    /// - Throws: ``MultipartError`` 413 when there is more, or as it is read; ``PartReadError``; ``RequestBodyError``.
    public nonisolated(nonsending) func collect(upTo limit: Int = Request.defaultLimit) async throws -> ByteBuffer {
        try reader.beginPart(number)
        // A buffer of its own: a piece keeps the memory of all that came with it.
        var whole = ByteBuffer()
        while let bytes = try await reader.nextBytes(ofPart: number) {
            guard whole.readableBytes + bytes.readableBytes <= limit else { throw tooLarge(limit) }
            whole.writeImmutableBuffer(bytes)
        }
        return whole
    }

    /// Reads everything as text.
    ///
    /// - Parameter limit: the greatest number of bytes; the limits of the ``Multipart`` hold too. Default 1 MiB.
    /// - Throws: ``MultipartError``: 413 when there is more, 415 when the part names another charset than UTF-8, 400
    ///   when it is no UTF-8; ``PartReadError``; ``RequestBodyError``.
    public nonisolated(nonsending) func text(upTo limit: Int = Request.defaultLimit) async throws -> String {
        if let charset = contentType?["charset"], !Self.isUTF8(charset) { throw MultipartError.charset(charset) }
        let bytes = try await collect(upTo: limit)
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw MultipartError.text(field: name)
        }
        return text
    }

    /// Writes everything to a new file that only its owner may read and write.
    ///
    /// The file must not exist: nothing is overwritten, and no symbolic link is followed. On any failure it is removed,
    /// and the ``Multipart`` throws the same from then on.
    ///
    /// - Parameters:
    ///   - path: where. Do not make it of ``filename``.
    ///   - limit: the greatest number of bytes; `nil`, the default, for the limits of the ``Multipart`` alone.
    /// - Returns: the number of bytes.
    /// - Throws: ``FileWriteError``; ``MultipartError``; ``PartReadError``; ``RequestBodyError``.
    @discardableResult
    public nonisolated(nonsending) func write(to path: String, upTo limit: Int? = nil) async throws -> Int {
        try reader.beginPart(number)
        do {
            var count = 0
            return try await NewFile.write(to: path) {
                guard let bytes = try await reader.nextBytes(ofPart: number) else { return nil }
                count += bytes.readableBytes
                if let limit, count > limit { throw tooLarge(limit) }
                return bytes
            }
        } catch {
            reader.fail(error)
            throw error
        }
    }

    private func tooLarge(_ limit: Int) -> MultipartError {
        let error: MultipartError =
            isFile ? .fileTooLarge(name: name, limit: limit) : .fieldTooLarge(name: name, limit: limit)
        reader.fail(error)
        return error
    }

    static func isUTF8(_ charset: String) -> Bool { ["utf-8", "utf8", "us-ascii"].contains(charset.lowercased()) }
}
