import CPlatform
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A socket that listens: opened here or inherited, and not yet given to an event loop.
struct ListeningSocket: Sendable {
    let descriptor: CInt
    let address: PeerAddress
    /// The file of a Unix socket that this process made, and that it removes.
    private var file: (path: String, inode: UInt64)?
    /// Opened here, and nobody else's.
    private let isOwn: Bool

    /// Opens the sockets of an address: one for each IP address that the host has.
    ///
    /// - Throws: ``ConfigurationError`` that names the address and says what is wrong.
    static func open(
        _ listener: ListenerConfiguration, backlog: Int, reusePort: Bool, inherited: InheritedSockets
    ) throws -> [ListeningSocket] {
        switch listener.address {
        case .descriptor(let descriptor):
            return [try ListeningSocket(inherited: descriptor)]
        case .unix(let path):
            if let socket = try inherited.take(where: { $0 == .unix(path) }) { return [socket] }
            return [try ListeningSocket(unix: path, mode: listener.unixSocketMode, backlog: backlog)]
        case .tcp(let host, let port):
            if let socket = try inherited.take(where: { $0 == .ip(host, port: port) }) { return [socket] }
            return try openTCP(
                host: host, port: port, dualStack: listener.dualStack, backlog: backlog, reusePort: reusePort)
        }
    }

    private init(
        descriptor: CInt, address: PeerAddress, isOwn: Bool = true, file: (path: String, inode: UInt64)? = nil
    ) {
        self.isOwn = isOwn
        self.descriptor = descriptor
        self.address = address
        self.file = file
    }

    init(inherited descriptor: CInt) throws {
        var isListening: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1 else {
            throw ConfigurationError("The descriptor \(descriptor) is no listening socket.")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Self.setUnsentLimit(descriptor)
        self.init(descriptor: descriptor, address: SocketName.local(descriptor), isOwn: false)
    }

    // MARK: TCP

    private static func openTCP(
        host: String, port: Int, dualStack: Bool?, backlog: Int, reusePort: Bool
    ) throws -> [ListeningSocket] {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_family = AF_UNSPEC
        #if os(Linux)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw ConfigurationError("The host \"\(host)\" is not known: \(String(cString: gai_strerror(code))).")
        }
        defer { freeaddrinfo(list) }
        var sockets: [ListeningSocket] = []
        var port = port
        var next = list
        do {
            while let info = next?.pointee {
                next = info.ai_next
                let socket = try openTCP(
                    info, host: host, port: port, dualStack: dualStack, backlog: backlog, reusePort: reusePort)
                // With port 0 every address gets the port of the first.
                if port == 0 { port = socket.address.port ?? 0 }
                sockets.append(socket)
            }
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
        return sockets
    }

    private static func openTCP(
        _ info: addrinfo, host: String, port: Int, dualStack: Bool?, backlog: Int, reusePort: Bool
    ) throws -> ListeningSocket {
        func failure(_ what: String) -> ConfigurationError {
            let name = ListenAddress.tcp(host: host, port: port).description
            return ConfigurationError("Cannot \(what) \(name): \(String(cString: strerror(errno))).")
        }
        let descriptor = systemSocket(info.ai_family)
        guard descriptor >= 0 else { throw failure("open a socket for") }
        var one: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        setUnsentLimit(descriptor)
        if reusePort { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, size) }
        if info.ai_family == AF_INET6, let dualStack {
            var only: CInt = dualStack ? 0 : 1
            setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &only, size)
        }
        var address = sockaddr_storage()
        memcpy(&address, info.ai_addr, Int(info.ai_addrlen))
        withUnsafeMutableBytes(of: &address) { bytes in
            // The port stands at the same place for IPv4 and IPv6, in network order.
            bytes.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, info.ai_addrlen) }
        }
        guard bound == 0, listen(descriptor, CInt(clamping: backlog)) == 0 else {
            let error = failure("listen on")
            systemClose(descriptor)
            throw error
        }
        return ListeningSocket(descriptor: descriptor, address: SocketName.local(descriptor))
    }

    /// Bounds what the kernel takes and has not sent yet: without that a peer that reads nothing gets megabytes of
    /// kernel memory before the server notices. The connections inherit it.
    private static func setUnsentLimit(_ descriptor: CInt) {
        #if os(Linux)
            var limit: CInt = 256 * 1024
            setsockopt(
                descriptor, CInt(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &limit, socklen_t(MemoryLayout<CInt>.size))
        #endif
    }

    // MARK: Unix

    private init(unix path: String, mode: UInt16, backlog: Int) throws {
        func failure(_ what: String) -> ConfigurationError {
            ConfigurationError("Cannot \(what) unix:\(path): \(String(cString: strerror(errno))).")
        }
        try Self.removeStale(path)
        let descriptor = systemSocket(AF_UNIX)
        guard descriptor >= 0 else { throw failure("open a socket for") }
        var address = SocketName.unix(path)
        // Nobody may connect between the moment when the file is there and the moment when its mode is set.
        let mask = umask(0o177)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let code = errno
        umask(mask)
        errno = code
        var status = sagi_file_status()
        guard bound == 0, chmod(path, mode_t(mode)) == 0, listen(descriptor, CInt(clamping: backlog)) == 0,
            sagi_status_of_path(path, &status) == 0
        else {
            let error = failure("listen on")
            systemClose(descriptor)
            throw error
        }
        self.init(descriptor: descriptor, address: .unix(path), file: (path, status.inode))
    }

    /// Removes a socket that nobody listens on any more. Anything else at the path is an error.
    private static func removeStale(_ path: String) throws {
        var status = sagi_file_status()
        guard sagi_status_of_link(path, &status) == 0 else { return }
        guard status.is_socket != 0 else {
            throw ConfigurationError("Cannot listen on unix:\(path): something else has that name.")
        }
        let descriptor = systemSocket(AF_UNIX)
        defer { systemClose(descriptor) }
        var address = SocketName.unix(path)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected != 0 else {
            throw ConfigurationError("Cannot listen on unix:\(path): another process listens there.")
        }
        unlink(path)
    }

    /// Whether the kernel has accepted connections that nobody has taken yet.
    var hasWaitingConnections: Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, 0) == 1 && poller.revents & Int16(POLLIN) != 0
    }

    func close() {
        removeFile()
        systemClose(descriptor)
    }

    /// Nobody can connect any more; the connections that the kernel has accepted can still be taken. An inherited
    /// socket is left alone: another process may go on with it.
    func refuseNewConnections() {
        removeFile()
        guard isOwn, case .ip = address else { return }
        _ = sagi_ignore_new_connections(descriptor)
    }

    /// Removes the socket's file, unless another process has put its own there since.
    private func removeFile() {
        guard let file else { return }
        var status = sagi_file_status()
        guard sagi_status_of_link(file.path, &status) == 0, status.inode == file.inode else { return }
        unlink(file.path)
    }
}

