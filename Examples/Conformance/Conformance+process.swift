import NIOCore
import SAGI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What harms the process that serves.
extension Conformance {
    /// Blocks the event loop for `ms` milliseconds.
    func block(_ http: HTTPExchange, _ query: Query) async throws {
        let (seconds, attoseconds) = query.milliseconds("ms", default: 1000).components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        nanosleep(&time, nil)
        try await text(http, "The event loop goes on.\n")
    }

    /// Keeps so many bytes of memory for ever.
    func keep(_ http: HTTPExchange, _ count: Substring) async throws {
        Self.kept.withLock { $0.append([UInt8](repeating: 1, count: min(Int(count) ?? 0, 1 << 30))) }
        try await text(http, "They are kept.\n")
    }

    private static let kept = Mutex<[[UInt8]]>([])
}
