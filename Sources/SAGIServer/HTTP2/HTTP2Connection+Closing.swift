import HTTP2
import NIOCore
import SAGI
import Synchronization

extension HTTP2Connection: ServerConnection {
    /// No more streams after those that are open: the peer asks for the rest elsewhere.
    func finishSoon() {
        guard case .open = state else { return }
        state = .finishing
        drainEnd = nil
        session.pointee.goAway(.noError, outputBuffer())
    }

    /// Refuses the connection, because there are too many.
    func turnAway() {
        session.pointee.goAway(.enhanceYourCalm, sentence: "The server has too many connections.", outputBuffer())
        linger()
    }

    /// Closes, when nothing is open and nothing more can come.
    func closeIfDone() {
        guard openStreams == 0, drainEnd == nil else { return }
        linger()
    }

    /// Sends what is left, tells the peer that nothing more comes, and reads until it closes: closing at once would reset
    /// the connection and could take what was sent last with it.
    func linger() {
        flush()
        if case .closed = state { return }
        state = .lingering(left: server.limits.drain)
        transport.closeOutput()
        transport.setReading(true)
        lingerEnd = loop.now + server.timeouts.linger
        updateWakeTime()
    }

    func close() {
        if case .closed = state { return }
        flush()
        state = .closed
        transport.close()
    }

    // MARK: Shutdown

    func drain(grace: TimeAmount) {
        guard case .open = state else { return }
        state = .finishing
        // RFC 9113 §6.8: requests that are on their way are still served.
        session.pointee.goAway(.noError, last: false, sentence: "The server is shutting down.", outputBuffer())
        drainEnd = loop.now + grace
        for case let stream? in streams { stream.exchange.layer?.shutDown() }
        updateWakeTime()
    }

    /// The grace of a shutdown is over: what comes now is not served.
    func endGrace() {
        drainEnd = nil
        session.pointee.goAway(.noError, outputBuffer())
        if openStreams == 0 { linger() }
    }

    func shutDownNow() {
        guard isServing else { return close() }
        endStreams(.serverShutdown)
        session.pointee.goAway(.noError, outputBuffer())
        close()
    }
}
