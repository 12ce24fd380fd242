#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The service manager that has started this program, as far as it wants to be told: systemd's notification protocol
/// (sd_notify(3)), on the socket that `NOTIFY_SOCKET` names.
package struct ServiceManager: Sendable {
    private let path: String?
    /// How often it wants to hear that the program is well; nil when it does not.
    package let watchdogInterval: Duration?

    /// - Parameters:
    ///   - environment: the variables that the program was started with.
    ///   - isSuccessor: whether another process of this program was the main one until now.
    package init(_ environment: [String: String], isSuccessor: Bool = false) {
        path = environment["NOTIFY_SOCKET"]
        let isMeant = isSuccessor || environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        // Half of the time that it waits, as sd_watchdog_enabled(3) advises.
        watchdogInterval =
            isMeant ? environment["WATCHDOG_USEC"].flatMap { Int($0) }.map { .microseconds(max($0, 2) / 2) } : nil
    }

    /// What the environment of a worker does not have: the supervisor alone speaks for all.
    package static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    package enum Message: Sendable, Equatable {
        case ready
        case reloading
        case stopping
        case watchdog
        case status(String)
        /// The main process of the service from now on.
        case mainProcess(CInt)

        fileprivate var lines: String {
            switch self {
            case .ready: "READY=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=\(text.replacing("\n", with: " "))"
            case .mainProcess(let number): "MAINPID=\(number)"
            }
        }

        private static var monotonicMicroseconds: Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
        }
    }

    /// Tells it something. What it cannot take is lost: the service runs on all the same.
    package func tell(_ messages: Message...) {
        guard let path, path.utf8.count < 108, path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = SocketName.unix(path)
        var length = MemoryLayout<sockaddr_un>.size
        if path.hasPrefix("@") {
            // An abstract address: its name begins with a zero byte, and is as long as it is.
            withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 }
            length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + path.utf8.count } ?? length
        }
        #if os(Linux)
            let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
        #endif
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(messages.map(\.lines).joined(separator: "\n").utf8)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, CInt(MSG_DONTWAIT), $0, socklen_t(length))
            }
        }
    }
}
