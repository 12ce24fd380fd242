import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// Makes exchanges of any kind, and keeps the ordinary response that one of them ends with, byte by byte.
final class KindBytes: Sendable {
    private let seen = Mutex<(HTTPResponse, ByteBuffer)?>(nil)

    var response: (HTTPResponse, ByteBuffer)? { seen.withLock { $0 } }

    private func note(_ response: HTTPResponse, _ body: ByteBuffer) { seen.withLock { $0 = (response, body) } }

    func exchange(_ kind: RequestKind, _ scope: RequestScope) -> Exchange {
        switch kind {
        case .http:
            .http(
                HTTPExchange(
                    scope: scope, receive: Receive { .body(ByteBuffer(), more: false) },
                    send: Send { [self] event in
                        switch event {
                        case .start(let response, _): note(response, ByteBuffer())
                        case .body(let bytes, _): seen.withLock { _ = $0?.1.writeImmutableBuffer(bytes) }
                        default: break
                        }
                    }))
        case .eventStream:
            .eventStream(
                EventStreamExchange(
                    scope: scope, receive: Receive { .body(ByteBuffer(), more: false) },
                    send: Send { [self] event in
                        if case .decline(let response, let body) = event { note(response, body) }
                    }))
        case .webSocket:
            .webSocket(
                WebSocketExchange(
                    scope: scope, subprotocols: [], receive: Receive { .connect },
                    send: Send { [self] event in
                        if case .deny(let response, let body) = event { note(response, body) }
                    }))
        case .webTransport:
            .webTransport(
                WebTransportExchange(
                    scope: scope, receive: Receive { .connect },
                    send: Send { [self] event in
                        if case .refuse(let response, let body) = event { note(response, body) }
                    }))
        }
    }
}
