import NIOCore
import WebSocketProtocol

/// A ``WebSocketConfiguration`` as the event loops use it.
struct WebSocketSettings: Sendable {
    let limits: WebSocketLimits
    let queuedMessages: Int
    let queuedBytes: Int
    let connections: Int?
    let origins: Set<String>
    let handshakeTimeout: TimeAmount?
    let idleTimeout: TimeAmount?
    let closeTimeout: TimeAmount
    let pingInterval: TimeAmount?
    let pingTimeout: TimeAmount?
    let deflate: DeflateOptions?
    let threshold: Int
    let releaseAfter: TimeAmount?

    init(_ configuration: WebSocketConfiguration) {
        var limits = WebSocketLimits()
        limits.frame = configuration.frameSize
        limits.message = configuration.messageSize
        limits.fragments = configuration.fragments
        limits.part = configuration.partSize
        self.limits = limits
        queuedMessages = configuration.queuedMessages
        queuedBytes = configuration.queuedBytes
        connections = configuration.connections
        origins = Set(configuration.origins.map { $0.lowercased() })
        handshakeTimeout = configuration.handshakeTimeout.map(TimeAmount.init)
        idleTimeout = configuration.idleTimeout.map(TimeAmount.init)
        closeTimeout = TimeAmount(configuration.closeTimeout)
        pingInterval = configuration.pingInterval.map(TimeAmount.init)
        pingTimeout = configuration.pingTimeout.map(TimeAmount.init)
        deflate = configuration.compression.map { compression in
            var options = DeflateOptions()
            options.serverWindowBits = compression.serverWindowBits
            options.clientWindowBits = compression.clientWindowBits
            options.keepsContext = compression.contextTakeover
            options.level = compression.level
            options.memoryLevel = compression.memoryLevel
            return options
        }
        threshold = configuration.compression?.threshold ?? 0
        releaseAfter = configuration.compression?.releaseAfter.map(TimeAmount.init)
    }

    /// Whether pages of `origin` may open a WebSocket.
    func allows(origin: String?) -> Bool {
        guard !origins.isEmpty, let origin else { return true }
        return origins.contains(origin.lowercased())
    }
}
