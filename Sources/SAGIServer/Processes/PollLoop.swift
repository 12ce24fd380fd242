import CPlatform
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Waits for signals, descriptors and points in time, in a thread of its own: for what a process does around its server.
///
/// `@unchecked Sendable`: everything is used in that thread only, and before it begins, but for ``post(_:)``, which has a
/// lock, and ``resume(_:isShared:)``, which only calls the kernel.
package final class PollLoop: @unchecked Sendable {
    package typealias Timer = Int

    private var readers: [CInt: () -> Void] = [:]
    private var ready = [CInt](repeating: 0, count: 64)
    private var timers: [Timer: (at: Duration, body: () -> Void)] = [:]
    private var nextTimer = 0
    private var isOver = false
    private let poll: CInt
    private let posted = Mutex<[@Sendable () -> Void]>([])
    private let pipe: (read: CInt, write: CInt)
    private let start = ContinuousClock.now
    private var signalled: ((CInt) -> Void)?

    package init() {
        pipe = Self.makePipe()
        poll = sagi_open_poll()
        precondition(poll >= 0 && sagi_poll_add(poll, pipe.read, 0) == 0, "Nothing can be waited for.")
    }

    deinit {
        if signalled != nil { sagi_watch_signals(-1, [], 0) }
        close(pipe.read)
        close(pipe.write)
        close(poll)
    }

    /// The time since the loop was made.
    package var now: Duration { ContinuousClock.now - start }

    /// Calls `body` for each of the signals. One loop of a process may do this.
    package func watch(signals: [CInt], _ body: @escaping (CInt) -> Void) {
        signalled = body
        sagi_watch_signals(pipe.write, signals, CInt(signals.count))
    }

    /// Calls `body` when there is something to read, or the other side is gone.
    ///
    /// - Parameter isShared: of several processes that wait for the same, one is enough: the one that has waited longest.
    package func watch(_ descriptor: CInt, isShared: Bool = false, _ body: @escaping () -> Void) {
        if readers.updateValue(body, forKey: descriptor) == nil {
            _ = sagi_poll_add(poll, descriptor, isShared ? 1 : 0)
        }
    }

    /// Does not call anything any more; a descriptor is unwatched before it is closed.
    package func unwatch(_ descriptor: CInt) {
        if readers.removeValue(forKey: descriptor) != nil { sagi_poll_remove(poll, descriptor) }
    }

    /// Does not wait for a descriptor that is watched, until ``resume(_:isShared:)``.
    func suspend(_ descriptor: CInt) { sagi_poll_remove(poll, descriptor) }

    /// Waits for it again, behind others that share it. From any thread.
    func resume(_ descriptor: CInt, isShared: Bool) { _ = sagi_poll_add(poll, descriptor, isShared ? 1 : 0) }

    @discardableResult
    package func after(_ time: Duration, _ body: @escaping () -> Void) -> Timer {
        nextTimer += 1
        timers[nextTimer] = (now + time, body)
        return nextTimer
    }

    package func cancel(_ timer: Timer) { timers[timer] = nil }

    /// Calls `body` in the loop's thread. From any thread.
    package func post(_ body: @escaping @Sendable () -> Void) {
        posted.withLock { $0.append(body) }
        var byte: UInt8 = 0
        _ = write(pipe.write, &byte, 1)
    }

    /// Ends ``run()``.
    package func end() { isOver = true }

    /// Runs until ``end()``.
    package func run() {
        while !isOver {
            wait()
            let now = now
            for (timer, entry) in timers.sorted(by: { $0.value.at < $1.value.at }) where entry.at <= now {
                guard timers.removeValue(forKey: timer) != nil else { continue }
                entry.body()
            }
        }
    }

    /// Runs in a new thread, and returns at once.
    package func runInThread() {
        let retained = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            pthread_create(&thread, nil, { Self.enter($0) }, retained)
            if let thread { pthread_detach(thread) }
        #else
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    return PollLoop.enter(argument)
                }, retained)
            pthread_detach(thread)
        #endif
    }

    private static func enter(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<PollLoop>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }

    private func wait() {
        let count = sagi_poll_wait(poll, &ready, CInt(ready.count), timeout)
        for descriptor in ready.prefix(max(0, Int(count))) {
            if descriptor == pipe.read { takePipe() } else { readers[descriptor]?() }
        }
    }

    /// In milliseconds, and never too short.
    private var timeout: CInt {
        guard let next = timers.values.map(\.at).min() else { return -1 }
        let left = next - now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return CInt(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func takePipe() {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(pipe.read, &bytes, bytes.count)
        guard count > 0 else { return }
        for number in bytes.prefix(count) where number != 0 { signalled?(CInt(number)) }
        let bodies = posted.withLock { posted in
            defer { posted = [] }
            return posted
        }
        for body in bodies { body() }
    }

    private static func makePipe() -> (read: CInt, write: CInt) {
        var ends: [CInt] = [-1, -1]
        // Without a pipe there would be no way to tell this program anything.
        precondition(Self.systemPipe(&ends) == 0, "No pipe can be opened.")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        return (ends[0], ends[1])
    }

    private static func systemPipe(_ ends: inout [CInt]) -> CInt {
        #if canImport(Glibc)
            Glibc.pipe(&ends)
        #elseif canImport(Musl)
            Musl.pipe(&ends)
        #else
            Darwin.pipe(&ends)
        #endif
    }
}
