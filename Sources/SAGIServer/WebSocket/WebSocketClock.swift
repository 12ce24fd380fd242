import NIOCore

/// The times of one WebSocket: when something is due, and what.
///
/// Noting that something happened only writes down when. What that changes is worked out when the timer fires.
struct WebSocketClock {
    enum Due: Equatable {
        case nothing
        case ping
        case release
        case peerIsGone
        case idle
        case closeIsUnanswered
        case handshakeIsUnanswered
    }

    private enum Phase {
        case connecting, open, closing, over
    }

    var pingInterval: TimeAmount?
    var pingTimeout: TimeAmount?
    private let idleTimeout: TimeAmount?
    private let closeTimeout: TimeAmount
    private let releaseAfter: TimeAmount?

    private var phase = Phase.connecting
    /// When the phase ends, if it has to.
    private var deadline: NIODeadline?
    /// When anything arrived, and when a message went either way.
    private var heard: NIODeadline
    private var talked: NIODeadline
    private var pinged: NIODeadline?
    private var hasReleased = true

    init(_ settings: WebSocketSettings, now: NIODeadline) {
        pingInterval = settings.pingInterval
        pingTimeout = settings.pingTimeout
        idleTimeout = settings.idleTimeout
        closeTimeout = settings.closeTimeout
        releaseAfter = settings.releaseAfter
        heard = now
        talked = now
        deadline = settings.handshakeTimeout.map { now + $0 }
    }

    mutating func opened(_ now: NIODeadline) {
        phase = .open
        deadline = nil
        heard = now
        talked = now
    }

    mutating func closing(_ now: NIODeadline) {
        phase = .closing
        deadline = now + closeTimeout
    }

    mutating func stop() {
        phase = .over
        deadline = nil
    }

    /// Bytes have arrived: the peer is there. Whether the timer has to be set, because it waits for the answer to a ping.
    @inline(__always)
    mutating func heard(_ now: NIODeadline) -> Bool {
        heard = now
        guard pinged != nil else { return false }
        pinged = nil
        return true
    }

    /// A message has gone either way. Whether the timer has to be set, because there was nothing to wait for.
    @inline(__always)
    mutating func talked(_ now: NIODeadline) -> Bool {
        talked = now
        guard hasReleased, releaseAfter != nil else { return false }
        hasReleased = false
        return true
    }

    /// When the timer has to fire.
    var next: NIODeadline? {
        switch phase {
        case .over: return nil
        case .connecting, .closing: return deadline
        case .open: break
        }
        var nearest: NIODeadline?
        func consider(_ time: NIODeadline) { nearest = min(nearest ?? time, time) }
        if let pinged {
            if let pingTimeout { consider(pinged + pingTimeout) }
        } else if let pingInterval {
            consider(heard + pingInterval)
        }
        if let idleTimeout { consider(talked + idleTimeout) }
        if let releaseAfter, !hasReleased { consider(talked + releaseAfter) }
        return nearest
    }

    /// What is due now, one thing at a time.
    ///
    /// - Parameter isReading: whether the peer is read. While the application does not receive, nobody sees its pong.
    mutating func due(_ now: NIODeadline, isReading: Bool) -> Due {
        if let deadline, deadline <= now {
            self.deadline = nil
            return phase == .closing ? .closeIsUnanswered : .handshakeIsUnanswered
        }
        guard phase == .open else { return .nothing }
        if let idleTimeout, talked + idleTimeout <= now { return .idle }
        if let pinged {
            if let pingTimeout, pinged + pingTimeout <= now {
                guard !isReading else { return .peerIsGone }
                self.pinged = now
            }
        } else if let pingInterval, heard + pingInterval <= now {
            pinged = now
            return .ping
        }
        if let releaseAfter, !hasReleased, talked + releaseAfter <= now {
            hasReleased = true
            return .release
        }
        return .nothing
    }
}
