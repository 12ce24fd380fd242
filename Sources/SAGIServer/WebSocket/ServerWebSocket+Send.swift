import HTTPTypes
import NIOCore
import SAGI
import Synchronization
import WebSocketProtocol

extension ServerWebSocket: LoopExchange {
    var task: UnsafeRawPointer? { exchange.task }

    func offer(_ event: WebSocketOutbound) throws -> Bool {
        guard loop.isInThisTurn, ending == nil, pendingSends.isEmpty, let tunnel, tunnel.makeWritable() else {
            return false
        }
        try take(event, tunnel)
        return true
    }

    func enqueue(_ pending: PendingSend<WebSocketOutbound>) {
        if let waiter = pending.waiter, waiter.isCancelled.load(ordering: .acquiring), ending == nil {
            return pending.continuation.resume(throwing: CancellationError())
        }
        guard ending == nil else { return inAnotherTurn { pending.continuation.resume() } }
        pendingSends.append(pending)
        sendPending()
    }

    func cancelSend(_ waiter: Waiter) {
        guard let index = pendingSends.firstIndex(where: { $0.waiter === waiter }), ending == nil else { return }
        pendingSends.remove(at: index).continuation.resume(throwing: CancellationError())
    }

    /// Takes what waits, as far as the peer takes it.
    func sendPending() {
        while !pendingSends.isEmpty {
            guard let tunnel, ending == nil else { return resumeAll() }
            guard tunnel.makeWritable() else { return exchange.outputGrew() }
            let pending = pendingSends.removeFirst()
            pending.continuation.resume(with: Result { try take(pending.event, tunnel) })
        }
    }

    /// The tunnel has become writable, or has drained.
    func writabilityChanged() {
        if let payload = unansweredPing, let tunnel, !sentClose, tunnel.isWritable {
            unansweredPing = nil
            payload.withUnsafeReadableBytes { encoder.writePong($0, into: tunnel.outputBuffer()) }
        }
        sendPending()
    }

    private func take(_ event: WebSocketOutbound, _ tunnel: any ByteTunnel) throws {
        switch event {
        case .text(let text, let more):
            try rules.message(isText: true, more: more)
            var text = text
            text.withUTF8 { bytes in
                encoder.write(.text, UnsafeRawBufferPointer(bytes), more: more, into: tunnel.outputBuffer())
                sent(bytes.count)
            }
        case .bytes(let bytes, let more):
            try rules.message(isText: false, more: more)
            send(bytes, more: more, tunnel)
        case .accept(let subprotocol, let fields, let compression):
            try rules.checkAccept(subprotocol)
            try accept(subprotocol, fields, compression: compression, tunnel)
        case .keepalive(let interval, let timeout):
            try rules.checkOpen()
            clock.pingInterval = interval.map(TimeAmount.init)
            clock.pingTimeout = timeout.map(TimeAmount.init)
            updateTimer()
        case .close(let code, let reason):
            let wasConnecting = rules.phase == .connecting
            guard try rules.close(code: code, reason: reason) else { return }
            // There is no socket yet that could be closed.
            if wasConnecting { return try deny(HTTPResponse(status: .forbidden), ByteBuffer()) }
            startClose(code, reason)
        case .deny(let response, let body):
            try rules.checkDenial(response)
            try deny(response, body)
        }
    }

    private func send(_ bytes: ByteBuffer, more: Bool, _ tunnel: any ByteTunnel) {
        let count = bytes.readableBytes
        if count > 16 * 1024, encoder.sendsPlain(count, more: more) {
            encoder.writeHead(.binary, count: count, more: more, into: tunnel.outputBuffer())
            tunnel.sendUncopied(bytes)
        } else {
            bytes.withUnsafeReadableBytes { encoder.write(.binary, $0, more: more, into: tunnel.outputBuffer()) }
        }
        sent(count)
    }

    private func sent(_ count: Int) {
        exchange.contentBytes &+= count
        tunnel?.countOutput(count)
        if clock.talked(loop.now) { updateTimer() }
        if count > 4096 { exchange.outputGrew() }
    }
}
