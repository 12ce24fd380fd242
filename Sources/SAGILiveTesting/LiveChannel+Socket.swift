import HTTPTypes
import NIOCore
import SAGITesting
import Synchronization
import WebSocketProtocol

/// A connection that has become a WebSocket.
extension LiveChannel: SocketChannel {
    /// Whether the exchange is one now, or has been.
    var isSocket: Bool { codec.withLock { $0 != nil } }

    var socket: (any SocketChannel)? { isSocket ? self : nil }

    /// The server has accepted the handshake.
    func openSocket(_ fields: HTTPFields, _ offer: SocketOffer) throws(BrokenHandshake) {
        try codec.withLock { codec throws(BrokenHandshake) in codec = try SocketCodec(fields, of: offer) }
    }

    func send(_ frame: SocketFrame) async throws {
        try await state.wait { state in state.end != nil || state.isWritable ? () : nil }
        answer(frame)
    }

    func answer(_ frame: SocketFrame) {
        let channel = connection.channel
        codec.withLock { codec in
            guard let bytes = codec?.encode(frame) else { return }
            // Handed over in the order in which the frames were encoded.
            channel.triggerUserOutboundEvent(TunnelBytes(bytes: bytes), promise: nil)
        }
    }

    /// What arrives on the socket. On the event loop.
    func tunnelled(_ bytes: ByteBuffer) {
        guard let inbox = offer?.inbox, state.withLock({ $0.end }) == nil else { return }
        let (frames, violation) = codec.withLock { $0?.decode(bytes) } ?? ([], nil)
        for frame in frames { inbox.received(frame, by: self) }
        if let violation {
            answer(.close(code: violation.closeCode, reason: violation.sentence))
            inbox.ended("The server broke the protocol. \(violation.sentence)")
            return connection.channel.close(promise: nil)
        }
        pauseIfFull(inbox)
    }

    func taken(_ count: Int) {
        if let inbox = offer?.inbox { pauseIfFull(inbox) }
    }

    /// A test that does not receive is a client that does not read.
    private func pauseIfFull(_ inbox: SocketInbox) {
        state.withLock { [channel = connection.channel] state in
            let isFull = inbox.waitingBytes >= Self.inputBuffer
            guard state.isPaused != isFull else { return }
            state.isPaused = isFull
            // In the order of the decisions, which are made under the lock.
            channel.eventLoop.execute { channel.setOption(.autoRead, value: !isFull).whenComplete { _ in } }
        }
    }
}
