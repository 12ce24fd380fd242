import HTTPSemantics
import HTTPTypes
import SAGI
import Synchronization
import WebSocketProtocol

extension ServerExchange {
    /// The exchange of a request that asks for a WebSocket or an event stream; nil for any other.
    @inline(never)
    func makeLayer(
        _ handshake: WebSocketHandshake?, _ scope: RequestScope, _ tunnel: any ByteTunnel, _ server: ServerCore
    ) -> Exchange? {
        if let handshake {
            scope.storage.contents.pointee.head.facts.insert(.webSocket)
            server.statistics.webSockets.add(1, ordering: .relaxed)
            let socket = ServerWebSocket(handshake, exchange: self, tunnel: tunnel, settings: server.webSocket)
            layer = socket
            return socket.makeExchange(scope)
        }
        // The response to HEAD has no content to stream.
        guard !isHead, Accept.namesEventStream(scope.storage.contents.pointee.head) else { return nil }
        let stream = ServerEventStream(
            exchange: self, keepalive: server.eventStreamKeepalive, idleTimeout: server.eventStreamIdleTimeout)
        layer = stream
        return stream.makeExchange(scope)
    }

    /// The exchange is over, and what stands before it.
    func dropLayer(_ server: ServerCore) {
        if layer is ServerWebSocket { server.statistics.webSockets.subtract(1, ordering: .relaxed) }
        layer?.detach()
        layer = nil
    }
}

extension ServerCore {
    /// An answer of the server's own.
    struct Refusal: Error {
        var status: Int
        var sentence: String
        var fields: HTTPFields = [:]
    }

    /// Why a WebSocket is not opened, whatever the application would say; nil when it may be.
    func refusesWebSocket(_ head: RequestHead) -> Refusal? {
        guard webSocket.allows(origin: head.values(of: "origin").first.map(head.text)) else {
            return Refusal(status: 403, sentence: "Pages of this origin may not open a WebSocket here.")
        }
        if let limit = webSocket.connections, statistics.webSockets.load(ordering: .relaxed) >= limit {
            return Refusal(
                status: 503, sentence: "The server has too many WebSockets.", fields: [.retryAfter: "5"])
        }
        return nil
    }

    /// The answer to a handshake that is none (RFC 6455 §4.4).
    static func answer(to refusal: WebSocketHandshake.Refusal) -> Refusal {
        Refusal(
            status: refusal.status, sentence: refusal.sentence,
            fields: refusal == .unsupportedVersion ? [.secWebSocketVersion: "13"] : [:])
    }
}
