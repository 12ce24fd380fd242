#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lines between two processes: each end is told what the other one says, and when it is gone.
///
/// Used in the thread of its loop only.
package final class ProcessChannel {
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isOpen = true
    private weak var loop: PollLoop?

    /// A peer that says more at once is none of ours.
    private static let longestLine = 1 << 20

    package init(_ descriptor: CInt) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close() }

    /// Two ends that belong together: the channel of this process, and the descriptor for another one, which the caller
    /// closes when that has it.
    package static func pair() throws -> (channel: ProcessChannel, other: CInt) {
        var ends: [CInt] = [-1, -1]
        #if os(Linux)
            let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw ConfigurationError("A socket pair cannot be opened: \(String(cString: strerror(errno))).")
        }
        return (ProcessChannel(ends[0]), ends[1])
    }

    /// Calls `received` with each line that comes, and with nil at the end.
    package func watch(_ loop: PollLoop, _ received: @escaping (String?) -> Void) {
        self.loop = loop
        loop.watch(descriptor) { [weak self] in self?.read(received) }
    }

    /// Says something. What a peer that is gone is told is lost; one that takes nothing for a second counts as gone.
    package func send(_ line: String) {
        guard isOpen else { return }
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = systemSend(descriptor, Array(rest))
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&poller, 1, 1000) > 0 else { return close() }
            } else if errno != EINTR {
                return
            }
        }
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        loop?.unwatch(descriptor)
        systemClose(descriptor)
    }

    private func read(_ received: (String?) -> Void) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, buffer.count + count <= Self.longestLine else {
            close()
            return received(nil)
        }
        buffer += bytes.prefix(count)
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: buffer[..<end], as: UTF8.self)
            buffer.removeSubrange(...end)
            received(line)
        }
    }
}

private func systemClose(_ descriptor: CInt) { _ = close(descriptor) }
