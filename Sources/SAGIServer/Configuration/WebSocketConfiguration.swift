/// What a server does about WebSockets (RFC 6455).
public struct WebSocketConfiguration: Sendable, Equatable {
    /// Bytes in one frame. Beyond: the socket is closed with 1009. Default 16 MiB.
    public var frameSize = 16 * 1024 * 1024
    /// Bytes in one message, after inflating. Beyond: 1009. Default 16 MiB.
    public var messageSize = 16 * 1024 * 1024
    /// Frames in one message. Beyond: 1009. Default 131 072.
    public var fragments = 131_072
    /// A message beyond this size reaches the application in parts of about this size, as they arrive; a shorter one
    /// whole. Default 64 KiB.
    public var partSize = 64 * 1024
    /// Messages that wait for an application that does not receive; then the socket is not read. Default 64.
    public var queuedMessages = 64
    /// Bytes of them; then the socket is not read. Default 256 KiB.
    public var queuedBytes = 256 * 1024
    /// WebSockets at once. Beyond: 503 with `Retry-After`. Default `nil`: no limit but that of connections.
    public var connections: Int?
    /// The origins whose pages may open a WebSocket (RFC 6455 §10.2), as in "https://example.org"; a handshake from
    /// another one, or with none that can be read, is answered 403. A handshake without `Origin` is no browser's, and
    /// is let through. Default empty: all.
    public var origins: [String] = []

    /// For the application to accept or deny. Then: 503. Default 30 s; `nil` is for ever.
    public var handshakeTimeout: Duration? = .seconds(30)
    /// Without a message in either direction. Then the socket is closed with 1001. Default `nil`: for ever.
    public var idleTimeout: Duration?
    /// For the peer to answer a Close frame. Then the connection is closed. Default 5 s.
    public var closeTimeout: Duration = .seconds(5)
    /// A ping is sent when nothing has arrived for this long, unless the application says otherwise. Default 20 s;
    /// `nil` sends none.
    public var pingInterval: Duration? = .seconds(20)
    /// For anything to arrive after a ping. Then the peer counts as gone. Default 20 s; `nil` waits for ever.
    public var pingTimeout: Duration? = .seconds(20)

    /// Whether messages are compressed for clients that offer it (RFC 7692). `nil` is no compression.
    public var compression: Compression? = Compression()

    public init() {}

    /// The compression of messages: permessage-deflate.
    public struct Compression: Sendable, Equatable {
        /// Messages that are shorter are sent as they are. Default 256 bytes.
        public var threshold = 256
        /// The window that the server compresses with, as a power of two: 9 to 15. Default 12, which is 4 KiB.
        public var serverWindowBits = 12
        /// The window that clients which can limit it are asked to compress with: 9 to 15. Default 12.
        public var clientWindowBits = 12
        /// Whether messages may refer to those before them, which makes small ones much smaller, and costs memory for
        /// each socket. Default true.
        public var contextTakeover = true
        /// zlib's level: 1, the fastest, to 9. Default 1.
        public var level = 1
        /// How much memory zlib works with for each socket: 1 to 9, for 1 to 256 KiB. Default 5, which is 16 KiB.
        public var memoryLevel = 5
        /// The memory of a socket's compression is given back after so long without a message. Default `nil`: it is
        /// kept.
        public var releaseAfter: Duration?

        public init() {}
    }
}