/// The listening sockets that a service manager has opened for this process: `LISTEN_FDS`, from descriptor 3
/// on, meant for the process that `LISTEN_PID` names.
final class InheritedSockets {
    private var sockets: [ListeningSocket]

    init() {
        sockets = []
        defer {
            // A child must not take them for its own.
            unsetenv("LISTEN_FDS")
            unsetenv("LISTEN_PID")
            unsetenv("LISTEN_FDNAMES")
        }
        guard let process = Environment.value("LISTEN_PID"), Int(process) == ProcessNumber.own,
            let count = Environment.value("LISTEN_FDS").flatMap({ Int($0) }), count > 0, count < 1000
        else { return }
        sockets = (3..<CInt(3 + count)).compactMap { try? ListeningSocket(inherited: $0) }
    }

    func take(where matches: (PeerAddress) -> Bool) throws -> ListeningSocket? {
        sockets.firstIndex { matches($0.address) }.map { sockets.remove(at: $0) }
    }

    /// Those that no listener was configured for.
    var unclaimed: [PeerAddress] { sockets.map(\.address) }
}

/// Socket addresses and their text.
enum SocketName {
    static func local(_ descriptor: CInt) -> PeerAddress {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return .unix("") }
        return withUnsafePointer(to: &address) { text($0, length) }
    }

    private static func text(_ address: UnsafePointer<sockaddr_storage>, _ length: socklen_t) -> PeerAddress {
        if CInt(address.pointee.ss_family) == AF_UNIX {
            return address.withMemoryRebound(to: sockaddr_un.self, capacity: 1) { pointer in
                guard Int(length) > 2 else { return .unix("") }
                return withUnsafeBytes(of: pointer.pointee.sun_path) { bytes in
                    .unix(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
                }
            }
        }
        var host = [CChar](repeating: 0, count: 256)
        var port = [CChar](repeating: 0, count: 32)
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = getnameinfo($0, length, &host, 256, &port, 32, NI_NUMERICHOST | NI_NUMERICSERV)
        }
        func string(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return .ip(string(host), port: Int(string(port)) ?? 0)
    }

    static func unix(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
        }
        return address
    }
}

private func systemSocket(_ family: CInt) -> CInt {
    #if os(Linux)
        socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    #else
        socket(family, SOCK_STREAM, 0)
    #endif
}

private func systemClose(_ descriptor: CInt) { _ = close(descriptor) }
