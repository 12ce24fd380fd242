/// The address of one end of a connection.
public enum PeerAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in its usual text, without brackets, and a port.
    case ip(String, port: Int)
    /// The path of a Unix socket; empty when it has none.
    case unix(String)

    /// The IP address; `nil` for a Unix socket.
    public var host: String? {
        if case .ip(let host, _) = self { host } else { nil }
    }

    /// The port; `nil` for a Unix socket.
    public var port: Int? {
        if case .ip(_, let port) = self { port } else { nil }
    }

    /// "127.0.0.1:8000", "[::1]:8000" or "unix:/run/app.sock".
    public var description: String {
        switch self {
        case .ip(let host, let port): host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
