import HTTPTypes

/// One event of an event stream, as a client takes it from the stream (HTML standard §9.2.6).
public struct ServerSentEvent: Sendable, Hashable {
    /// The data, its lines joined with "\n".
    public var data: String
    /// The name; `nil` when the event has none, which browsers take for "message".
    public var event: String?
    /// The id that came with this event. ``TestEventStream/lastEventID`` is what a client remembers.
    public var id: String?
    /// The time in milliseconds that a client waits before it connects again, when it came with this event.
    public var retry: Int?

    public init(_ data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }
}

/// A request for an event stream was answered with something else: another status than 200, or another type.
public struct EventStreamDeclined: Error, CustomStringConvertible {
    /// The response.
    public let response: TestResponse

    public var description: String {
        let type = response[.contentType].map { " and the type \($0)" } ?? ""
        return "Instead of an event stream came a response with \(response.status.code)\(type)."
    }
}
