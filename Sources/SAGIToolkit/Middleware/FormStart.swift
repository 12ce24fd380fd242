import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// Looks into the start of a form, and leaves the whole of it to the application.
struct FormStart: Sendable {
    /// How many bytes are looked at.
    private let limit: Int

    init(_ limit: Int) { self.limit = limit }

    /// The value of a field of the form, when there is a form and the field is in its start.
    nonisolated(nonsending) func value(of name: String, _ exchange: inout Exchange) async throws -> String? {
        guard exchange.request?[.contentType].flatMap(MediaType.init)?.essence == "application/x-www-form-urlencoded"
        else { return nil }
        switch exchange {
        case .http(var http):
            let (value, events) = try await read(name, http.receive, make: { .body($0, more: $1) }) { event in
                if case .body(let bytes, let more) = event { (bytes, more) } else { nil }
            }
            http.receive = http.receive.after(events)
            exchange = .http(http)
            return value
        case .eventStream(var stream):
            let (value, events) = try await read(name, stream.receive, make: { .body($0, more: $1) }) { event in
                if case .body(let bytes, let more) = event { (bytes, more) } else { nil }
            }
            stream.receive = stream.receive.after(events)
            exchange = .eventStream(stream)
            return value
        case .lifespan, .webSocket, .webTransport: return nil
        }
    }

    /// - Returns: the value, and what the application is to receive before anything else.
    private nonisolated(nonsending) func read<Event: Sendable>(
        _ name: String, _ receive: Receive<Event>, make: (ByteBuffer, Bool) -> Event,
        part: (Event) -> (bytes: ByteBuffer, more: Bool)?
    ) async throws -> (String?, [Event]) {
        // One piece, however small those are in which it comes.
        var start = ByteBuffer()
        var more = true
        while more, start.readableBytes < limit {
            let event = try await receive()
            // A client that has gone has said nothing.
            guard let next = part(event) else { return (nil, [make(start, true), event]) }
            start.writeImmutableBuffer(next.bytes)
            more = next.more
        }
        let isWhole = !more && start.readableBytes <= limit
        return (value(of: name, in: start.readableBytesView.prefix(limit), isWhole: isWhole), [make(start, more)])
    }

    private func value(of name: String, in start: ByteBufferView, isWhole: Bool) -> String? {
        var start = start
        if !isWhole {
            // The last pair may go on.
            guard let last = start.lastIndex(of: UInt8(ascii: "&")) else { return nil }
            start = start[..<last]
        }
        return Parameters(query: String(decoding: start, as: UTF8.self))[name]
    }
}

extension Receive {
    /// Receives `events` first, and then what comes from here.
    fileprivate func after(_ events: [Event]) -> Receive<Event> {
        let source = EventsAhead(events)
        return Receive { [self] in
            if let event = source.next() { return event }
            return try await self()
        }
    }
}

/// Events that have been received already.
private final class EventsAhead<Event: Sendable>: Sendable {
    private let rest: Mutex<ArraySlice<Event>>

    init(_ events: [Event]) { rest = Mutex(events[...]) }

    func next() -> Event? { rest.withLock { $0.popFirst() } }
}
