import HTTPTypes
import NIOCore
import SAGI

extension Exchange {
    /// This exchange, with `change` applied to the head of the response: for middleware that adds fields to it.
    ///
    /// It is called once, with a copy, when the response is started, whatever the kind of exchange: also for a decline,
    /// a denial or a refusal, and for what a WebSocket or WebTransport session is accepted with, which has the status
    /// 101 here. Nothing else of the exchange is looked at.
    func changingResponse(_ change: @escaping @Sendable (inout HTTPResponse) -> Void) -> Exchange {
        switch self {
        case .lifespan: return self
        case .http(var http):
            http.send = Send(
                ChangingSink(http.send) { event in
                    guard case .start(var response, let trailers) = event else { return nil }
                    change(&response)
                    return .start(response, trailers: trailers)
                })
            return .http(http)
        case .eventStream(var stream):
            stream.send = Send(
                ChangingSink(stream.send) { event in
                    switch event {
                    case .start(var response):
                        change(&response)
                        return .start(response)
                    case .decline(var response, let body):
                        change(&response)
                        return .decline(response, body)
                    default: return nil
                    }
                })
            return .eventStream(stream)
        case .webSocket(var socket):
            socket.send = Send(
                ChangingSink(socket.send) { event in
                    switch event {
                    case .accept(let subprotocol, let fields, let compression):
                        let fields = Self.changed(fields, change)
                        return .accept(subprotocol: subprotocol, headerFields: fields, compression: compression)
                    case .deny(var response, let body):
                        change(&response)
                        return .deny(response, body)
                    default: return nil
                    }
                })
            return .webSocket(socket)
        case .webTransport(var session):
            session.send = Send(
                ChangingSink(session.send) { event in
                    switch event {
                    case .accept(let fields): return .accept(headerFields: Self.changed(fields, change))
                    case .refuse(var response, let body):
                        change(&response)
                        return .refuse(response, body)
                    default: return nil
                    }
                })
            return .webTransport(session)
        }
    }

    private static func changed(_ fields: HTTPFields, _ change: (inout HTTPResponse) -> Void) -> HTTPFields {
        var response = HTTPResponse(status: .switchingProtocols, headerFields: fields)
        change(&response)
        return response.headerFields
    }
}

/// Sends events on, some of them changed.
final class ChangingSink<Event: ResponseEvent>: EventSink {
    private let next: Send<Event>
    private let change: @Sendable (Event) -> Event?

    /// `change` makes the event to send instead of one that has the head of a response.
    init(_ next: Send<Event>, _ change: @escaping @Sendable (Event) -> Event?) {
        self.next = next
        self.change = change
    }

    /// What is to be changed is left to `send`: an offer that is not taken comes again, and would be changed twice.
    func offer(_ event: Event) throws -> Bool { try event.hasHead ? false : next.offer(event) }

    nonisolated(nonsending) func send(_ event: Event) async throws {
        try await next(event.hasHead ? change(event) ?? event : event)
    }
}

/// What an application sends of a response, for any kind of exchange.
protocol ResponseEvent: Sendable {
    /// Whether the event has the head of the response.
    var hasHead: Bool { get }
}

extension HTTPResponseEvent: ResponseEvent {
    var hasHead: Bool { if case .start = self { true } else { false } }
}

extension EventStreamEvent: ResponseEvent {
    var hasHead: Bool {
        switch self {
        case .start, .decline: true
        case .send, .comment, .keepalive, .close: false
        }
    }
}

extension WebSocketOutbound: ResponseEvent {
    var hasHead: Bool {
        switch self {
        case .accept, .deny: true
        case .text, .bytes, .keepalive, .close: false
        }
    }
}

extension WebTransportOutbound: ResponseEvent {
    var hasHead: Bool {
        switch self {
        case .accept, .refuse: true
        case .data, .reset, .stopSending, .datagram, .close: false
        }
    }
}
