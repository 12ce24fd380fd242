import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import WebSocketProtocol

/// One WebSocket: messages of the application to frames and back, over whatever version of HTTP carries the bytes.
///
/// It begins as an HTTP exchange, which a denial answers. Accepting it makes a tunnel of the connection or stream.
///
/// `@unchecked Sendable`: used on the event loop only; `offer`, `poll`, `send` and `next` come to the loop before they
/// touch anything.
final class ServerWebSocket: @unchecked Sendable {
    let exchange: ServerExchange
    let loop: LoopContext
    let settings: WebSocketSettings
    private let handshake: WebSocketHandshake
    /// Set until the tunnel has ended.
    @exclusivity(unchecked) unowned(unsafe) var tunnel: (any ByteTunnel)?

    @exclusivity(unchecked) var rules: WebSocketRules
    @exclusivity(unchecked) var decoder = MessageDecoder()
    @exclusivity(unchecked) var encoder = MessageEncoder()
    @exclusivity(unchecked) var input = ByteBuffer()
    /// What the peer has said last.
    @exclusivity(unchecked) var farewell: Farewell?

    /// How the peer ends the socket: with a Close frame, or by breaking a rule.
    enum Farewell {
        case close(code: UInt16?, reason: String)
        case violation(WebSocketError)
    }

    // Towards the application.
    @exclusivity(unchecked) var toldConnect = false
    @exclusivity(unchecked) var queue = MessageQueue()
    @exclusivity(unchecked) var receiver: PendingReceive<WebSocketInbound>?
    /// How the socket ended, for the application.
    @exclusivity(unchecked) var ending: (code: UInt16, reason: String)?
    /// The application has been told.
    @exclusivity(unchecked) var toldEnding = false

    // Towards the peer.
    @exclusivity(unchecked) var pendingSends: [PendingSend<WebSocketOutbound>] = []
    @exclusivity(unchecked) var sentClose = false
    /// The peer takes nothing, and waits for the answer to its last ping.
    @exclusivity(unchecked) var unansweredPing: ByteBuffer?

    @exclusivity(unchecked) var clock: WebSocketClock

    init(_ handshake: WebSocketHandshake, exchange: ServerExchange, tunnel: any ByteTunnel, settings: WebSocketSettings)
    {
        self.handshake = handshake
        self.exchange = exchange
        self.tunnel = tunnel
        self.settings = settings
        loop = exchange.loop
        rules = WebSocketRules(subprotocols: handshake.subprotocols)
        clock = WebSocketClock(settings, now: exchange.loop.now)
        updateTimer()
    }

    /// The exchange as the application sees it.
    func makeExchange(_ scope: RequestScope) -> Exchange {
        .webSocket(
            WebSocketExchange(
                scope: scope, subprotocols: handshake.subprotocols, receive: Receive(self), send: Send(self)))
    }

    // MARK: Opening

    func accept(_ subprotocol: String?, _ fields: HTTPFields, compression: Bool?, _ tunnel: any ByteTunnel) throws {
        var fields = WebSocketRules.fields(fields, subprotocol: subprotocol)
        var agreed: (DeflateParameters, DeflateOptions)?
        if compression ?? true, let options = settings.deflate,
            let parameters = DeflateParameters.accept(handshake.extensions, options)
        {
            fields[.secWebSocketExtensions] = parameters.fieldValue
            agreed = (parameters, options)
        }
        let halves = agreed.map { $0.makeServerHalves($1) }
        decoder = MessageDecoder(limits: settings.limits, inflater: halves?.0)
        encoder = MessageEncoder(deflater: halves?.1, threshold: settings.threshold)
        do throws(InvalidField) {
            try tunnel.openTunnel(fields, key: handshake.acceptKey, self)
        } catch {
            throw ExchangeError.invalidField(error.name)
        }
        rules.accepted()
        clock.opened(loop.now)
        updateTimer()
        readMessages()
    }

    /// Answers the handshake with an ordinary response.
    func deny(_ response: HTTPResponse, _ body: ByteBuffer) throws {
        try exchange.takeNow(.start(response))
        try exchange.takeNow(.body(body))
        rules.denied()
        clock.stop()
        updateTimer()
    }

    // MARK: Closing

    /// Sends a Close frame, and waits for the peer's within a bound.
    func startClose(_ code: UInt16, _ reason: String) {
        writeClose(code, reason)
        clock.closing(loop.now)
        updateTimer()
        exchange.complete()
    }

