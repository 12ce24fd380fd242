import HTTPTypes
import NIOCore
import SAGI

/// The application's end of a WebSocket in memory, over the exchange that its handshake began.
final class MemoryWebSocket: Sendable {
    private let exchange: MemoryExchange

    init(_ exchange: MemoryExchange) { self.exchange = exchange }
}

extension MemoryWebSocket: EventSource {
    func poll() -> WebSocketInbound? { nil }

    nonisolated(nonsending) func next() async throws -> WebSocketInbound {
        try exchange.change { state throws(ExchangeError) in
            guard !state.isReceiving else { throw .concurrentReceive }
            state.isReceiving = true
        }
        defer { exchange.monitor.withLock { $0.isReceiving = false } }
        return try await exchange.monitor.wait { state in
            guard state.showsEnd, let event = state.socket.nextEvent() else { return nil }
            state.isReceiving = false
            return event
        }
    }
}

extension MemoryWebSocket: EventSink {
    func offer(_ event: WebSocketOutbound) -> Bool { false }

    nonisolated(nonsending) func send(_ event: WebSocketOutbound) async throws {
        let id = exchange.standInLine()
        defer { exchange.leaveLine(id) }
        defer { exchange.runActions() }
        try await exchange.monitor.wait { [exchange] state -> Void? in
            // A peer that has gone is not the application's fault.
            guard state.socket.ending == nil else { return () }
            guard state.sendQueue.first == id, state.isWritable else { return nil }
            return try state.take(event, exchange)
        }
    }
}

extension MemoryExchange.State {
    fileprivate mutating func take(_ event: WebSocketOutbound, _ exchange: MemoryExchange) throws {
        switch event {
        case .text(let text, let more):
            try socket.rules.message(isText: true, more: more)
            sendToClient(.text(text, more: more), size: text.utf8.count, exchange)
        case .bytes(let bytes, let more):
            try socket.rules.message(isText: false, more: more)
            sendToClient(.bytes(bytes, more: more), size: bytes.readableBytes, exchange)
        case .accept(let subprotocol, let fields, let compression):
            try accept(subprotocol, fields, compression: compression ?? true, exchange)
        case .keepalive(let interval, let timeout):
            try socket.rules.checkOpen()
            socket.keepalive.set(interval: interval, timeout: timeout)
            exchange.startKeepalive(&self)
        case .close(let code, let reason):
            let wasConnecting = socket.rules.phase == .connecting
            guard try socket.rules.close(code: code, reason: reason) else { return }
            // There is no socket yet that could be closed.
            if wasConnecting { return try deny(HTTPResponse(status: .forbidden), ByteBuffer(), exchange) }
            startClose(code, reason, exchange)
        case .deny(let response, let body):
            try socket.rules.checkDenial(response)
            try deny(response, body, exchange)
        }
    }

    private mutating func accept(
        _ subprotocol: String?, _ fields: HTTPFields, compression: Bool, _ exchange: MemoryExchange
    ) throws {
        try socket.rules.checkAccept(subprotocol)
        let given = fields.sendable(allowsLength: false)
        _ = try given.check()
        var fields = WebSocketRules.fields(given, subprotocol: subprotocol)
        if compression, socket.offer?.offersCompression == true {
            fields[.secWebSocketExtensions] = "permessage-deflate"
        }
        socket.rules.accepted()
        socket.keepalive.heardClient()
        core.responseStarted = true
        // RFC 8441 §5: over HTTP/2 a socket is accepted with 200.
        let isUpgrade = exchange.facts.version == .http11
        outgoing.append(.head(HTTPResponse(status: isUpgrade ? .switchingProtocols : .ok, headerFields: fields)))
    }

    private mutating func deny(_ response: HTTPResponse, _ body: ByteBuffer, _ exchange: MemoryExchange) throws {
        try take(.start(response), exchange)
        try take(.body(body), exchange)
        socket.rules.denied()
    }

    /// Sends a Close frame. The client answers it.
    private mutating func startClose(_ code: UInt16, _ reason: String, _ exchange: MemoryExchange) {
        sendToClient(.close(code: code, reason: reason), exchange)
        actions += core.complete()
    }

    /// The application has returned or thrown, and leaves an open socket behind.
    mutating func closeSocketBehind(_ failure: (any Error)?, _ exchange: MemoryExchange) {
        guard socket.rules.phase == .open, socket.ending == nil else { return }
        let code: UInt16 = failure == nil ? 1000 : 1011
        guard let isFirst = try? socket.rules.close(code: code, reason: ""), isFirst else { return }
        startClose(code, "", exchange)
    }
}
