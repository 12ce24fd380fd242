import Logging
import NIOCore
import NIOSSL
import NIOTLS
import SAGI

/// Reads the name that a client asks for out of its hello, and puts the handlers for it behind itself.
final class TLSGreeter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let makeHandlers: (String?, any Channel) throws -> [any ChannelHandler]

    init(_ makeHandlers: @escaping (String?, any Channel) throws -> [any ChannelHandler]) {
        self.makeHandlers = makeHandlers
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let channel = context.channel
        let parser = ByteToMessageHandler(
            SNIHandler { result in
                let name: String? = if case .hostname(let name) = result { name } else { nil }
                return channel.eventLoop.makeCompletedFuture {
                    do {
                        let handlers = try handler.value.makeHandlers(name, channel)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandlers(handlers, position: .after(handler.value))
                        pipeline.removeHandler(handler.value, promise: nil)
                    } catch {
                        channel.close(promise: nil)
                        throw error
                    }
                }
            })
        do {
            try context.pipeline.syncOperations.addHandler(parser, position: .before(self))
        } catch {
            context.close(promise: nil)
        }
    }
}

/// Notes the cipher suite in the server's hello, which goes out in the clear (RFC 8446 §4.1.3), and leaves.
final class ServerHelloObserver: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let facts: ConnectionFacts
    private var isDone = false

    init(_ facts: ConnectionFacts) { self.facts = facts }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let suite = Self.cipherSuite(unwrapOutboundIn(data)) {
            facts.tls.cipherSuite = suite
            isDone = true
        }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        // Not earlier: the context of a handler that has left passes nothing on.
        context.flush()
        if isDone { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    /// The cipher suite in a record that begins with a ServerHello.
    static func cipherSuite(_ bytes: ByteBuffer) -> UInt16? {
        // Record: type 22, version, length. Handshake: type 2, length. Hello: version, random, session.
        let base = bytes.readerIndex
        guard bytes.getInteger(at: base, as: UInt8.self) == 22, bytes.getInteger(at: base + 5, as: UInt8.self) == 2,
            let session = bytes.getInteger(at: base + 43, as: UInt8.self)
        else { return nil }
        return bytes.getInteger(at: base + 44 + Int(session), as: UInt16.self)
    }
}

/// Notes what was agreed on when the handshake is over.
final class HandshakeObserver: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let facts: ConnectionFacts
    private let tls: NIOSSLServerHandler
    private let logger: Logger

    init(_ facts: ConnectionFacts, tls: NIOSSLServerHandler, logger: Logger) {
        self.facts = facts
        self.tls = tls
        self.logger = logger
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            facts.tls.applicationProtocol = negotiated
            facts.tls.version =
                switch tls.tlsVersion {
                case .tlsv12: 0x0303
                case .tlsv13: 0x0304
                default: nil
                }
            facts.noteClient()
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("A TLS handshake failed: \(String(describing: error))")
        context.fireErrorCaught(error)
    }
}

/// PEM (RFC 7468).
enum PEM {
    static func encode(_ der: [UInt8], _ label: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: der.count, by: 3) {
            let group = der[start..<min(start + 3, der.count)]
            var bits = group.reduce(0) { $0 << 8 | UInt32($1) }
            bits <<= 8 * UInt32(3 - group.count)
            for index in 0..<4 {
                text.append(
                    index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index)) & 63] : UInt8(ascii: "="))
            }
            if (start / 3 + 1) % 16 == 0 { text.append(0x0A) }
        }
        if text.last != 0x0A { text.append(0x0A) }
        return "-----BEGIN \(label)-----\n\(String(decoding: text, as: UTF8.self))-----END \(label)-----\n"
    }
}
