import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Directories.
enum Directory {
    /// Makes a directory and those above it, where they are missing.
    static func make(_ path: String, mode: UInt16 = 0o755) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for name in path.split(separator: "/") {
            made += made.isEmpty || made == "/" ? "\(name)" : "/\(name)"
            guard mkdir(made, mode_t(mode)) == 0 || errno == EEXIST else {
                throw ConfigurationError("Cannot make the directory \(made): \(String(cString: strerror(errno))).")
            }
        }
    }

    /// Whether a path has nothing behind it, or a directory without entries.
    static func isEmptyOrMissing(_ path: String) throws -> Bool {
        guard let directory = opendir(path) else {
            guard errno == ENOENT else {
                throw ConfigurationError("Cannot look into \(path): \(String(cString: strerror(errno))).")
            }
            return true
        }
        defer { closedir(directory) }
        // Itself and the one above are the first two entries.
        for _ in 0..<3 where readdir(directory) == nil { return true }
        return false
    }

    /// A path from the root on.
    static func absolute(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else {
            throw ConfigurationError("Cannot find \(path): \(String(cString: strerror(errno))).")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
