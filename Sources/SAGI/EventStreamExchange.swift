public import HTTPTypes
public import NIOCore

/// One stream of server-sent events, in answer to a request whose `Accept` names `text/event-stream`.
public struct EventStreamExchange: Sendable {
    public var scope: RequestScope
    public var receive: Receive<EventStreamRequestEvent>
    public var send: Send<EventStreamEvent>

    public init(scope: RequestScope, receive: Receive<EventStreamRequestEvent>, send: Send<EventStreamEvent>) {
        self.scope = scope
        self.receive = receive
        self.send = send
    }
}

/// What an application receives on an event stream.
public enum EventStreamRequestEvent: Sendable {
    /// A part of the request's content. `more` is false for the last one.
    case body(ByteBuffer, more: Bool)
    /// The stream is over.
    case disconnect(DisconnectReason)
}

/// What an application sends on an event stream: one `start`, then events, or one `decline`.
public enum EventStreamEvent: Sendable {
    /// Begins the stream. The server adds `Content-Type: text/event-stream` and `Cache-Control: no-cache`.
    case start(HTTPResponse = HTTPResponse(status: .ok))
    /// One event. `retry` is in milliseconds.
    case send(data: String, event: String? = nil, id: String? = nil, retry: Int? = nil)
    /// A comment, which clients ignore.
    case comment(String)
    /// Sends `comment` each `interval` in which nothing else was sent; `nil` stops that.
    case keepalive(interval: Duration?, comment: String = "")
    /// Answers with an ordinary response instead of a stream.
    case decline(HTTPResponse, ByteBuffer)
    /// Ends the stream. The reason stays with the server and its log.
    case close(reason: String? = nil)
}
