import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

extension HTTP1Connection: TransportHandler {
    func received(_ bytes: ByteBuffer) {
        switch state {
        case .idle:
            append(bytes)
            if requestCount > 0 || !goesOnAsHTTP2() { unpark() }
        case .serving:
            append(bytes)
            creditContent(bytes.readableBytes)
            exchange.requestArrived()
            pauseIfFull()
        case .draining:
            append(bytes)
            drainContent()
        case .tunnelling:
            tunnelHandler?.received(bytes)
        case .lingering(let left):
            guard left > bytes.readableBytes else { return close() }
            state = .lingering(left: left - bytes.readableBytes)
        case .closed:
            break
        }
    }

    private func append(_ bytes: ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeImmutableBuffer(bytes)
        }
    }

    /// Leaves the rest to the operating system while the application does not receive.
    private func pauseIfFull() {
        if input.readableBytes >= server.limits.inputBuffer { transport.setReading(false) }
    }

    func receivedEnd() {
        inputEnded = true
        switch state {
        case .idle:
            if input.readableBytes == 0 { close() } else { refuse(.malformedRequestLine) }
        case .serving:
            keepAlive = false
            if facts.contains(.hasBody), decoder.isReadingBody, !hasWholeContent {
                // The rest of the request will not come.
                disconnect(.clientClosed)
                abort(.clientClosed)
            } else {
                // Has the client closed its half, or is it gone? A response that is sent finds out; one that is
                // waited for is given up after a while.
                readDeadline = server.timeouts.halfClosed.map { loop.now + $0 }
                updateDeadline()
            }
        case .tunnelling:
            tunnelHandler?.receivedEnd()
        case .draining, .lingering:
            close()
        case .closed:
            break
        }
    }

    /// Whether all of the request's content waits in the input.
    private var hasWholeContent: Bool {
        var decoder = decoder
        var input = input
        while let part = try? decoder.nextBody(&input) {
            if !part.more { return true }
        }
        return false
    }

    func writabilityChanged() {
        if transport.isDrained { writeDeadline = nil }
        if case .serving = state { exchange.writabilityChanged() }
        if case .tunnelling = state {
            exchange.writabilityChanged()
            tunnelHandler?.writabilityChanged()
        }
        unpark()
    }

    func closed(_ reason: DisconnectReason) {
        let wasServing = if case .serving = state { true } else { false }
        let tunnel = if case .tunnelling = state { tunnelHandler } else { nil as (any TunnelHandler)? }
        state = .closed
        dropOutput()
        if wasServing { disconnect(reason) }
        tunnel?.closed(reason)
        unpark()
        released()
        server.statistics.connections.subtract(1, ordering: .relaxed)
    }

    /// Tells the exchange that its peer has gone, and cancels the application's work.
    func disconnect(_ reason: DisconnectReason) {
        guard hasExchange, !exchange.hasEnded else { return }
        exchange.disconnect(reason)
        cancelWork()
    }

    // MARK: Time

    /// Arms the one deadline of the transport with the nearest of ours.
    func updateDeadline() {
        var nearest = readDeadline
        if let writeDeadline { nearest = min(nearest ?? writeDeadline, writeDeadline) }
        if let timerDeadline { nearest = min(nearest ?? timerDeadline, timerDeadline) }
        if case .idle = state, let ageDeadline { nearest = min(nearest ?? ageDeadline, ageDeadline) }
        transport.setDeadline(nearest)
    }

    func deadlineReached() {
        let now = loop.now
        if let writeDeadline, writeDeadline <= now { return writeStalled() }
        if let readDeadline, readDeadline <= now { return readStalled() }
        if let timerDeadline, timerDeadline <= now {
            self.timerDeadline = nil
            exchange.layer?.timerFired()
        }
        if case .idle = state, input.readableBytes == 0, let ageDeadline, ageDeadline <= now { return linger() }
        updateDeadline()
    }

    /// The peer has taken nothing for the whole time: it is gone, or means harm.
    private func writeStalled() {
        let stall = server.timeouts.writeStall ?? .zero
        guard transport.isDrained || transport.takenBytes >= progressAtStall + server.leastTaken(in: stall) else {
            if case .tunnelling = state {
                tunnelHandler?.closed(.writeTimeout)
                return
            }
            disconnect(.writeTimeout)
            // A connection that is closed but for what it still has to send is aborted too.
            state = .serving
            return abort(.writeTimeout)
        }
        writeDeadline = nil
        if !transport.isDrained { startWriteDeadline() }
        updateDeadline()
    }

    private func readStalled() {
        readDeadline = nil
        switch state {
        case .idle:
            if input.readableBytes == 0 {
                // RFC 9112 §9.5: an idle connection may be closed at any time.
                linger()
            } else {
                respondAndClose(status: 408, sentence: "The request took too long to arrive.")
            }
        case .serving:
            keepAlive = false
            guard isAwaitingBody else {
                // Half closed, and nothing was sent since: see receivedEnd.
                if inputEnded, transport.isDrained {
                    disconnect(.clientClosed)
                    abort(.clientClosed)
                }
                return updateDeadline()
            }
            if exchange.rules.phase == .idle {
                disconnect(.clientTimeout)
                respondAndClose(status: 408, sentence: "The content took too long to arrive.")
            } else {
                disconnect(.clientTimeout)
                abort(.clientTimeout)
            }
        case .draining, .lingering:
            close()
        case .tunnelling:
            updateDeadline()
        case .closed:
            break
        }
    }

    // MARK: The rate of content

    func startWaitingForContent() {
        patience.startWaiting(loop.now)
        awaitContent()
    }

    func stopWaitingForContent() {
        patience.stopWaiting(loop.now)
        readDeadline = nil
    }

    private func creditContent(_ count: Int) {
        guard facts.contains(.hasBody) else { return }
        patience.credit(count, loop.now)
        if patience.isWaiting { awaitContent() }
    }

    private func awaitContent() {
        guard let deadline = patience.deadline else { return }
        readDeadline = deadline
        updateDeadline()
    }

    // MARK: The server's own answers

    /// Refuses a request that the engine could not take.
    func refuse(_ error: HTTP1Error) {
        respondAndClose(status: error.status, sentence: error.sentence)
    }

    /// Answers for the server, and closes. Called when no response has been started.
    ///
    /// - Parameter head: the request's, when it is whole.
    func respondAndClose(
        status: Int, sentence: String, fields: HTTPFields = [:], head: RequestHead = RequestHead()
    ) {
        if case .serving = state {
            exchange.status = status
        } else {
            server.refused(head, link, loop, status: status, sentence: sentence)
        }
        writeOwnResponse(status: status, sentence: sentence, fields: fields)
        linger()
    }
}
