public import Logging

/// Everything that can be set on a server, each with a default that is safe on the open internet.
public struct ServerConfiguration: Sendable {
    /// Where the server listens. Default: cleartext on 127.0.0.1:8000.
    public var listeners: [ListenerConfiguration] = [ListenerConfiguration(.tcp(host: "127.0.0.1", port: 8000))]
    /// The length of a listener's queue of connections that wait to be accepted. Default 2048; the operating
    /// system may cut it.
    public var backlog = 2048
    /// One listening socket for each event loop with `SO_REUSEPORT`, between which the kernel spreads the
    /// connections. Default false: one socket, connections dealt out in turn.
    public var reusePort = false
    /// The number of event loops when the server makes its own. Default `nil`: one for each core.
    public var eventLoops: Int?

    public var limits = Limits()
    public var timeouts = Timeouts()
    public var http2 = HTTP2Configuration()
    public var webSocket = WebSocketConfiguration()
    public var eventStream = EventStreamConfiguration()
    /// What a program does around the server; ``Server`` itself is always one process.
    public var processes = ProcessConfiguration()
    /// Building and starting anew under development.
    public var reload = ReloadConfiguration()

    /// Whether the application is told of its server's life. Default ``LifespanMode/auto``.
    public var lifespan = LifespanMode.auto
    /// Where this application is mounted: `rootPath` of every scope. Default empty.
    public var rootPath = ""
    /// The hosts that are served here; a request for another one is answered 421 (RFC 9110 §15.5.20). A name may
    /// begin with `*.`. Default empty: every host.
    public var serverNames: [String] = []
    /// The `Server` field of every response; `nil` is none. Default "sagi".
    public var serverField: String? = "sagi"
    /// Whether every response has a `Date` (RFC 9110 §6.6.1). Default true.
    public var addsDate = true
    /// The `Alt-Svc` field of every response (RFC 7838), for a service that really is there. Default none.
    public var altSvc: String?
    /// Whether a line may end with LF alone (RFC 9112 §2.2). Default false.
    public var allowsBareLineFeed = false
    /// Whether the application runs on its connection's event loop. False runs it on the global pool: slower,
    /// but it may block. Default true.
    public var runsApplicationOnLoop = true
    /// Whether the task of an exchange is cancelled when its peer has gone. Default true.
    public var cancelsOnDisconnect = true

    /// The access log; `nil` is none. Default none.
    public var accessLog: AccessLogConfiguration?
    /// How much the server itself logs. Default `info`.
    public var logLevel = Logger.Level.info

    public init() {}

    /// How much the server takes before it refuses.
    public struct Limits: Sendable, Equatable {
        /// Bytes of the request line. Beyond: 414. Default 8 KiB.
        public var requestLine = 8 * 1024
        /// Bytes of the request line and all header fields. Beyond: 431. Default 32 KiB.
        public var headerSection = 32 * 1024
        /// Header fields. Beyond: 431. Default 100.
        public var headerCount = 100
        /// Bytes of a request's content; `nil` is no limit. Beyond: 413. Default 16 MiB.
        public var body: Int? = 16 * 1024 * 1024
        /// Bytes of a request's trailer section. Beyond: 431. Default 8 KiB.
        public var trailerSection = 8 * 1024
        /// Bytes of chunk extensions in one request. Beyond: 400. Default 16 KiB.
        public var chunkExtensions = 16 * 1024
        /// Bytes that wait for an application that does not receive, pipelined requests among them; then the
        /// socket is not read. Default 64 KiB.
        public var inputBuffer = 64 * 1024
        /// Bytes of content that are read and thrown away to keep a connection whose application did not want
        /// them; beyond, it is closed. Default 64 KiB.
        public var drain = 64 * 1024
        /// Bytes a second that a peer has to send while content is waited for, and to take while a response waits to
        /// be sent, on average over the time-out of each; slower ones are cut off like those that send or take
        /// nothing. Default 240; `nil` is no limit.
        public var minimumRate: Int? = 240
        /// Connections at once. Beyond: 503 with `Retry-After`. Default 16 384; `nil` is no limit.
        public var connections: Int? = 16_384
        /// Requests on one connection; then it is closed. Default `nil`: no limit.
        public var requestsPerConnection: Int?
        /// Bytes waiting to be sent from which on `send` suspends. Default 64 KiB.
        public var highWaterMark = 64 * 1024
        /// Bytes waiting to be sent below which `send` resumes. Default 16 KiB.
        public var lowWaterMark = 16 * 1024

        public init() {}
    }

    /// How long the server waits. `nil` is for ever.
    public struct Timeouts: Sendable, Equatable {
        /// For the whole head of a request, from its first byte (of the first request: from the connection's
        /// start). Then: 408. Default 15 s.
        public var requestHeader: Duration? = .seconds(15)
        /// For more content, while the application waits for it. Then: 408. Default 30 s.
        public var bodyStall: Duration? = .seconds(30)
        /// For the next request on an idle connection. Then it is closed. Default 75 s.
        public var keepAlive: Duration? = .seconds(75)
        /// For the peer to take anything of what waits to be sent. Then the connection is reset. Default 30 s.
        public var writeStall: Duration? = .seconds(30)
        /// The age from which on a connection serves no further request. Default `nil`.
        public var connectionAge: Duration?
        /// For a TLS handshake, and for a PROXY protocol header. Default 10 s.
        public var handshake: Duration? = .seconds(10)
        /// After the peer closed its sending half, for a response that has not begun to move; then the peer
        /// counts as gone. Default 1 s.
        public var halfClosed: Duration? = .seconds(1)
        /// For the peer to close, after the server's last response on a connection. Default 2 s.
        public var linger: Duration = .seconds(2)
        /// For the application's startup. Default 60 s.
        public var startup: Duration? = .seconds(60)
        /// For running exchanges to end when the server shuts down, and then again for the application's
        /// shutdown. Default 30 s.
        public var shutdown: Duration = .seconds(30)
        /// When shutting down, for a request that is on its way on an idle connection. Default 250 ms.
        public var shutdownGrace: Duration = .milliseconds(250)

        public init() {}
    }
}

/// Whether an application is told of its server's life.
public enum LifespanMode: String, Sendable, CaseIterable {
    /// It is told, and may decline by throwing or returning.
    case auto
    /// It is told, and declining stops the server.
    case on
    /// It is not told.
    case off
}
