import Logging
package import SAGIServer

/// Everything that the options of a server say, before it becomes a ``ServerConfiguration``.
package struct ServerSettings: Sendable {
    /// The application's own configuration, changed by every option that stands for one field of it.
    package var configuration: ServerConfiguration

    // Where the server listens.
    var bindings: [Binding] = []
    var secureBindings: [Binding] = []
    var proxyProtocol: Bool?
    var unixMode: UInt16?
    var ipv6Only: Bool?

    // TLS, for every listener that uses it.
    var tls: TLSOptions
    package var certificates: [String] = []
    package var keys: [String] = []
    var keyPassword: String?
    var keyPasswordFiles: [String] = []

    // The compression of WebSockets' messages.
    var compressesMessages: Bool
    var deflate: WebSocketConfiguration.Compression

    var accessLog: AccessLogConfiguration.Destination?
    var accessLogFormat: String

    // The program around the server.
    package var isQuiet = false
    package var color: Bool?
    package var pidFile: String?
    var configurationFile: String?

    /// Whether there is an address for TLS.
    package var listensSecurely: Bool {
        !secureBindings.isEmpty || (bindings.isEmpty && configuration.listeners.contains { $0.tls != nil })
    }

    /// - Parameter configuration: what holds where no option says otherwise.
    package init(_ configuration: ServerConfiguration = ServerConfiguration()) {
        self.configuration = configuration
        tls = configuration.listeners.lazy.compactMap(\.tls).first ?? TLSOptions(identities: [])
        compressesMessages = configuration.webSocket.compression != nil
        deflate = configuration.webSocket.compression ?? WebSocketConfiguration.Compression()
        accessLog = configuration.accessLog?.destination
        accessLogFormat = configuration.accessLog?.format ?? AccessLogConfiguration().format
    }
}
