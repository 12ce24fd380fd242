/// Interim responses reach the client (RFC 8297). Absent for HTTP/1.0.
public struct EarlyHints: Sendable { public init() {} }

/// Trailer fields reach the client: it said `TE: trailers`, or the version of HTTP has them built in.
public struct Trailers: Sendable { public init() {} }

/// ``HTTPResponseEvent/flush`` hands everything to the operating system at once.
public struct FullFlush: Sendable { public init() {} }

/// A WebSocket can be denied with an HTTP response of the application's choice.
public struct DenialResponse: Sendable { public init() {} }

/// How the connection is secured. Present on TLS connections only.
public struct TLSInfo: Sendable {
    /// The protocol version as on the wire: 0x0303 is TLS 1.2 and 0x0304 is TLS 1.3.
    public var version: UInt16?
    /// The cipher suite as on the wire, such as 0x1301 (RFC 8446 §B.4).
    public var cipherSuite: UInt16?
    /// The certificate that the server presented, as PEM.
    public var serverCertificate: String?
    /// The certificates that the client presented, as PEM, its own first. Empty when it presented none.
    public var clientCertificateChain: [String]
    /// The subject of the client's certificate in the form of RFC 4514, such as "CN=alice,O=Example".
    public var clientCertificateName: String?
    /// Why the client's certificate was not accepted, when the server goes on without it.
    public var clientCertificateError: String?
    /// The name that the client asked for (RFC 6066 §3).
    public var serverName: String?
    /// The protocol agreed on, such as "http/1.1" (RFC 7301).
    public var applicationProtocol: String?

    public init(
        version: UInt16? = nil, cipherSuite: UInt16? = nil, serverCertificate: String? = nil,
        clientCertificateChain: [String] = [], clientCertificateName: String? = nil,
        clientCertificateError: String? = nil, serverName: String? = nil, applicationProtocol: String? = nil
    ) {
        self.version = version
        self.cipherSuite = cipherSuite
        self.serverCertificate = serverCertificate
        self.clientCertificateChain = clientCertificateChain
        self.clientCertificateName = clientCertificateName
        self.clientCertificateError = clientCertificateError
        self.serverName = serverName
        self.applicationProtocol = applicationProtocol
    }
}
