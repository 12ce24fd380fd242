import HTTP2
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import WebSocketProtocol

extension HTTP2Stream {
    // MARK: What arrives

    /// A part of the content. `end`: the last one.
    func receive(_ bytes: ByteBuffer, end: Bool) {
        guard let connection else { return }
        if tunnel != nil { return receiveForTunnel(bytes, end: end) }
        hasWholeContent = hasWholeContent || end
        guard !exchange.hasEnded else { return connection.consumed(self, bytes.readableBytes) }
        contentCount += bytes.readableBytes
        if let limit = connection.server.limits.body, contentCount > limit {
            return failContent(.bodyTooLarge, status: 413, "The content is too large.")
        }
        content.append(bytes)
        patience.credit(bytes.readableBytes, loop.now)
        exchange.requestArrived()
    }

    func receive(trailers: [(name: String, value: String)]) {
        if canHaveTrailers { trailerFields = trailers }
        receive(ByteBuffer(), end: true)
    }

    func refuseTrailers() {
        hasWholeContent = true
        guard !exchange.hasEnded else { return }
        failContent(.protocolError, status: 431, "The trailer section is too large.")
    }

    /// The content is more than is allowed, or comes too slowly. The client is told, when no response has been started.
    func failContent(_ reason: DisconnectReason, status: Int, _ sentence: String) {
        let canAnswer = exchange.rules.phase == .idle
        exchange.disconnect(reason)
        cancelWork()
        if canAnswer {
            exchange.status = status
            respond(status: status, sentence: sentence)
        } else {
            dropOutput()
            connection?.reset(self, .cancel)
            over()
        }
    }

    // MARK: What the application receives

    func nextEvent() -> HTTPRequestEvent? {
        guard !bodyDelivered else {
            guard canHaveTrailers else { return nil }
            canHaveTrailers = false
            return .trailers(fields(of: trailerFields))
        }
        guard facts.contains(.hasBody) else {
            bodyDelivered = true
            return .body(ByteBuffer(), more: false)
        }
        guard let bytes = content.next() else {
            guard hasWholeContent else {
                sendContinueIfExpected()
                return nil
            }
            bodyDelivered = true
            return .body(ByteBuffer(), more: false)
        }
        // The client did not wait: it needs no 100 (RFC 9110 §10.1.1).
        sentContinue = true
        bodyBegun = true
        connection?.consumed(self, bytes.readableBytes)
        bodyDelivered = hasWholeContent && content.isEmpty
        return .body(bytes, more: !bodyDelivered)
    }

    private func fields(of trailers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in trailers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    func isAwaited(_ isAwaited: Bool) {
        isAwaitingBody = isAwaited && !bodyDelivered
        guard facts.contains(.hasBody) else { return }
        if isAwaitingBody {
            patience.startWaiting(loop.now)
            if let deadline = patience.deadline { connection?.wake(at: deadline) }
        } else {
            patience.stopWaiting(loop.now)
        }
    }

    private func sendContinueIfExpected() {
        guard facts.contains(.expectsContinue), !sentContinue, response.status == 0 else { return }
        sentContinue = true
        connection?.writeInformational(self, 100, [:])
    }

    // MARK: Layers

    func makeLayer() -> Exchange? {
        guard let connection else { return nil }
        var handshake: WebSocketHandshake?
        if facts.contains(.webSocket) {
            handshake = try? WebSocketHandshake(fieldsOf: storage.contents.pointee.head)
        }
        return exchange.makeLayer(handshake, RequestScope(storage: storage), self, connection.server)
    }

    func plainInstead() -> Exchange? {
        // RFC 8441 §4: an extended CONNECT is no request for content.
        guard let connection, exchange.layer != nil, !facts.contains(.webSocket), exchange.rules.phase == .idle,
            !exchange.hasEnded, !bodyDelivered, !bodyBegun
        else { return nil }
        dropLayer(connection)
        return plainExchange
    }

    func dropLayer(_ connection: HTTP2Connection) {
        exchange.dropLayer(connection.server)
        tunnel = nil
        timer = nil
    }

    func setTimer(_ deadline: NIODeadline?) {
        timer = deadline
        if let deadline { connection?.wake(at: deadline) }
    }
}
