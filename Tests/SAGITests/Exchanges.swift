import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// Exchanges of every kind that no server made: what is sent is written down, and nothing can be received.
final class Exchanges: Sendable {
    struct Sent: Equatable {
        let event: String
        let status: Int
        let length: String?
        let body: String
    }

    let scope: RequestScope
    private let events = Mutex<[Sent]>([])

    init(scope: RequestScope = .example) { self.scope = scope }

    var sent: [Sent] { events.withLock { $0 } }

    func note(_ event: String, _ response: HTTPResponse, _ body: ByteBuffer) {
        let sent = Sent(
            event: event, status: response.status.code, length: response.headerFields[.contentLength],
            body: String(buffer: body))
        events.withLock { $0.append(sent) }
    }

    private static func nothing<Event: Sendable>() -> Receive<Event> { Receive { throw CancellationError() } }

    var lifespan: Exchange {
        .lifespan(LifespanExchange(scope: LifespanScope(), receive: Self.nothing(), send: Send { _ in }))
    }

    var http: Exchange {
        .http(
            HTTPExchange(
                scope: scope, receive: Self.nothing(),
                send: Send { event in
                    switch event {
                    case .start(let response, _): self.note("start", response, ByteBuffer())
                    case .body(let bytes, more: false): self.note("body", HTTPResponse(status: .ok), bytes)
                    default: throw ExchangeError.wrongEvent("unexpected")
                    }
                }))
    }

    var eventStream: Exchange {
        .eventStream(
            EventStreamExchange(
                scope: scope, receive: Self.nothing(),
                send: Send { event in
                    guard case .decline(let response, let body) = event else {
                        throw ExchangeError.wrongEvent("unexpected")
                    }
                    self.note("decline", response, body)
                }))
    }

    var webSocket: Exchange {
        .webSocket(
            WebSocketExchange(
                scope: scope, subprotocols: [], receive: Self.nothing(),
                send: Send { event in
                    guard case .deny(let response, let body) = event else {
                        throw ExchangeError.wrongEvent("unexpected")
                    }
                    self.note("deny", response, body)
                }))
    }

    var webTransport: Exchange {
        .webTransport(
            WebTransportExchange(
                scope: scope, receive: Self.nothing(),
                send: Send { event in
                    guard case .refuse(let response, let body) = event else {
                        throw ExchangeError.wrongEvent("unexpected")
                    }
                    self.note("refuse", response, body)
                }))
    }

    /// All kinds that begin with a request.
    var requests: [Exchange] { [http, eventStream, webSocket, webTransport] }
}

extension RequestScope {
    static var example: RequestScope {
        RequestScope(
            request: HTTPRequest(
                method: .get, scheme: "https", authority: "example.org:8443", path: "/a%20b?q=1",
                headerFields: [.userAgent: "test"]),
            client: .ip("192.0.2.1", port: 4000), server: .ip("2001:db8::1", port: 443))
    }
}

enum Number: ValueKey { typealias Value = Int }
enum Name: ValueKey { typealias Value = String }