    func writeClose(_ code: UInt16?, _ reason: String) {
        guard !sentClose, let tunnel else { return }
        sentClose = true
        encoder.writeClose(code: code, reason: reason, into: tunnel.outputBuffer())
    }

    /// The socket is over: tells the application, and ends the tunnel.
    ///
    /// - Parameter failure: why, when neither side has closed in good order.
    func end(code: UInt16, reason: String, _ failure: DisconnectReason?, aborts: Bool = false) {
        guard ending == nil else { return }
        ending = (code, reason)
        clock.stop()
        updateTimer()
        let tunnel = tunnel
        // Nothing, when the application has closed it.
        exchange.disconnect(failure ?? .clientClosed)
        resumeAll()
        if failure == nil { cancelIfUntold() } else { tunnel?.cancelWork() }
        if aborts { tunnel?.abortTunnel() } else { tunnel?.closeTunnel() }
    }

    /// A conversation that ended in good order is not cut off in what it still does. But an application that only sends
    /// does not notice, and is cancelled when it has had time to.
    private func cancelIfUntold() {
        guard !toldEnding, tunnel != nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: settings.closeTimeout) {
            let socket = bound.value
            guard !socket.toldEnding else { return }
            socket.loop.turn { socket.tunnel?.cancelWork() }
        }
    }
}

extension ServerWebSocket: TurnEndHandler {
    /// Answers the peer's farewell, now that the application has had the messages before it and could answer them.
    func turnEnded() {
        guard let farewell, ending == nil else { return }
        switch farewell {
        case .close(let code, let reason):
            // RFC 6455 §5.5.1: with its own code, unless it is the answer to ours.
            writeClose(code, "")
            end(code: code ?? CloseCode.noStatus, reason: reason, nil)
        case .violation(let error):
            writeClose(error.closeCode, error.sentence)
            let reason = error.isLimit ? DisconnectReason.bodyTooLarge : .protocolError
            end(code: error.closeCode, reason: reason.name, reason)
        }
    }
}

extension ServerWebSocket: ExchangeLayer {
    func detach() {
        tunnel = nil
        // Denied, or never answered: whoever still waits is told.
        if ending == nil { ending = (CloseCode.abnormal, DisconnectReason.completed.name) }
        resumeAll()
    }

    func disconnected(_ reason: DisconnectReason) {
        guard ending == nil else { return }
        ending = (CloseCode.abnormal, reason.name)
        clock.stop()
        resumeAll()
    }

    func closed(_ reason: DisconnectReason) {
        end(code: CloseCode.abnormal, reason: reason.name, reason, aborts: true)
    }

    func applicationReturned(_ failure: (any Error)?) {
        guard rules.phase == .open, ending == nil else { return }
        if failure != nil { exchange.failure = "The application threw while its WebSocket was open." }
        let code = failure == nil ? CloseCode.normal : CloseCode.internalError
        _ = try? rules.close(code: code, reason: "")
        startClose(code, "")
    }

    func shutDown() {
        switch rules.phase {
        case .open:
            writeClose(CloseCode.goingAway, "The server is shutting down.")
            end(code: CloseCode.goingAway, reason: DisconnectReason.serverShutdown.name, .serverShutdown)
        case .connecting, .closed, .denied:
            break
        }
    }

    func timerFired() {
        switch clock.due(loop.now, isReading: !queue.isFull(settings)) {
        case .nothing:
            break
        case .ping:
            guard let tunnel, tunnel.isWritable else { break }
            withUnsafeBytes(of: loop.now.uptimeNanoseconds) { encoder.writePing($0, into: tunnel.outputBuffer()) }
        case .release:
            decoder.releaseIdleMemory()
            encoder.releaseIdleMemory()
        case .peerIsGone:
            return end(
                code: CloseCode.abnormal, reason: DisconnectReason.keepaliveTimeout.name, .keepaliveTimeout,
                aborts: true)
        case .idle:
            writeClose(CloseCode.goingAway, "Nothing was said for too long.")
            return end(code: CloseCode.goingAway, reason: DisconnectReason.idleTimeout.name, .idleTimeout)
        case .closeIsUnanswered:
            return end(code: CloseCode.abnormal, reason: DisconnectReason.clientTimeout.name, nil)
        case .handshakeIsUnanswered:
            exchange.failure = "The application neither accepted nor denied a WebSocket in time."
            try? deny(HTTPResponse(status: .serviceUnavailable), ByteBuffer())
        }
        updateTimer()
    }

    func updateTimer() { tunnel?.setTimer(clock.next) }
}
