import NIOCore
import SAGI

extension HTTP1Connection: ServerConnection {
    /// Sends what is left, tells the peer that nothing more comes, and reads until it closes: closing at once
    /// would reset the connection and could take the response with it (RFC 9112 §9.6).
    func linger() {
        flush()
        if case .closed = state { return }
        guard !inputEnded else { return close() }
        state = .lingering(left: server.limits.drain)
        input = ByteBuffer()
        transport.closeOutput()
        transport.setReading(true)
        readDeadline = loop.now + server.timeouts.linger
        updateDeadline()
    }

    func close() {
        if case .closed = state { return }
        flush()
        state = .closed
        transport.close()
        unpark()
    }

    /// Ends the connection in the middle of a response, so that the client sees it.
    func abort(_ reason: DisconnectReason) {
        if case .closed = state { return }
        state = .closed
        if hasExchange { exchange.disconnect(reason) }
        dropOutput()
        transport.abort()
        unpark()
    }

    // MARK: Shutdown

    /// No request after this one. An idle connection gets `grace` for a request that is on its way.
    func drain(grace: TimeAmount) {
        isDraining = true
        keepAlive = false
        switch state {
        case .idle where input.readableBytes == 0:
            readDeadline = loop.now + grace
            updateDeadline()
        case .draining:
            linger()
        case .serving, .tunnelling:
            exchange.layer?.shutDown()
        case .idle, .lingering, .closed:
            break
        }
    }

    /// The time for shutting down is over.
    func shutDownNow() {
        switch state {
        case .serving:
            disconnect(.serverShutdown)
            abort(.serverShutdown)
        case .tunnelling:
            tunnelHandler?.closed(.serverShutdown)
        case .idle, .draining, .lingering, .closed:
            close()
        }
        cancelWork()
    }

    func cancelWork() {
        if server.cancelsOnDisconnect { task?.cancel() }
    }

    func released() {
        // An application that is still at work may have to be cancelled.
        if !hasExchange { task = nil }
        loop.remove(self)
    }
}
