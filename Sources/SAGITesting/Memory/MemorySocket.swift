import NIOCore
import SAGI

/// One WebSocket in memory: where it stands, between the application and the client. Empty for any other exchange.
struct MemorySocket: Sendable {
    var rules = WebSocketRules(subprotocols: [])
    /// What the client asked for; nil when it asked for no WebSocket.
    let offer: SocketOffer?

    // Towards the application.
    var toldConnect = false
    private var queue: [WebSocketInbound] = []
    /// Bytes that wait for the application.
    private(set) var queuedBytes = 0
    /// What has gathered of a message of the client.
    private var part = ByteBuffer()
    /// What the client has said last, until it is answered.
    var farewell: (code: UInt16?, reason: String)?
    /// How the socket ended, for the application.
    var ending: (code: UInt16, reason: String)?
    /// The application has been told.
    var toldEnding = false

    var keepalive = MemoryKeepalive()

    /// A message beyond this size reaches the application in parts, as with a server.
    private static let partSize = 64 * 1024

    init(_ offer: SocketOffer?) {
        self.offer = offer
        if let offer { rules = WebSocketRules(subprotocols: offer.subprotocols) }
    }

    /// Whether there is a socket: it has been accepted, whatever became of it.
    var isAccepted: Bool {
        switch rules.phase {
        case .open, .closed: true
        case .connecting, .denied: false
        }
    }

    /// Takes a message of the client, or a part of one.
    mutating func take(_ bytes: ByteBuffer, isText: Bool, more: Bool) {
        part.writeImmutableBuffer(bytes)
        while part.readableBytes > Self.partSize || (part.readableBytes == Self.partSize && more) {
            guard let piece = part.readSlice(length: isText ? wholeCharacters : Self.partSize) else { break }
            append(piece, isText: isText, more: true)
        }
        guard !more else { return }
        append(part, isText: isText, more: false)
        part = ByteBuffer()
    }

    /// How many bytes of the part end with a whole character.
    private var wholeCharacters: Int {
        let bytes = part.readableBytesView
        guard bytes.count > Self.partSize else { return Self.partSize }
        var count = Self.partSize
        while count > 0, bytes[bytes.startIndex + count] & 0b1100_0000 == 0b1000_0000 { count -= 1 }
        return count
    }

    private mutating func append(_ bytes: ByteBuffer, isText: Bool, more: Bool) {
        queuedBytes += bytes.readableBytes
        queue.append(isText ? .text(String(buffer: bytes), more: more) : .bytes(bytes, more: more))
    }

    /// The next event for the application; nil when it has to wait.
    mutating func nextEvent() -> WebSocketInbound? {
        if !toldConnect {
            toldConnect = true
            return .connect
        }
        if !queue.isEmpty {
            let event = queue.removeFirst()
            switch event {
            case .text(let text, _): queuedBytes -= text.utf8.count
            case .bytes(let bytes, _): queuedBytes -= bytes.readableBytes
            case .connect, .disconnect: break
            }
            return event
        }
        if let ending {
            toldEnding = true
            return .disconnect(code: ending.code, reason: ending.reason)
        }
        return rules.phase == .denied ? WebSocketRules.afterDenial : nil
    }
}

/// When a WebSocket in memory pings its client, and when it takes it for gone.
struct MemoryKeepalive: Sendable {
    private(set) var interval: Duration?
    private(set) var timeout: Duration?
    /// When the client said anything.
    private var heard = ContinuousClock.now
    /// When it was asked, and has not answered.
    private var pinged: ContinuousClock.Instant?
    /// What waits for the next time.
    var timer: Task<Void, Never>?

    enum Due {
        case ping, clientIsGone
    }

    mutating func set(interval: Duration?, timeout: Duration?) {
        self.interval = interval
        self.timeout = timeout
    }

    mutating func heardClient() {
        heard = .now
        pinged = nil
    }

    /// When something is due; nil is never.
    var next: ContinuousClock.Instant? {
        guard let interval else { return nil }
        guard let pinged else { return heard + interval }
        return pinged + (timeout ?? interval)
    }

    /// What is due now.
    mutating func due() -> Due? {
        guard let next, next <= .now else { return nil }
        guard pinged != nil else {
            pinged = .now
            return .ping
        }
        if timeout != nil { return .clientIsGone }
        // Nothing is asked twice: the answer is waited for.
        pinged = .now
        return nil
    }
}
