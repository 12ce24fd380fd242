public import Logging
public import SAGIServer

/// How a live server is set up, and how its client reaches it.
public struct LiveOptions: Sendable {
    /// Everything of the server. Ports are replaced by 0, so that tests never meet. Default: cleartext on 127.0.0.1.
    public var server = ServerConfiguration()
    /// Whether the server's certificate is looked at. Default ``Trust/none``.
    public var trust = Trust.none
    /// The name that a TLS client asks for and, with trust, looks for in the certificate. Default "localhost".
    public var serverName: String? = "localhost"
    /// The certificate that a TLS client presents. Default none.
    public var identity: TLSOptions.Identity?
    /// Where the server logs. Default: nowhere.
    public var logger = Logger(label: "sagi.testing") { _ in SwiftLogNoOpLogHandler() }

    public init() {}

    /// Which certificates a client accepts.
    public enum Trust: Sendable, Hashable {
        /// Any at all.
        case none
        /// Those that an authority in this PEM file has signed.
        case file(String)
    }
}
