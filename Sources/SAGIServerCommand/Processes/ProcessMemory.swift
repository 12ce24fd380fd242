#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum ProcessMemory {
    /// The resident memory of a process in bytes; nil when it is gone, or on a system that does not tell.
    static func resident(_ process: CInt) -> Int? {
        #if os(Linux)
            guard let text = try? TextFile.read("/proc/\(process)/statm") else { return nil }
            let words = text.split(separator: " ")
            guard words.count > 1, let pages = Int(words[1]) else { return nil }
            return pages * Int(sysconf(CInt(_SC_PAGESIZE)))
        #else
            return nil
        #endif
    }
}
