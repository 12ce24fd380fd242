extension TestEventStream {
    /// One event of an event stream, as a client takes it from the stream (HTML standard §9.2.6).
    public struct Event: Sendable, Hashable {
        /// The data, its lines joined with "\n".
        public var data: String
        /// The name; `nil` when the event has none, which browsers take for "message".
        public var event: String?
        /// The id that came with this event. ``lastEventID`` is what a client remembers.
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
}
