import HTTPSemantics
import NIOCore
import SAGI

/// The fields and files of a `multipart/form-data` request.
public struct FormData: Sendable {
    /// The fields, in their order.
    public var fields: Parameters
    /// The files, in their order. A file field in which the user chose nothing is not among them.
    public var files: [Upload]

    public init(fields: Parameters = Parameters(), files: [Upload] = []) {
        self.fields = fields
        self.files = files
    }

    /// The first value of the field of that name; `nil` when there is none.
    public subscript(_ name: String) -> String? { fields[name] }

    /// The first file of that name; `nil` when there is none.
    public func file(_ name: String) -> Upload? { files.first { $0.name == name } }

    /// All files of that name.
    public func files(_ name: String) -> [Upload] { files.filter { $0.name == name } }

    /// The fields as a value; see ``Parameters/decode(_:)``.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value { try fields.decode(type) }
}

extension Request {
    /// The content as `multipart/form-data` (RFC 7578), all of it: fields in memory, files in memory or on disk.
    ///
    /// ```swift
    /// let form = try await request.formData(MultipartLimits { $0.files = 1 })
    /// guard let photo = form.file("photo") else { throw HTTPError(.badRequest, "A photo is wanted.") }
    /// try await photo.move(to: "photos/\(id).jpeg")
    /// ```
    ///
    /// - Parameters:
    ///   - limits: how much is taken; see ``MultipartLimits`` for the defaults.
    ///   - threshold: files with more bytes than that go to disk. Default 64 KiB. Smaller ones do too when
    ///     ``MultipartLimits/memory`` would not hold them.
    ///   - directory: where temporary files lie, which have no name. Default: `TMPDIR`, else `/tmp`.
    /// - Throws: ``MultipartError`` 400, 413 or 415; ``RequestBodyError``; ``FileWriteError`` when there is no room for
    ///   a temporary file.
    public nonisolated(nonsending) func formData(
        _ limits: MultipartLimits = MultipartLimits(), spoolingAbove threshold: Int = 64 << 10,
        in directory: String? = nil
    ) async throws -> FormData {
        var form = FormData()
        var memory = limits.memory
        let directory = directory ?? TemporaryFile.defaultDirectory
        for try await part in try multipart(limits) {
            memory -= part.head.size
            guard memory >= 0 else { throw MultipartError.memory(limit: limits.memory) }
            if part.isFile {
                let upload = try await part.upload(min(threshold, memory), directory)
                if !upload.isOnDisk { memory -= upload.size }
                // A file field in which nothing was chosen.
                if upload.filename.isEmpty, upload.size == 0 { continue }
                form.files.append(upload)
            } else {
                let text = try await part.field(upTo: min(memory, limits.fieldBytes), limits)
                memory -= text.utf8.count
                form.fields.items.append(.init(name: part.name, value: text))
                // RFC 7578 §4.6: what the other fields are in.
                if part.name == "_charset_", !MultipartPart.isUTF8(text) { throw MultipartError.charset(text) }
            }
        }
        return form
    }
}

extension MultipartPart {
    fileprivate nonisolated(nonsending) func field(upTo limit: Int, _ limits: MultipartLimits) async throws -> String {
        do {
            return try await text(upTo: limit)
        } catch MultipartError.fieldTooLarge where limit < limits.fieldBytes {
            throw MultipartError.memory(limit: limits.memory)
        }
    }

    /// Reads everything: up to `threshold` bytes into memory, more into a temporary file.
    fileprivate nonisolated(nonsending) func upload(_ threshold: Int, _ directory: String) async throws -> Upload {
        var size = 0
        var memory = ByteBuffer()
        var file: TemporaryFile?
        for try await bytes in self {
            size += bytes.readableBytes
            if let file {
                try await offLoop { try file.write(bytes) }
            } else if size <= threshold {
                memory.writeImmutableBuffer(bytes)
            } else {
                let begun = memory
                memory = ByteBuffer()
                file = try await offLoop {
                    let file = try TemporaryFile(in: directory)
                    try file.write(begun)
                    try file.write(bytes)
                    return file
                }
            }
        }
        return Upload(head, file.map(Upload.Content.disk) ?? .memory(memory), size: size)
    }
}
