import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The listening sockets that a service manager has opened for this process: `LISTEN_FDS`, from descriptor 3
/// on, meant for the process that `LISTEN_PID` names.
final class ActivatedSockets {
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

    /// The socket at an address, if there is one.
    func take(for address: ListenAddress) -> ListeningSocket? {
        let wanted: PeerAddress
        switch address {
        case .tcp(let host, let port): wanted = .ip(host, port: port)
        case .unix(let path): wanted = .unix(path)
        case .descriptor: return nil
        }
        return sockets.firstIndex { $0.address == wanted }.map { sockets.remove(at: $0) }
    }

    /// Those that no listener was configured for.
    var unclaimed: [PeerAddress] { sockets.map(\.address) }
}
