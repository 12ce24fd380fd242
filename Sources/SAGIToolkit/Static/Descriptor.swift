import CPlatform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open file descriptor, closed when nobody holds it any more.
final class Descriptor: Sendable {
    let raw: CInt

    /// Takes over a descriptor.
    init(_ raw: CInt) { self.raw = raw }

    deinit { _ = close(raw) }

    /// Opens the directory at the root of a tree. The path is the operator's: its links are followed.
    static func root(_ path: String) throws(FileSystemError) -> Descriptor? {
        try opened { open(path, lookUpFlags | O_DIRECTORY) }
    }

    /// Opens the entry `name` for looking at it: nothing is read, a link is not followed, and a pipe or a device is
    /// not woken.
    func look(at name: String) throws(FileSystemError) -> Descriptor? {
        try Self.opened { openat(raw, name, Self.lookUpFlags | Self.noFollowFlags) }
    }

    /// Opens the entry `name` for reading. It must be a regular file when it was looked at; should it have been
    /// replaced since, opening neither follows a link nor waits for the other end of a pipe.
    func read(_ name: String) throws(FileSystemError) -> Descriptor? {
        try Self.opened { openat(raw, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) }
    }

    /// Opens a file of the operator's for reading, links followed. A pipe is not waited for.
    static func file(_ path: String) throws(FileSystemError) -> Descriptor? {
        try opened { open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) }
    }

    /// What is open here.
    func status() throws(FileSystemError) -> FileStatus { try FileStatus(of: raw) }

    /// Where the link `name` points; `nil` when it is no link, or points to something that is no text.
    func target(ofLink name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                bytes.baseAddress.map { readlinkat(raw, name, $0, bytes.count) } ?? -1
            }
        }
        // A target that fills the buffer may have been cut off.
        guard count > 0, count < buffer.count else { return nil }
        return String(validating: buffer.prefix(count), as: UTF8.self)
    }

    /// The names of up to `limit` entries of this directory that `isIncluded` accepts, in no order, and whether
    /// there are more.
    func names(limit: Int, where isIncluded: (String) -> Bool) throws(FileSystemError) -> ([String], isCut: Bool) {
        // Descriptors for looking cannot be read from.
        let readable = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard readable >= 0 else {
            if FileSystemError.isAbsence(errno) { return ([], false) }
            throw FileSystemError(code: errno)
        }
        guard let stream = fdopendir(readable) else {
            let code = errno
            _ = close(readable)
            throw FileSystemError(code: code)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, isIncluded(name) else { continue }
            guard names.count < limit else { return (names, true) }
            names.append(name)
        }
        return (names, false)
    }

    private static func opened(_ open: () -> CInt) throws(FileSystemError) -> Descriptor? {
        while true {
            let descriptor = open()
            if descriptor >= 0 { return Descriptor(descriptor) }
            let code = errno
            if code == EINTR { continue }
            if FileSystemError.isAbsence(code) { return nil }
            throw FileSystemError(code: code)
        }
    }

    #if os(Linux) || os(Android)
        // O_PATH, which the C library shows only to those who ask for GNU extensions. It needs no permission to read,
        // so a directory that may only be searched can be walked through.
        private static let lookUpFlags: CInt = 0o10000000 | O_CLOEXEC
        private static let noFollowFlags = O_NOFOLLOW
    #else
        private static let lookUpFlags: CInt = O_RDONLY | O_NONBLOCK | O_CLOEXEC
        // Opens a link itself, where O_NOFOLLOW would refuse it.
        private static let noFollowFlags = O_SYMLINK
    #endif
}

/// What the file system says of something open.
struct FileStatus: Sendable, Hashable {
    enum Kind: Sendable { case file, directory, link, other }

    let kind: Kind
    let size: Int
    /// When the content changed last: seconds since 1970, and nanoseconds of that second.
    let seconds: Int
    let nanoseconds: Int
    let inode: UInt64

    /// What is open as `descriptor`.
    init(of descriptor: CInt) throws(FileSystemError) {
        var status = sagi_file_status()
        let code = sagi_status_of_descriptor(descriptor, &status)
        guard code == 0 else { throw FileSystemError(code: code) }
        self.init(status)
    }

    init(_ status: sagi_file_status) {
        if status.is_regular != 0 {
            kind = .file
        } else if status.is_directory != 0 {
            kind = .directory
        } else if status.is_link != 0 {
            kind = .link
        } else {
            kind = .other
        }
        size = Int(status.size)
        seconds = Int(status.modified_seconds)
        nanoseconds = Int(status.modified_nanoseconds)
        inode = status.inode
    }
}

/// The file system failed in a way that does not mean "there is no such file": too many open files, a broken disk.
struct FileSystemError: Error, CustomStringConvertible {
    let code: CInt

    var description: String { "The file system failed: \(String(cString: strerror(code)))." }

    /// Whether `code` is as good as "there is no such file" for whoever asks over the network. A lack of permission
    /// is, so that nobody learns what is there.
    static func isAbsence(_ code: CInt) -> Bool {
        switch code {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES, EPERM, ENXIO, ENODEV, EINVAL, EILSEQ, ESTALE, EOPNOTSUPP:
            true
        default:
            false
        }
    }
}
