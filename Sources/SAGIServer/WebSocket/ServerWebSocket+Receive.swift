import NIOCore
import SAGI
import Synchronization
import WebSocketProtocol

extension ServerWebSocket: TunnelHandler {
    func received(_ bytes: ByteBuffer) {
        if clock.heard(loop.now) { updateTimer() }
        guard farewell == nil else { return }
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeImmutableBuffer(bytes)
        }
        readMessages()
    }

    func receivedEnd() {
        guard ending == nil, farewell == nil else { return }
        // RFC 6455 §7.1.5: without a Close frame.
        end(code: CloseCode.abnormal, reason: DisconnectReason.clientClosed.name, .clientClosed)
    }

    /// Reads what has arrived, as far as the application keeps up. What it leaves stays with the peer.
    func readMessages() {
        guard let tunnel, ending == nil, farewell == nil, rules.phase != .connecting else { return }
        do throws(WebSocketError) {
            while input.readableBytes > 0, farewell == nil, !queue.isFull(settings),
                let event = try decoder.next(&input)
            {
                take(event, tunnel)
            }
        } catch {
            end(with: .violation(error))
        }
        if input.readableBytes == 0 || farewell != nil { input = ByteBuffer() }
        tunnel.setReading(!queue.isFull(settings))
    }

    private func take(_ event: WebSocketEvent, _ tunnel: any ByteTunnel) {
        switch event {
        case .text(let text, let more): deliver(.text(text, more: more))
        case .bytes(let bytes, let more): deliver(.bytes(bytes, more: more))
        case .pong: break
        case .ping(let payload):
            guard !sentClose else { return }
            // RFC 6455 §5.5.3: the last of several pings may be answered alone. A peer that sends pings and reads nothing
            // gets no more than that.
            guard tunnel.isWritable else { return unansweredPing = payload }
            payload.withUnsafeReadableBytes { encoder.writePong($0, into: tunnel.outputBuffer()) }
        case .close(let code, let reason):
            end(with: .close(code: code, reason: reason))
        }
    }

    private func end(with farewell: Farewell) {
        self.farewell = farewell
        loop.atTurnEnd(self)
    }

    private func deliver(_ event: WebSocketInbound) {
        // Who has closed wants nothing more.
        guard rules.phase == .open else { return }
        if clock.talked(loop.now) { updateTimer() }
        guard queue.isEmpty, let receiver = receiver.take() else { return queue.append(event) }
        receiver.continuation.resume(returning: event)
    }

    // MARK: The application

    func poll() throws -> WebSocketInbound? {
        guard loop.isInThisTurn, !toldEnding else { return nil }
        return try pollOnLoop()
    }

    private func pollOnLoop() throws -> WebSocketInbound? {
        guard receiver == nil else { throw ExchangeError.concurrentReceive }
        if !toldConnect {
            toldConnect = true
            return .connect
        }
        let wasFull = queue.isFull(settings)
        if let event = queue.next() {
            if wasFull { readMessages() }
            return event
        }
        if let ending {
            toldEnding = true
            return .disconnect(code: ending.code, reason: ending.reason)
        }
        return rules.phase == .denied ? WebSocketRules.afterDenial : nil
    }

    func wait(_ pending: PendingReceive<WebSocketInbound>) {
        if toldEnding, let ending {
            return inAnotherTurn {
                pending.continuation.resume(returning: .disconnect(code: ending.code, reason: ending.reason))
            }
        }
        do {
            if let event = try pollOnLoop() { return pending.continuation.resume(returning: event) }
        } catch {
            return pending.continuation.resume(throwing: error)
        }
        if let waiter = pending.waiter, waiter.isCancelled.load(ordering: .acquiring) {
            return pending.continuation.resume(throwing: CancellationError())
        }
        receiver = pending
    }

    func cancelReceive(_ waiter: Waiter) {
        guard let receiver, receiver.waiter === waiter else { return }
        self.receiver = nil
        receiver.continuation.resume(throwing: CancellationError())
    }

    /// The socket has ended: nobody waits any longer.
    func resumeAll() {
        if let receiver = receiver.take(), let ending {
            toldEnding = true
            receiver.continuation.resume(returning: .disconnect(code: ending.code, reason: ending.reason))
        }
        let sends = pendingSends
        pendingSends = []
        for send in sends { send.continuation.resume() }
    }
}
