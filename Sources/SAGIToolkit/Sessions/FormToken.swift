import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// Looks for a token in a form, and leaves the form to the application.
struct FormToken: Sendable {
    let name: String
    /// How many bytes are looked at.
    let limit: Int

    func isForm(_ scope: RequestScope) -> Bool {
        scope[.contentType].flatMap(MediaType.init)?.essence == "application/x-www-form-urlencoded"
    }

    /// Reads as much as is needed, and puts it back; `nil` when no token is there.
    nonisolated(nonsending) func read(_ exchange: inout Exchange) async throws -> String? {
        switch exchange {
        case .http(var http):
            let (token, events) = try await read(http.receive, make: { .body($0, more: $1) }) { event in
                if case .body(let bytes, let more) = event { (bytes, more) } else { nil }
            }
            http.receive = http.receive.after(events)
            exchange = .http(http)
            return token
        case .eventStream(var stream):
            let (token, events) = try await read(stream.receive, make: { .body($0, more: $1) }) { event in
                if case .body(let bytes, let more) = event { (bytes, more) } else { nil }
            }
            stream.receive = stream.receive.after(events)
            exchange = .eventStream(stream)
            return token
        case .lifespan, .webSocket, .webTransport: return nil
        }
    }

    /// - Returns: the token, and what the application is to receive before anything else.
    private nonisolated(nonsending) func read<Event: Sendable>(
        _ receive: Receive<Event>, make: (ByteBuffer, Bool) -> Event, part: (Event) -> (ByteBuffer, more: Bool)?
    ) async throws -> (String?, [Event]) {
        // In one piece, however small those are in which it comes.
        var start = ByteBuffer()
        var more = true
        while more, start.readableBytes < limit {
            let event = try await receive()
            guard let next = part(event) else {
                // The client has gone, and there is no token.
                return (nil, [make(start, true), event])
            }
            start.writeImmutableBuffer(next.0)
            more = next.more
        }
        let isWhole = !more && start.readableBytes <= limit
        return (token(in: Array(start.readableBytesView.prefix(limit)), isWhole: isWhole), [make(start, more)])
    }

    /// The value of the name in the start of a form; `nil` when it is not in it to its end.
    func token(in start: [UInt8], isWhole: Bool) -> String? {
        var start = start[...]
        if !isWhole {
            guard let last = start.lastIndex(of: UInt8(ascii: "&")) else { return nil }
            start = start[..<last]
        }
        return Parameters(query: String(decoding: start, as: UTF8.self))[name]
    }
}

extension Receive {
    /// Receives `events` first, and then what comes from here.
    fileprivate func after(_ events: [Event]) -> Receive<Event> {
        let rest = Events(events)
        return Receive { [self] in
            if let event = rest.next() { return event }
            return try await self()
        }
    }

    private final class Events: Sendable {
        private let rest: Mutex<ArraySlice<Event>>

        init(_ events: [Event]) { rest = Mutex(events[...]) }

        func next() -> Event? { rest.withLock { $0.popFirst() } }
    }
}
