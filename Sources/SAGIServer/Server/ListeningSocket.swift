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
    /// Whose it is.
    private var ownership: Ownership

    enum Ownership {
        /// Opened here, and nobody else's.
        case own
        /// Of somebody who may or may not listen as well.
        case inherited
        /// Of other processes that go on with it.
        case shared
    }

    /// Opens the sockets of an address: one for each IP address that the host has.
    ///
    /// - Throws: ``ConfigurationError`` that names the address and says what is wrong.
    static func open(
        _ listener: ListenerConfiguration, backlog: Int, reusePort: Bool
    ) throws -> [ListeningSocket] {
        switch listener.address {
        case .descriptor(let descriptor):
            return [try ListeningSocket(inherited: descriptor)]
        case .unix(let path):
            return [try ListeningSocket(unix: path, mode: listener.unixSocketMode, backlog: backlog)]
        case .tcp(let host, let port):
            return try openTCP(
                host: host, port: port, dualStack: listener.dualStack, backlog: backlog, reusePort: reusePort)
        }
    }

    private init(
        descriptor: CInt, address: PeerAddress, ownership: Ownership = .own, file: (path: String, inode: UInt64)? = nil
    ) {
        self.ownership = ownership
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
        self.init(descriptor: descriptor, address: SocketName.local(descriptor), ownership: .inherited)
    }

    /// A socket that another process of this program has opened. The file of a Unix socket stays that one's.
    init(handedOver descriptor: CInt, _ ownership: Ownership) throws {
        try self.init(inherited: descriptor)
        self.ownership = ownership
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

    func close() {
        removeFile()
        systemClose(descriptor)
    }

    /// The file that this process has made for it.
    var path: String? { file?.path }

    /// The process that opened it is about to end: its file is this one's from now on.
    mutating func takeOver() {
        guard ownership == .own, case .unix(let path) = address else { return }
        var status = sagi_file_status()
        if sagi_status_of_link(path, &status) == 0 { file = (path, status.inode) }
    }

    /// Other processes go on with it.
    mutating func share() {
        ownership = .shared
        file = nil
    }

    /// Whether others take the connections that wait in its queue when this process does not.
    var isShared: Bool { ownership == .shared }

    /// Whether a service manager, which may go on with it, has opened it.
    var isInherited: Bool { ownership == .inherited }

    static func close(_ descriptor: CInt) { systemClose(descriptor) }

    /// Nobody can connect any more; the connections that the kernel has accepted can still be taken. An inherited
    /// socket is left alone: another process may go on with it.
    func refuseNewConnections() {
        removeFile()
        guard ownership == .own, case .ip = address else { return }
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

private func systemSocket(_ family: CInt) -> CInt {
    #if os(Linux)
        socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    #else
        socket(family, SOCK_STREAM, 0)
    #endif
}

private func systemClose(_ descriptor: CInt) { _ = close(descriptor) }
