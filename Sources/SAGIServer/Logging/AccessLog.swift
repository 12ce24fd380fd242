import HTTPSemantics
import NIOCore
import NIOPosix
import SAGI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The access log: lines gather on each event loop and are written by one thread, so that a slow disk or a
/// stopped terminal never holds up a request. When the writer falls far behind, lines are dropped and counted.
final class AccessLog: Sendable {
    let format: AccessLogFormat
    private let destination: AccessLogConfiguration.Destination
    private let writer = NIOThreadPool(numberOfThreads: 1)
    private let descriptor: Mutex<CInt>
    private let backlog = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)

    /// Bytes that are written at once. Several processes may write to one pipe, which keeps so many together (PIPE_BUF).
    private let most: Int

    private static let maximumBacklog = 64 * 1024 * 1024

    /// - Parameter isShared: whether other processes write to the same place.
    init(_ configuration: AccessLogConfiguration, isShared: Bool) throws {
        most = isShared ? 4096 : .max
        format = try AccessLogFormat(configuration.format)
        destination = configuration.destination
        descriptor = Mutex(try Self.open(configuration.destination))
        writer.start()
    }

    private static func open(_ destination: AccessLogConfiguration.Destination) throws -> CInt {
        switch destination {
        case .standardOutput: return STDOUT_FILENO
        case .standardError: return STDERR_FILENO
        case .file(let path):
            #if canImport(Glibc)
                let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            #elseif canImport(Musl)
                let descriptor = Musl.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            #else
                let descriptor = Darwin.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            #endif
            guard descriptor >= 0 else {
                throw ConfigurationError(
                    "The access log \(path) cannot be opened: \(String(cString: strerror(errno))).")
            }
            return descriptor
        }
    }

    /// Opens the file again, after it has been moved away.
    func reopen() throws {
        guard case .file = destination else { return }
        let fresh = try Self.open(destination)
        let old = descriptor.withLock { current in
            let old = current
            current = fresh
            return old
        }
        // The writer may be in the middle of a line.
        writer.submit { _ in systemClose(old) }
    }

    func write(_ lines: ByteBuffer) {
        let count = lines.readableBytes
        guard backlog.add(count, ordering: .relaxed).newValue <= Self.maximumBacklog else {
            backlog.subtract(count, ordering: .relaxed)
            dropped.add(1, ordering: .relaxed)
            return
        }
        writer.submit { _ in
            // Read on the writer's thread: a file that was opened again is closed there too.
            self.writeAll(lines, to: self.descriptor.withLock { $0 })
            self.backlog.subtract(count, ordering: .relaxed)
        }
    }

    private func writeAll(_ lines: ByteBuffer, to descriptor: CInt) {
        var lines = lines
        let dropped = self.dropped.exchange(0, ordering: .relaxed)
        if dropped > 0 { lines.writeString("# \(dropped) batches of lines were dropped\n") }
        while lines.readableBytes > 0 {
            let count = lines.withUnsafeReadableBytes { systemWrite(descriptor, Self.wholeLines($0, most)) }
            if count > 0 {
                lines.moveReaderIndex(forwardBy: count)
            } else if errno != EINTR {
                return
            }
        }
    }

    /// As many lines as fit into so many bytes, and at least one.
    static func wholeLines(_ bytes: UnsafeRawBufferPointer, _ most: Int) -> UnsafeRawBufferPointer {
        guard bytes.count > most else { return bytes }
        let end = bytes[..<most].lastIndex(of: UInt8(ascii: "\n")) ?? bytes.firstIndex(of: UInt8(ascii: "\n"))
        return UnsafeRawBufferPointer(rebasing: bytes[...(end ?? bytes.count - 1)])
    }

    /// Waits until everything has been written.
    func close() async {
        try? await writer.shutdownGracefully()
        if case .file = destination { systemClose(descriptor.withLock { $0 }) }
    }
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

private func systemClose(_ descriptor: CInt) { _ = close(descriptor) }

/// The lines of one event loop, on their way to the log. Used on its loop only.
///
/// `@unchecked Sendable`: used on its event loop only.
final class AccessLogBuffer: NIOScheduledCallbackHandler, @unchecked Sendable {
    private let log: AccessLog
    private let eventLoop: any EventLoop
    private var lines = ByteBuffer()
    private var isScheduled = false
    private var second = 0
    private var time = ""

    private static let size = 32 * 1024
    private static let delay = TimeAmount.milliseconds(50)

    init(_ log: AccessLog, eventLoop: any EventLoop) {
        self.log = log
        self.eventLoop = eventLoop
    }

    func append(_ entry: AccessLogEntry) {
        refreshTime()
        entry.write(log.format, time: time, into: &lines)
        if lines.readableBytes >= Self.size {
            flush()
        } else if !isScheduled {
            isScheduled = true
            _ = try? eventLoop.scheduleCallback(in: Self.delay, handler: self)
        }
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        isScheduled = false
        flush()
    }

    func flush() {
        guard lines.readableBytes > 0 else { return }
        log.write(lines)
        lines = ByteBufferAllocator().buffer(capacity: Self.size + 1024)
    }

    private func refreshTime() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        guard now.tv_sec != second else { return }
        second = now.tv_sec
        if log.format.isJSON {
            time = ISO8601Time.format(second)
        } else {
            time = CommonLogTime.format(second)
        }
    }
}

/// "21/Nov/2026:09:30:00 +0000".
enum CommonLogTime {
    static func format(_ seconds: Int) -> String {
        // "Sat, 21 Nov 2026 09:30:00 GMT", cut up.
        let date = HTTPDate.format(seconds).split(separator: " ")
        return "\(date[1])/\(date[2])/\(date[3]):\(date[4]) +0000"
    }
}

/// "2026-11-21T09:30:00Z".
enum ISO8601Time {
    static func format(_ seconds: Int) -> String {
        let date = HTTPDate.civil(fromDays: seconds / 86400)
        let clock = HTTPDate.format(seconds).split(separator: " ")[4]
        func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(date.year)-\(pad(date.month))-\(pad(date.day))T\(clock)Z"
    }
}
