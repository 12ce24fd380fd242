import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Small files, read and written whole.
package enum TextFile {
    /// - Throws: ``ConfigurationError`` that names the file.
    package static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "re") else { throw failure("read", path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            bytes += part.prefix(count)
        }
        guard ferror(file) == 0 else { throw failure("read", path) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes a file that does not exist yet, or, with `replaces`, writes it anew. The permissions hold from the
    /// first moment on.
    ///
    /// - Parameter mode: the permissions, whatever the process's mask says; nil leaves them to that.
    /// - Throws: ``ConfigurationError`` that names the file.
    package static func write(_ text: String, to path: String, mode: UInt16? = nil, replaces: Bool = true) throws {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replaces ? O_TRUNC : O_EXCL)
        let descriptor = open(path, flags, mode_t(mode ?? 0o644))
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        // A file that was there already keeps its permissions otherwise.
        if let mode, fchmod(descriptor, mode_t(mode)) != 0 { throw failure("write", path) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Self.write(descriptor, $0) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                throw failure("write", path)
            }
        }
    }

    private static func write(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func failure(_ verb: String, _ path: String) -> ConfigurationError {
        ConfigurationError("Cannot \(verb) \(path): \(String(cString: strerror(errno))).")
    }
}
