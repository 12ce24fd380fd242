package import HTTPTypes
package import NIOCore

/// What an event of an event stream is for the HTTP exchange that carries it: the same for every server.
package enum EventStreamStep: Sendable {
    /// The response begins.
    case start(HTTPResponse)
    /// Content, and more of it to come.
    case content(ByteBuffer)
    /// Nothing yet: a comment when nothing else is sent.
    case keepalive(interval: Duration?, comment: String)
    /// An ordinary response.
    case decline(HTTPResponse, ByteBuffer)
    /// The content is whole.
    case end

    /// - Throws: what ``EventStreamFormat/event(data:event:id:retry:)`` throws.
    package init(_ event: EventStreamEvent) throws(ExchangeError) {
        switch event {
        case .send(let data, let name, let id, let retry):
            self = .content(try EventStreamFormat.event(data: data, event: name, id: id, retry: retry))
        case .comment(let text): self = .content(EventStreamFormat.comment(text))
        case .start(let response): self = .start(Self.head(of: response))
        case .keepalive(let interval, let comment): self = .keepalive(interval: interval, comment: comment)
        case .decline(let response, let body): self = .decline(response, body)
        case .close: self = .end
        }
    }

    /// The fields of the response that begins a stream.
    private static func head(of response: HTTPResponse) -> HTTPResponse {
        var response = response
        if response.headerFields[.contentType] == nil { response.headerFields[.contentType] = "text/event-stream" }
        if response.headerFields[.cacheControl] == nil { response.headerFields[.cacheControl] = "no-cache" }
        // The length of a stream is not known.
        response.headerFields[.contentLength] = nil
        return response
    }
}

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
