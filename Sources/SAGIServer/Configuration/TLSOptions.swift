/// How a listener uses TLS.
public struct TLSOptions: Sendable, Equatable {
    /// The server's certificates with their keys. The first one is the default; the others are used for the names
    /// that they certify, when a client asks for one of them (SNI).
    public var identities: [Identity]
    /// The lowest version that is accepted. Default TLS 1.2.
    public var minimumVersion = Version.tls12
    /// The cipher suites for TLS 1.2, in OpenSSL's notation. Default: those of SwiftNIO SSL, all with forward
    /// secrecy.
    public var cipherSuites: String?
    /// Whether clients have to present a certificate. Default ``ClientCertificates/none``.
    public var clientCertificates = ClientCertificates.none
    /// A PEM file with the authorities that may have signed a client's certificate.
    public var clientAuthorities: String?
    /// The protocols offered, best first (ALPN). Default "h2" and "http/1.1"; "h2" is left out where HTTP/2 is off.
    public var applicationProtocols = ["h2", "http/1.1"]
    /// How often the files are looked at; a changed certificate is used for new connections. `nil` is only when
    /// ``Server/reloadCertificates()`` is called. Default 10 s.
    public var reloadInterval: Duration? = .seconds(10)

    public init(identities: [Identity]) { self.identities = identities }

    /// A certificate with its chain, and its key.
    public struct Identity: Sendable, Equatable {
        /// A PEM file: the certificate, and after it those that lead to an authority.
        public var certificate: String
        /// A PEM file with the key.
        public var key: String
        /// The password of an encrypted key.
        public var keyPassword: String?

        public init(certificate: String, key: String, keyPassword: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.keyPassword = keyPassword
        }
    }

    public enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    public enum ClientCertificates: String, Sendable, CaseIterable {
        /// They are not asked for.
        case none
        /// They are asked for. One that is not valid counts as none, and `TLSInfo` says why.
        case optional
        /// A connection without a valid one is refused.
        case required
    }
}
