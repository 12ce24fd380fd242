import NIOCore
import NIOHTTP1
import NIOSSL
import SAGITesting
import Synchronization

/// A connection to a server, which carries one exchange after another.
final class LiveConnection: Sendable {
    let channel: any Channel
    let handler: ResponseHandler

    private init(_ channel: any Channel, _ handler: ResponseHandler) {
        self.channel = channel
        self.handler = handler
    }

    static func addHandlers(
        to channel: any Channel, tls: NIOSSLContext?, serverName: String?, opensSocket: Bool
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: serverName)) }
        let handler = ResponseHandler()
        if opensSocket { try pipeline.addHandler(TunnelGate(handler)) }
        // The request is sent as the test wants it, right or wrong.
        var encoding = HTTPRequestEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        try pipeline.addHandler(HTTPRequestEncoder(configuration: encoding))
        try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(informationalResponseStrategy: .forward)))
        try pipeline.addHandler(handler)
    }

    /// The connection behind a channel to which ``addHandlers(to:tls:serverName:opensSocket:)`` has been applied.
    static func make(_ channel: any Channel) async throws -> LiveConnection {
        let handler = try await channel.pipeline.handler(type: ResponseHandler.self).get()
        return LiveConnection(channel, handler)
    }
}

/// Hands what arrives to the exchange that the connection carries.
final class ResponseHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let exchange = Mutex<LiveChannel?>(nil)

    /// The exchange that gets what arrives from now on.
    func carry(_ next: LiveChannel?) { exchange.withLock { $0 = next } }

    private var current: LiveChannel? { exchange.withLock { $0 } }

    /// Whether the connection has become a WebSocket.
    var carriesSocket: Bool { current?.isSocket ?? false }

    /// What arrives on a connection that is no HTTP any more.
    func tunnelled(_ bytes: ByteBuffer) { current?.tunnelled(bytes) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let current else { return context.close(promise: nil) }
        current.received(Self.unwrapInboundIn(data))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        current?.writabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A response that breaks off, a handshake that fails: the exchange learns of it from the end.
        current?.failed(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        current?.closed()
        carry(nil)
        context.fireChannelInactive()
    }
}
