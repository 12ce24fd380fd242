public import Logging
public import SAGI

/// What an application sees of a server that exists in memory only.
public struct InMemoryOptions: Sendable {
    /// The scheme of a target that names none. Default "http".
    public var scheme = "http"
    /// The host and port of a target that names none. Default "testserver".
    public var authority = "testserver"
    /// The version of HTTP. Default HTTP/1.1.
    public var version = HTTPVersion.http11
    /// The client's address. Default 127.0.0.1:50000.
    public var client: PeerAddress? = .ip("127.0.0.1", port: 50000)
    /// The server's address. Default 127.0.0.1:80.
    public var server: PeerAddress? = .ip("127.0.0.1", port: 80)
    /// Where the application is mounted. Default empty.
    public var rootPath = ""
    /// The state of every exchange, instead of what the application prepared at startup. Default `nil`.
    public var state: State?
    /// Capabilities beyond those that there really are in memory (`EarlyHints`, `Trailers`, `FullFlush` and
    /// `DenialResponse`), such as a `TLSInfo`. They win over those.
    public var extensions = Extensions()
    /// Whether the application is told of its server's life. Default ``Lifespan/auto``.
    public var lifespan = Lifespan.auto
    /// Whether the task of an exchange is cancelled when its client has gone. Default true.
    public var cancelsOnDisconnect = true
    /// For an application to notice that its WebSocket was closed in good order. Then its task is cancelled. Default
    /// 5 seconds.
    public var closeTimeout = Duration.seconds(5)
    /// Bytes waiting for the client from which on `send` suspends. Default 64 KiB.
    public var highWaterMark = 64 * 1024
    /// Bytes waiting for the client below which `send` resumes. Default 16 KiB.
    public var lowWaterMark = 16 * 1024
    /// Bytes of a request, or of messages on a WebSocket, waiting for the application from which on the client waits.
    /// Default 64 KiB.
    public var inputBuffer = 64 * 1024
    /// What the loggers of scopes are made from. Default: one that writes nothing.
    public var logger = Logger(label: "sagi.testing") { _ in SwiftLogNoOpLogHandler() }

    public init() {}

    /// Whether an application is told of its server's life.
    public enum Lifespan: Sendable {
        /// It is told, and may decline by throwing or returning.
        case auto
        /// It is told, and declining fails the test.
        case on
        /// It is not told.
        case off
    }
}
