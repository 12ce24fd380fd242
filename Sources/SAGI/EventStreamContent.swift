/// What an event stream receives of the HTTP exchange that carries it: all but the trailers.
extension EventSource where Inbound == HTTPRequestEvent {
    package func pollForEventStream() throws -> EventStreamRequestEvent? {
        while let event = try poll() {
            if let event = EventStreamRequestEvent(event) { return event }
        }
        return nil
    }

    package nonisolated(nonsending) func nextForEventStream() async throws -> EventStreamRequestEvent {
        while true {
            if let event = EventStreamRequestEvent(try await next()) { return event }
        }
    }
}

extension EventStreamRequestEvent {
    fileprivate init?(_ event: HTTPRequestEvent) {
        switch event {
        case .body(let bytes, let more): self = .body(bytes, more: more)
        case .disconnect(let reason): self = .disconnect(reason)
        case .trailers: return nil
        }
    }
}
