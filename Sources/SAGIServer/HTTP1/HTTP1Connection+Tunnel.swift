import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization
import WebSocketProtocol

extension HTTP1Connection {
    /// Reads what a request asks for with `Upgrade`. False when it was refused.
    func readHandshake(_ head: RequestHead) -> Bool {
        handshake = nil
        // RFC 9110 §7.8: a protocol that is not known here is not asked for.
        guard head.version == .http11, WebSocketHandshake.isAsked(by: head) else { return true }
        do throws(WebSocketHandshake.Refusal) {
            handshake = try WebSocketHandshake(head)
        } catch {
            refuse(ServerCore.answer(to: error))
            return false
        }
        if let refusal = server.refusesWebSocket(head) {
            refuse(refusal)
            return false
        }
        return true
    }

    private func refuse(_ refusal: ServerCore.Refusal) {
        respondAndClose(status: refusal.status, sentence: refusal.sentence, fields: refusal.fields)
    }

    /// The exchange of a request that asks for a WebSocket or an event stream; nil for any other.
    func makeLayer(_ scope: RequestScope) -> Exchange? {
        let handshake = handshake.take()
        // What was sent too early must not be taken for another request.
        if handshake != nil { keepAlive = false }
        return exchange.makeLayer(handshake, scope, self, server)
    }

    /// The request as plain HTTP, for an application that does not serve what it asks for: `Upgrade` may be ignored
    /// (RFC 9110 §7.8), and `Accept` is a wish. Nil when it was plain already, or has been answered.
    func plainInstead() -> Exchange? {
        guard exchange.layer != nil, case .serving = state, exchange.rules.phase == .idle, !exchange.hasEnded,
            !bodyDelivered, !bodyBegun
        else { return nil }
        dropLayer()
        return plainExchange
    }

    /// The exchange is over, and what stands before it.
    func dropLayer() {
        exchange.dropLayer(server)
        tunnelHandler = nil
        timerDeadline = nil
    }

    func setTimer(_ deadline: NIODeadline?) {
        timerDeadline = deadline
        updateDeadline()
    }
}

extension HTTP1Connection: ByteTunnel {
    func openTunnel(_ fields: HTTPFields, key: String, _ handler: any TunnelHandler) throws(InvalidField) {
        let output = outputBuffer()
        var fields = fields
        // RFC 9110 §8.6: a 1xx has no length.
        fields[.contentLength] = nil
        fields[.secWebSocketAccept] = key
        let facts = try ResponseEncoder.writeStart(101, fields, into: output)
        loop.serverFields.append(to: output, hasDate: facts.hasDate, hasServer: facts.hasServer, now: loop.now)
        output.append("Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        state = .tunnelling
        tunnelHandler = handler
        readDeadline = nil
        exchange.status = 101
        exchange.started.store(true, ordering: .relaxed)
        if exchange.keepsResponseFields { exchange.responseFields = fields }
        let early = input
        input = ByteBuffer()
        if early.readableBytes > 0 { handler.received(early) }
        transport.setReading(true)
    }

    func sendUncopied(_ bytes: ByteBuffer) {
        transport.send(outputBuffer(), bytes)
        noteWritten()
    }

    func setReading(_ isReading: Bool) { transport.setReading(isReading) }

    func closeTunnel() { linger() }

    func abortTunnel() {
        if case .closed = state { return }
        state = .closed
        dropOutput()
        transport.abort()
        unpark()
    }
}
