import CPlatform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A Unix socket where `sagi ctl` can ask and tell a program: a client says one line, and gets one back.
///
/// Used in the thread of its loop only. Whoever may open the socket may tell the program everything; its permissions
/// are the protection.
package final class ControlSocket {
    private let listener: ListeningSocket
    private let loop: PollLoop
    private var clients: [CInt: Client] = [:]

    private struct Client {
        var line: [UInt8] = []
        var timer: PollLoop.Timer
    }

    private static let clientCount = 16
    private static let lineLength = 4096
    private static let patience = Duration.seconds(5)

    /// Opens the socket. One at the same path on which another process listens is replaced when `replaces` says so: then
    /// that one is giving way to this.
    ///
    /// - Throws: ``ConfigurationError`` that names the path.
    package init(
        _ path: String, mode: UInt16, replaces: Bool, on loop: PollLoop, answer: @escaping (String) -> String
    ) throws {
        if replaces { unlink(path) }
        var configuration = ListenerConfiguration(.unix(path))
        configuration.unixSocketMode = mode
        listener = try ListeningSocket.open(configuration, backlog: 16, reusePort: false)[0]
        self.loop = loop
        _ = fcntl(listener.descriptor, F_SETFL, O_NONBLOCK)
        loop.watch(listener.descriptor) { [weak self] in self?.accept(answer) }
    }

    package func close() {
        loop.unwatch(listener.descriptor)
        for descriptor in Array(clients.keys) { drop(descriptor) }
        listener.close()
    }

    private func accept(_ answer: @escaping (String) -> String) {
        let descriptor = sagi_accept(listener.descriptor)
        guard descriptor >= 0 else { return }
        guard clients.count < Self.clientCount else {
            ListeningSocket.close(descriptor)
            return
        }
        let timer = loop.after(Self.patience) { [weak self] in self?.drop(descriptor) }
        clients[descriptor] = Client(timer: timer)
        loop.watch(descriptor) { [weak self] in self?.read(descriptor, answer) }
    }

    private func read(_ descriptor: CInt, _ answer: (String) -> String) {
        var bytes = [UInt8](repeating: 0, count: Self.lineLength)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, let line = clients[descriptor]?.line, line.count + count <= Self.lineLength else {
            return drop(descriptor)
        }
        let all = line + bytes.prefix(count)
        clients[descriptor]?.line = all
        guard let end = all.firstIndex(of: UInt8(ascii: "\n")) else { return }
        let reply = Array("\(answer(String(decoding: all[..<end], as: UTF8.self)))\n".utf8)
        // A reply fits into the socket's buffer.
        _ = systemSend(descriptor, reply)
        drop(descriptor)
    }

    private func drop(_ descriptor: CInt) {
        guard let client = clients.removeValue(forKey: descriptor) else { return }
        loop.cancel(client.timer)
        loop.unwatch(descriptor)
        ListeningSocket.close(descriptor)
    }

    /// Says one line to the program that listens at a path, and returns the one that it answers.
    ///
    /// - Throws: ``ConfigurationError`` that says why there is no answer.
    package static func ask(_ path: String, _ line: String) throws -> String {
        func failure(_ sentence: String) -> ConfigurationError {
            ConfigurationError("Nobody answers at \(path): \(sentence).")
        }
        guard path.utf8.count < 108 else { throw failure("the path is too long") }
        #if os(Linux)
            let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        defer { ListeningSocket.close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = SocketName.unix(path)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw failure(String(cString: strerror(errno))) }
        _ = systemSend(descriptor, Array("\(line)\n".utf8))
        var reply: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 * 1024)
        while reply.last != UInt8(ascii: "\n") {
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { throw failure("the program said nothing") }
            reply += part.prefix(count)
        }
        return String(decoding: reply.dropLast(), as: UTF8.self)
    }
}

/// Sends bytes to a socket; a peer that is gone raises no signal.
func systemSend(_ descriptor: CInt, _ bytes: [UInt8]) -> Int {
    #if os(Linux)
        send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    #else
        send(descriptor, bytes, bytes.count, 0)
    #endif
}
