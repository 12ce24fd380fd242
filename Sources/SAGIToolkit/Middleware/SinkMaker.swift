import SAGI

/// An event with which an application answers the request of any kind of exchange.
protocol AnswerEvent: ResponseEvent {
    /// Whether the client's question is answered with it: by the head of a response, or by closing.
    var isAnswer: Bool { get }
}

extension HTTPResponseEvent: AnswerEvent {
    var isAnswer: Bool { hasHead }
}

extension EventStreamEvent: AnswerEvent {
    var isAnswer: Bool { hasHead }
}

extension WebSocketOutbound: AnswerEvent {
    /// Closing before `accept` is a denial.
    var isAnswer: Bool { if case .close = self { true } else { hasHead } }
}

extension WebTransportOutbound: AnswerEvent {
    var isAnswer: Bool { if case .close = self { true } else { hasHead } }
}

/// Makes what stands before the `send` of an exchange, whatever its kind.
protocol SinkMaker {
    func sink<Event: AnswerEvent>(before next: Send<Event>) -> any EventSink<Event>
}

extension Exchange {
    /// This exchange, with something before its `send`.
    func sending(through maker: some SinkMaker) -> Exchange {
        switch self {
        case .lifespan: return self
        case .http(var http):
            http.send = Send(maker.sink(before: http.send))
            return .http(http)
        case .eventStream(var stream):
            stream.send = Send(maker.sink(before: stream.send))
            return .eventStream(stream)
        case .webSocket(var socket):
            socket.send = Send(maker.sink(before: socket.send))
            return .webSocket(socket)
        case .webTransport(var session):
            session.send = Send(maker.sink(before: session.send))
            return .webTransport(session)
        }
    }
}
