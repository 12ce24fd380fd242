public import Foundation

/// An event of an event stream (HTML standard §9.2).
public struct ServerSentEvent: Sendable, Hashable {
    /// What the page gets: any text, of one line or several.
    public var data: String
    /// Which listeners of the page get it; `nil` is "message".
    public var event: String?
    /// What a client sends as `Last-Event-ID` when it comes back. No line breaks, and no NUL.
    public var id: String?
    /// How long a client waits before it comes back, in milliseconds.
    public var retry: Int?

    public init(_ data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// A value as JSON.
    public init(
        json value: some Encodable, event: String? = nil, id: String? = nil, retry: Int? = nil,
        encoder: JSONEncoder = JSONEncoder()
    ) throws {
        self.init(String(decoding: try encoder.encode(value), as: UTF8.self), event: event, id: id, retry: retry)
    }
}
