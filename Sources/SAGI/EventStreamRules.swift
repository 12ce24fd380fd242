package import HTTPTypes

/// The order of an event stream's events: the same for every server.
package struct EventStreamRules: Sendable {
    package enum Phase: Sendable {
        case idle, started, declined, closed
    }

    package private(set) var phase = Phase.idle

    package init() {}

    /// Checks one event and notes it, or throws and changes nothing. Whether a `start` is one is known when it has been
    /// sent, and noted with ``started()``.
    ///
    /// - Returns: false for an event that changes nothing: the stream has been closed already.
    package mutating func take(_ event: EventStreamEvent) throws(ExchangeError) -> Bool {
        switch event {
        case .start: try checkStart()
        case .send, .comment, .keepalive: try checkEvent()
        case .decline:
            try checkStart()
            phase = .declined
        case .close:
            if phase == .closed { return false }
            try checkEvent()
            phase = .closed
        }
        return true
    }

    package mutating func started() { phase = .started }

    /// The fields of the response that begins a stream.
    package static func head(of response: HTTPResponse) -> HTTPResponse {
        var response = response
        if response.headerFields[.contentType] == nil { response.headerFields[.contentType] = "text/event-stream" }
        if response.headerFields[.cacheControl] == nil { response.headerFields[.cacheControl] = "no-cache" }
        // The length of a stream is not known.
        response.headerFields[.contentLength] = nil
        return response
    }

    private func checkStart() throws(ExchangeError) {
        switch phase {
        case .idle: return
        case .started: throw .wrongEvent("The event stream has been started already.")
        case .declined: throw .wrongEvent("The event stream has been declined.")
        case .closed: throw .wrongEvent("The event stream is closed.")
        }
    }

    private func checkEvent() throws(ExchangeError) {
        switch phase {
        case .idle: throw .wrongEvent("An event came before the start of the event stream.")
        case .started: return
        case .declined: throw .wrongEvent("The event stream has been declined.")
        case .closed: throw .wrongEvent("The event stream is closed.")
        }
    }
}
