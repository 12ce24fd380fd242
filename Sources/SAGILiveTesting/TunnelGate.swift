import NIOCore

/// Bytes for a connection that has become a WebSocket: an event for ``TunnelGate``, which sends them as they are.
struct TunnelBytes: Sendable {
    var bytes: ByteBuffer
}

/// Stands before the HTTP decoder of a connection that asks for a WebSocket. What follows `101 Switching Protocols` is no
/// HTTP, and goes to the exchange as it is.
final class TunnelGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Mode {
        /// The head of the response is still to come.
        case watching
        /// It is an ordinary response.
        case passing
        case tunnelling
    }

    private let handler: ResponseHandler
    private var mode = Mode.watching
    private var input = ByteBuffer()

    init(_ handler: ResponseHandler) { self.handler = handler }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        switch mode {
        case .passing: return context.fireChannelRead(data)
        case .tunnelling: return handler.tunnelled(bytes)
        case .watching: input.writeImmutableBuffer(bytes)
        }
        while mode == .watching, let end = input.endOfHead, let head = input.readSlice(length: end) {
            let start = String(buffer: head.getSlice(at: head.readerIndex, length: min(12, end)) ?? ByteBuffer())
            if start == "HTTP/1.1 101" {
                mode = .tunnelling
            } else if !start.hasPrefix("HTTP/1.1 1") {
                mode = .passing
            }
            context.fireChannelRead(Self.wrapInboundOut(head))
        }
        guard mode != .watching, input.readableBytes > 0 else { return }
        let rest = input
        input = ByteBuffer()
        if mode == .passing { context.fireChannelRead(Self.wrapInboundOut(rest)) } else { handler.tunnelled(rest) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let event = event as? TunnelBytes else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        context.writeAndFlush(Self.wrapOutboundOut(event.bytes), promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A response that breaks off in its head: the decoder says so.
        if input.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(input)) }
        context.fireChannelInactive()
    }
}

extension ByteBuffer {
    /// How many bytes the first head has, with the blank line that ends it.
    fileprivate var endOfHead: Int? {
        let bytes = readableBytesView
        var matched = 0
        let pattern = Array("\r\n\r\n".utf8)
        for (index, byte) in bytes.enumerated() {
            matched = byte == pattern[matched] ? matched + 1 : byte == pattern[0] ? 1 : 0
            if matched == pattern.count { return index + 1 }
        }
        return nil
    }
}
