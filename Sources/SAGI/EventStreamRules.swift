package import HTTPTypes

/// The order of an event stream's events: the same for every server.
///
/// Each method checks one event and notes it, or throws and changes nothing.
package struct EventStreamRules: Sendable {
    package enum Phase: Sendable {
        case idle, started, declined, closed
    }

    package private(set) var phase = Phase.idle

    package init() {}

    package func checkStart() throws(ExchangeError) {
        switch phase {
        case .idle: return
        case .started: throw .wrongEvent("The event stream has been started already.")
        case .declined: throw .wrongEvent("The event stream has been declined.")
        case .closed: throw .wrongEvent("The event stream is closed.")
        }
    }

    package mutating func started() { phase = .started }
    package mutating func declined() { phase = .declined }

    package func checkEvent() throws(ExchangeError) {
        switch phase {
        case .idle: throw .wrongEvent("An event came before the start of the event stream.")
        case .started: return
        case .declined: throw .wrongEvent("The event stream has been declined.")
        case .closed: throw .wrongEvent("The event stream is closed.")
        }
    }

    /// Notes the end; false when it had come already.
    package mutating func close() throws(ExchangeError) -> Bool {
        if phase == .closed { return false }
        try checkEvent()
        phase = .closed
        return true
    }

    /// The fields of the response that begins a stream.
    package static func head(of response: HTTPResponse) -> HTTPResponse {
        var response = response
        if response.headerFields[.contentType] == nil { response.headerFields[.contentType] = "text/event-stream" }
        if response.headerFields[.cacheControl] == nil { response.headerFields[.cacheControl] = "no-cache" }
        // The length of a stream is not known.
        response.headerFields[.contentLength] = nil
        return response
    }
}
