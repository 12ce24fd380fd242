import CPlatform
public import HTTPTypes
public import NIOCore
import SAGI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file of a form, as ``Request/formData(_:spoolingAbove:in:)`` keeps it: in memory when it is small, else in a
/// temporary file without a name. It is gone when nobody holds the upload any more.
public final class Upload: Sendable {
    enum Content: Sendable {
        case memory(ByteBuffer)
        case disk(TemporaryFile)
    }

    /// The name of the form's field; not unique.
    public let name: String
    /// The name of the file as the client gave it, which may hold directories and anything else.
    public let filename: String
    /// The header fields of the part.
    public let headerFields: HTTPFields
    /// The number of bytes.
    public let size: Int
    let content: Content
    private let hasMoved = Atomic(false)

    init(_ head: PartHead, _ content: Content, size: Int) {
        name = head.name
        filename = head.filename ?? ""
        headerFields = head.headerFields
        self.content = content
        self.size = size
    }

    /// The media type, as the client tells it; `nil` without a valid `Content-Type`.
    public var contentType: MediaType? { headerFields[.contentType].flatMap(MediaType.init) }

    /// Whether it lies on disk.
    public var isOnDisk: Bool {
        if case .disk = content { true } else { false }
    }

    /// ``filename`` without directories, whether they are written as on Unix or as on Windows, and without control
    /// characters; `nil` when nothing is left, or only dots.
    ///
    /// It is still the client's choice: ".htaccess" or "index.html" may do harm in a directory that is served.
    public var basename: String? { Self.basename(filename) }

    static func basename(_ filename: String) -> String? {
        var name = Substring(filename)
        if let slash = name.lastIndex(where: { $0 == "/" || $0 == "\\" }) { name = name[name.index(after: slash)...] }
        // "C:notes.txt" is a file in the current directory of a drive.
        if name.dropFirst().first == ":", let drive = name.first, drive.isASCII, drive.isLetter {
            name = name.dropFirst(2)
        }
        let result = String(name.unicodeScalars.filter { $0.properties.generalCategory != .control })
        return result.allSatisfy { $0 == "." } ? nil : result
    }

    /// The content.
    ///
    /// - Throws: ``FileWriteError`` when the temporary file cannot be read.
    public nonisolated(nonsending) func bytes() async throws -> ByteBuffer {
        switch content {
        case .memory(let bytes): return bytes
        case .disk(let file): return try await offLoop { [size] in try file.read(count: size) }
        }
    }

    /// Puts the content into a new file that only its owner may read and write.
    ///
    /// The file must not exist: nothing is overwritten, and no symbolic link is followed. Where it lies in the same
    /// file system as the temporary file, nothing is copied. The upload can still be read after it.
    ///
    /// - Parameter path: where. Do not make it of ``filename``.
    /// - Throws: ``FileWriteError``.
    public nonisolated(nonsending) func move(to path: String) async throws {
        switch content {
        case .memory(let bytes):
            var rest: ByteBuffer? = bytes
            _ = try await NewFile.write(to: path) {
                defer { rest = nil }
                return rest
            }
        case .disk(let file):
            // A second name would be the same file, and change with it: from the second time on, it is a copy.
            let mayLink = !hasMoved.exchange(true, ordering: .relaxed)
            try await offLoop { [size] in
                if mayLink, try file.link(to: path) { return }
                try file.copy(to: path, count: size)
            }
        }
    }
}

/// A file without a name, gone when it is closed. All of it blocks.
final class TemporaryFile: Sendable {
    private let descriptor: Descriptor
    private let directory: String

    init(in directory: String) throws(FileWriteError) {
        self.directory = directory
        #if os(Linux) || os(Android)
            // O_TMPFILE, which the C library shows only to those who ask for GNU extensions.
            let raw = open(directory, 0o20000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600)
            if raw >= 0 {
                descriptor = Descriptor(raw)
                return
            }
        #endif
        // A file system without them: a name that nobody can guess, for a moment.
        let path = "\(directory)/.sagi-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let named = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard named >= 0 else { throw FileWriteError(directory, code: errno) }
        descriptor = Descriptor(named)
        _ = unlink(path)
    }

    /// Where temporary files go when nobody says: `TMPDIR`, else `/tmp`.
    static var defaultDirectory: String {
        guard let value = getenv("TMPDIR"), value.pointee != 0 else { return "/tmp" }
        return String(cString: value)
    }

    func write(_ bytes: ByteBuffer) throws(FileWriteError) {
        if let code = descriptor.write(bytes) { throw FileWriteError("in \(directory)", code: code) }
    }

    func read(count: Int) throws(FileWriteError) -> ByteBuffer {
        guard let bytes = descriptor.read(count: count) else { throw FileWriteError("in \(directory)", code: errno) }
        return bytes
    }

    /// Gives the file a name; false when that cannot be done here, so that it has to be copied.
    func link(to path: String) throws(FileWriteError) -> Bool {
        #if os(Linux) || os(Android)
            guard !path.utf8.contains(0) else { throw .failed(path: path, reason: "its name has a NUL") }
            let own = "/proc/self/fd/\(descriptor.raw)"
            if linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return true }
            if errno == EEXIST { throw .exists(path: path) }
        #endif
        return false
    }

    func copy(to path: String, count: Int) throws {
        let file = try NewFile(path)
        do {
            var offset = 0
            while offset < count {
                let piece = min(count - offset, 1 << 18)
                guard let bytes = descriptor.read(count: piece, from: offset) else {
                    throw FileWriteError("in \(directory)", code: errno)
                }
                try file.write(bytes)
                offset += piece
            }
            try file.check()
        } catch {
            file.remove()
            throw error
        }
    }
}
