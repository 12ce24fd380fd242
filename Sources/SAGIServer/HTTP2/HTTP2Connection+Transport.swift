import HTTP2
import NIOCore
import SAGI
import Synchronization

extension HTTP2Connection: TransportHandler {
    func received(_ bytes: ByteBuffer) {
        switch state {
        case .open, .finishing:
            read(bytes)
        case .lingering(let left):
            guard left > bytes.readableBytes else { return close() }
            state = .lingering(left: left - bytes.readableBytes)
        case .closed:
            break
        }
    }

    func receivedEnd() {
        // Streams are not half closed by the connection's end: the peer is gone.
        guard isServing else { return close() }
        endStreams(.clientClosed)
        close()
    }

    func writabilityChanged() {
        if transport.isDrained { stallStart = nil }
        guard isServing else { return }
        if transport.isWritable {
            transport.setReading(true)
            requestTurnEnd()
            readFrames()
        }
        completeFinished()
    }

    func closed(_ reason: DisconnectReason) {
        let wasServing = isServing
        state = .closed
        dropOutput()
        if wasServing { endStreams(reason) }
        loop.remove(self)
        server.statistics.connections.subtract(1, ordering: .relaxed)
    }

    // MARK: Time

    /// Looks at everything at that time, if not before. One look for the whole connection: no stream has a timer.
    func wake(at time: NIODeadline) {
        guard time < wakeTime else { return }
        wakeTime = time
        transport.setDeadline(time)
    }

    func deadlineReached() {
        wakeTime = .distantFuture
        let now = loop.now
        if let lingerEnd, lingerEnd <= now { return close() }
        guard isServing else { return }
        if let drainEnd, drainEnd <= now { endGrace() }
        checkConnection(now)
        guard isServing else { return updateWakeTime() }
        for case let stream? in streams { check(stream, now) }
        endAnswered(now)
        updateWakeTime()
    }

    /// Sets the next time to look.
    func updateWakeTime() {
        if let lingerEnd { return wake(at: lingerEnd) }
        if let drainEnd { wake(at: drainEnd) }
        if openStreams > 0 || hasAnswered { wake(at: loop.now + .seconds(1)) }
        if let idleEnd { wake(at: idleEnd) }
        if let age = server.timeouts.connectionAge { wake(at: beginning + age) }
        for case let stream? in streams {
            if let time = stream.timer { wake(at: time) }
            if let time = stream.patience.deadline { wake(at: time) }
        }
    }

    /// When a connection without streams has been idle for too long; the first request has its own time.
    private var idleEnd: NIODeadline? {
        guard openStreams == 0 else { return nil }
        let time =
            session.pointee.lastStream == 0 || session.pointee.isInHeaderBlock
            ? server.timeouts.requestHeader : server.timeouts.keepAlive
        return time.map { idleSince + $0 }
    }

    private func checkConnection(_ now: NIODeadline) {
        if let idleEnd, idleEnd <= now {
            finishSoon()
            return linger()
        }
        if let age = server.timeouts.connectionAge, beginning + age <= now {
            finishSoon()
            if openStreams == 0 { return linger() }
        }
        guard let stallStart, let stall = server.timeouts.writeStall, stallStart + stall <= now else { return }
        // The peer has taken too little for the whole time: it is gone, or means harm.
        let due = max(1, (server.limits.minimumRate ?? 0) * Int(stall.nanoseconds / 1_000_000) / 1000)
        if transport.isDrained || transport.takenBytes >= progressAtStall + due {
            self.stallStart = transport.isDrained ? nil : now
            progressAtStall = transport.takenBytes
        } else {
            endStreams(.writeTimeout)
            state = .closed
            dropOutput()
            transport.abort()
        }
    }

    private func check(_ stream: HTTP2Stream, _ now: NIODeadline) {
        if let time = stream.timer, time <= now {
            stream.timer = nil
            stream.exchange.layer?.timerFired()
        }
        if stream.isAwaitingBody, let time = stream.patience.deadline, time <= now {
            return stream.failContent(.clientTimeout, status: 408, "The content took too long to arrive.")
        }
        guard stream.hasPending, let stall = server.timeouts.writeStall else {
            stream.stallStart = nil
            return
        }
        // Its window stays shut, whatever the connection does.
        if stream.written != stream.writtenBefore || stream.stallStart == nil {
            stream.writtenBefore = stream.written
            stream.stallStart = now
        } else if let start = stream.stallStart, start + stall <= now {
            reset(stream, .cancel)
            stream.ended(.writeTimeout)
        }
    }
}
