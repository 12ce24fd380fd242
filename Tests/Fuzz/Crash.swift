#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Saves the input at work when the process traps or hangs: what a handler of signals may do, and no more.
///
/// Everything here is made before the first input, and used by one thread.
enum Crash {
    private static let capacity = 64 * 1024
    nonisolated(unsafe) private static let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    nonisolated(unsafe) private static var count = 0
    nonisolated(unsafe) private static var path: UnsafeMutablePointer<CChar>?
    private static let digits: StaticString = "0123456789abcdef"

    static func prepare(path: String) {
        self.path = strdup(path)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] { signal(number) { _ in Crash.save("trap") } }
        signal(SIGALRM) { _ in Crash.save("hang") }
    }

    /// Notes the input that is tried next.
    @inline(__always)
    static func note(_ input: [UInt8]) {
        count = min(input.count, capacity)
        input.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { memory.copyMemory(from: start, byteCount: count) }
        }
    }

    /// Has a hang found when this is not called again within a minute.
    static func watch() { alarm(60) }

    private static func save(_ what: StaticString) {
        write(2, what.utf8Start, what.utf8CodeUnitCount)
        write(2, " ", 1)
        for offset in 0..<count {
            let byte = memory.load(fromByteOffset: offset, as: UInt8.self)
            write(2, digits.utf8Start + Int(byte >> 4), 1)
            write(2, digits.utf8Start + Int(byte & 15), 1)
        }
        write(2, "\n", 1)
        if let path {
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            write(file, memory, count)
            close(file)
        }
        _exit(1)
    }
}
