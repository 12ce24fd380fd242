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
        // What is due and cannot be done yet must not keep the loop busy.
        let time = max(time, loop.now + .milliseconds(5))
        wakeTime = time
        transport.setDeadline(time)
    }

    func deadlineReached() {
        wakeTime = .distantFuture
        let now = loop.now
        if let lingerEnd, lingerEnd <= now { return close() }
        guard isServing else { return updateWakeTime() }
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
        if openStreams > 0, let peerTime { wake(at: peerTime) }
        if session.pointee.unacknowledgedSettings > 0, let time = server.timeouts.handshake {
            wake(at: beginning + time)
        }
        if let idleEnd { wake(at: idleEnd) }
        if case .open = state, let age = server.timeouts.connectionAge { wake(at: beginning + age) }
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
        if session.pointee.unacknowledgedSettings > 0, let time = server.timeouts.handshake, beginning + time <= now {
            // RFC 9113 §6.5.3.
            return fail(.settingsTimeout)
        }
        checkPeer(now)
        guard isServing, let stallStart, let stall = server.timeouts.writeStall, stallStart + stall <= now else {
            return
        }
        // The peer has taken too little for the whole time: it is gone, or means harm.
        if transport.isDrained || transport.takenBytes >= progressAtStall + server.leastTaken(in: stall) {
            self.stallStart = transport.isDrained ? nil : now
            progressAtStall = transport.takenBytes
        } else {
            abort(.writeTimeout)
        }
    }

    /// Asks a peer that says nothing whether it is there, as long as streams wait for something.
    private func checkPeer(_ now: NIODeadline) {
        if let pinged {
            if let time = server.http2Ping.timeout, pinged + time <= now { abort(.keepaliveTimeout) }
        } else if let time = server.http2Ping.interval, openStreams > 0, heard + time <= now, transport.isWritable {
            pinged = now
            session.pointee.ping(UInt64(now.uptimeNanoseconds), outputBuffer())
        }
    }

    /// The time at which to ask, or at which the answer is due.
    private var peerTime: NIODeadline? {
        if let pinged { return server.http2Ping.timeout.map { pinged + $0 } }
        return server.http2Ping.interval.map { heard + $0 }
    }

    /// The peer is gone, or means harm.
    private func abort(_ reason: DisconnectReason) {
        endStreams(reason)
        state = .closed
        dropOutput()
        transport.abort()
    }

    private func check(_ stream: HTTP2Stream, _ now: NIODeadline) {
        if let time = stream.timer, time <= now {
            stream.timer = nil
            stream.exchange.layer?.timerFired()
        }
        if stream.isAwaitingBody, let time = stream.patience.deadline, time <= now {
            return stream.failContent(.clientTimeout, status: 408, "The content took too long to arrive.")
        }
        // What waits for its turn waits for other streams, and they for the connection, which is looked at by itself.
        guard stream.hasPending, !stream.isQueued, let stall = server.timeouts.writeStall else {
            stream.stallStart = nil
            return
        }
        // Its window stays shut, or opens by a little at a time, whatever the connection does.
        guard let start = stream.stallStart else { return stream.noteProgress(now) }
        guard start + stall <= now else { return }
        if stream.written >= stream.writtenBefore + server.leastTaken(in: stall) { return stream.noteProgress(now) }
        reset(stream, .cancel)
        stream.ended(.writeTimeout)
    }
}
