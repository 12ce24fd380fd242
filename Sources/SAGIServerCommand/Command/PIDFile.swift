#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that holds the process number while the server runs.
struct PIDFile: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    func write() throws { try TextFile.write("\(getpid())\n", to: path) }

    /// Removes it, unless another process has put its own number there since.
    func remove() {
        guard (try? TextFile.read(path)) == "\(getpid())\n" else { return }
        unlink(path)
    }
}
