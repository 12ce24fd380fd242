import NIOCore
import SAGI

/// The client's end of a WebSocket in memory.
extension MemoryExchange: SocketChannel {
    func send(_ frame: SocketFrame) async throws {
        defer { runActions() }
        try await monitor.wait { [self] state -> Void? in
            guard state.socket.ending == nil else { return () }
            guard state.socket.queuedBytes < facts.inputBuffer else { return nil }
            return state.receive(frame, self)
        }
    }

    func answer(_ frame: SocketFrame) {
        // The application is not woken for what nobody wants any more.
        guard monitor.withLock({ $0.socket.ending == nil }) else { return }
        change { $0.receive(frame, self) }
    }

    func taken(_ count: Int) { change { $0.actions += $0.core.drain(count) } }

    /// Answers the client's farewell, now that the application has had the messages before it and could answer them.
    fileprivate func answerFarewell() {
        end { state in
            guard let farewell = state.socket.farewell else { return }
            // RFC 6455 §5.5.1: with its own code, unless it is the answer to ours.
            if state.socket.rules.phase == .open {
                state.sendToClient(.close(code: farewell.code, reason: ""), self)
            }
            // RFC 6455 §7.1.5: a Close frame without a code is 1005.
            state.endSocket(farewell.code ?? 1005, farewell.reason, nil, self)
        }
    }

    /// The server goes down, and says so.
    func shutDown() {
        end { state in
            if state.endsOnReturn, state.core.isOpen {
                // The client of an event stream knows what to ask for next: it is whole.
                state.closeHead()
                state.finish(.complete)
            }
            guard state.socket.rules.phase == .open, state.socket.ending == nil else { return }
            state.sendToClient(.close(code: 1001, reason: "The server is shutting down."), self)
            state.endSocket(1001, DisconnectReason.serverShutdown.name, .serverShutdown, self)
        }
        disconnect(.serverShutdown)
    }

    // MARK: Time

    /// A conversation that ended in good order is not cut off in what it still does. But an application that only sends
    /// does not notice, and is cancelled when it has had time to.
    fileprivate func cancelIfUntold() {
        guard facts.cancelsOnDisconnect else { return }
        Task { [weak self, time = facts.closeTimeout] in
            try? await Task.sleep(for: time)
            self?.monitor.withLock { $0.socket.toldEnding || $0.hasReturned ? nil : $0.task }?.cancel()
        }
    }

    /// Waits for the next time of the keepalive, as long as there is one.
    func startKeepalive(_ state: inout State) {
        state.socket.keepalive.timer?.cancel()
        guard state.socket.keepalive.next != nil else { return }
        state.socket.keepalive.timer = Task { [weak self] in
            while let next = self?.monitor.withLock({ $0.nextKeepalive }) {
                try? await Task.sleep(until: next, clock: .continuous)
                guard !Task.isCancelled else { return }
                self?.keepaliveFired()
            }
        }
    }

    private func keepaliveFired() {
        end { state in
            guard state.nextKeepalive != nil else { return }
            switch state.socket.keepalive.due() {
            case .ping:
                state.sendToClient(.ping(ByteBuffer(integer: UInt64.random(in: .min ... .max))), self)
            case .clientIsGone:
                state.endSocket(1006, DisconnectReason.keepaliveTimeout.name, .keepaliveTimeout, self)
            case nil: break
            }
        }
    }
}

extension MemoryExchange.State {
    /// Hands a frame to the client, once the lock has been left.
    mutating func sendToClient(_ frame: SocketFrame, size: Int = 0, _ exchange: MemoryExchange) {
        guard let inbox = socket.offer?.inbox else { return }
        actions.append { inbox.received(frame, by: exchange) }
        if size > 0 { actions += core.fill(size) }
    }

    /// Takes a frame of the client.
    fileprivate mutating func receive(_ frame: SocketFrame, _ exchange: MemoryExchange) {
        guard socket.ending == nil, socket.farewell == nil else { return }
        socket.keepalive.heardClient()
        // Who has closed wants nothing more.
        let isOpen = socket.rules.phase == .open
        switch frame {
        case .text(let text, let more):
            if isOpen { socket.take(ByteBuffer(string: text), isText: true, more: more) }
        case .bytes(let bytes, let more):
            if isOpen { socket.take(bytes, isText: false, more: more) }
        case .ping(let payload):
            if isOpen { sendToClient(.pong(payload), exchange) }
        case .pong:
            break
        case .close(let code, let reason):
            socket.farewell = (code, reason)
            actions.append { exchange.executor.afterTurns { exchange.answerFarewell() } }
        }
    }

    /// The socket is over.
    ///
    /// - Parameter failure: why, when neither side has closed in good order.
    mutating func endSocket(
        _ code: UInt16, _ reason: String, _ failure: DisconnectReason?, _ exchange: MemoryExchange
    ) {
        guard socket.ending == nil else { return }
        socket.ending = (code, reason)
        socket.keepalive.timer?.cancel()
        finish(.complete)
        // Nothing, when the application has closed it.
        actions += core.disconnect(failure ?? .clientClosed)
        if failure == nil {
            actions.append { exchange.cancelIfUntold() }
        } else if exchange.facts.cancelsOnDisconnect, let task {
            // This wakes the application: whoever registered has been told before.
            actions.append { task.cancel() }
        }
        if let inbox = socket.offer?.inbox { actions.append { inbox.ended() } }
    }

    fileprivate var nextKeepalive: ContinuousClock.Instant? {
        guard socket.rules.phase == .open, socket.ending == nil else { return nil }
        return socket.keepalive.next
    }
}
