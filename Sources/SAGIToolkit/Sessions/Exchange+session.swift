import HTTPTypes
import SAGI

extension Exchange {
    /// This exchange, its session kept before the head of the response leaves, and before the response ends.
    func keeping(_ saver: SessionSaver) -> Exchange {
        switch changingResponse({ saver.decorate(&$0.headerFields) }) {
        case .lifespan(let lifespan): return .lifespan(lifespan)
        case .http(var http):
            http.send = Send(
                SessionSink(http.send, saver) { event in
                    switch event {
                    case .body(_, let more), .file(_, let more): !more
                    case .trailers: true
                    case .start, .informational, .flush: false
                    }
                })
            return .http(http)
        case .eventStream(var stream):
            stream.send = Send(SessionSink(stream.send, saver) { _ in false })
            return .eventStream(stream)
        case .webSocket(var socket):
            socket.send = Send(SessionSink(socket.send, saver) { _ in false })
            return .webSocket(socket)
        case .webTransport(var session):
            session.send = Send(SessionSink(session.send, saver) { _ in false })
            return .webTransport(session)
        }
    }
}

/// Sends events on, and keeps the session before some of them.
private final class SessionSink<Event: ResponseEvent>: EventSink {
    private let next: Send<Event>
    private let saver: SessionSaver
    private let isLast: @Sendable (Event) -> Bool

    init(_ next: Send<Event>, _ saver: SessionSaver, isLast: @escaping @Sendable (Event) -> Bool) {
        self.next = next
        self.saver = saver
        self.isLast = isLast
    }

    func offer(_ event: Event) throws -> Bool {
        try event.hasHead || (isLast(event) && saver.isDirty) ? false : next.offer(event)
    }

    nonisolated(nonsending) func send(_ event: Event) async throws {
        if event.hasHead {
            try await saver.prepareHead()
        } else if isLast(event) {
            try await saver.saveLate()
        }
        try await next(event)
    }
}
