/// One place where a server listens.
public struct ListenerConfiguration: Sendable, Equatable {
    /// The address.
    public var address: ListenAddress
    /// TLS; `nil` is cleartext.
    public var tls: TLSOptions?
    /// Whether every connection begins with a PROXY protocol header, version 1 or 2, which tells the client's
    /// address. Only for a listener that nobody but the proxy can reach. Default false.
    public var proxyProtocol = false
    /// The versions of HTTP that are served here. Default ``HTTPVersions/all``.
    public var versions = HTTPVersions.all
    /// The permissions of a Unix socket's file. Default 0o600.
    public var unixSocketMode: UInt16 = 0o600
    /// Whether an IPv6 listener takes IPv4 connections too. Default `nil`: as the operating system does.
    public var dualStack: Bool?

    public init(_ address: ListenAddress, tls: TLSOptions? = nil, proxyProtocol: Bool = false) {
        self.address = address
        self.tls = tls
        self.proxyProtocol = proxyProtocol
    }
}

/// Which versions of HTTP a listener serves.
public enum HTTPVersions: String, Sendable, CaseIterable {
    /// HTTP/2 for clients that ask for it, HTTP/1.1 for the others.
    case all
    /// HTTP/1.1 and HTTP/1.0 alone.
    case http1
    /// HTTP/2 alone: with ALPN under TLS, with prior knowledge in cleartext. Any other request is answered 505
    /// (RFC 9110 §15.6.6).
    case http2

    /// The names of ALPN that stand for these versions.
    func filter(_ names: [String]) -> [String] {
        switch self {
        case .all: names
        case .http1: names.filter { $0 != "h2" }
        case .http2: ["h2"]
        }
    }
}

extension ServerConfiguration {
    func versions(of listener: ListenerConfiguration) -> HTTPVersions {
        listener.versions == .all && !http2.isEnabled ? .http1 : listener.versions
    }
}

/// An address to listen on.
public enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A host name or IP address and a port; port 0 lets the operating system choose one.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket. A stale one is replaced; its file is removed when the server stops.
    case unix(String)
    /// A listening socket that this process has inherited.
    case descriptor(CInt)

    /// Reads "HOST:PORT", "[v6]:PORT", "unix:PATH" or "fd:N".
    ///
    /// - Throws: ``ConfigurationError`` with a sentence that names the text.
    public init(parsing text: String) throws {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count < 108 else {
                throw ConfigurationError("The address \"\(text)\" needs a path of 1 to 107 bytes after \"unix:\".")
            }
            self = .unix(path)
        } else if text.hasPrefix("fd:") {
            guard let number = Self.number(text.dropFirst(3)), let number = CInt(exactly: number) else {
                throw ConfigurationError("The address \"\(text)\" needs a descriptor number after \"fd:\".")
            }
            self = .descriptor(number)
        } else {
            guard let colon = text.lastIndex(of: ":"), let port = Self.number(text[text.index(after: colon)...]),
                port <= 65535
            else { throw Self.malformed(text) }
            var host = String(text[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            } else if host.contains(":") {
                throw Self.malformed(text)
            }
            guard !host.isEmpty else { throw Self.malformed(text) }
            self = .tcp(host: host, port: port)
        }
    }

    /// Digits and nothing else: no sign.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    private static func malformed(_ text: String) -> ConfigurationError {
        ConfigurationError("The address \"\(text)\" is not HOST:PORT, [v6]:PORT, unix:PATH or fd:N.")
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .descriptor(let number): "fd:\(number)"
        }
    }
}

/// A setting that cannot be used, said in a sentence.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
