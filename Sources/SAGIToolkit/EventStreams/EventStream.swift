public import Foundation
public import HTTPTypes
public import SAGI

/// An event stream (SSE), as a handler gets it.
///
/// ```swift
/// routes.eventStream("/clock") { stream in
///     while stream.isConnected {
///         try await stream.send(Date.now.formatted())
///         try await Task.sleep(for: .seconds(1))
///     }
/// }
/// ```
///
/// The first event starts the stream, unless ``start(headerFields:)`` has done so or ``decline(_:)`` has declined it. Any
/// task may send. Returning ends the stream; a client then comes back, unless it is told 204 the next time.
public final class EventStream: Sendable {
    /// The request that asked for the stream, with its content.
    public let request: Request

    private let exchange: EventStreamExchange
    private let opening = Opening()

    /// Makes a stream of an exchange. Of one exchange there must be no more than one.
    public init(_ exchange: EventStreamExchange) {
        self.exchange = exchange
        request = Request(.eventStream(exchange)) ?? Request(scope: exchange.scope)
    }

    /// The id of the last event that the client got before it came back (`Last-Event-ID`); `nil` the first time.
    public var lastEventID: String? { HTTPField.Name("Last-Event-ID").flatMap { request[$0] } }

    /// Whether the client is still there.
    public var isConnected: Bool { request.isConnected }

    /// Begins the stream. Once it has begun this does nothing.
    ///
    /// - Parameter headerFields: what the response has beside `Content-Type` and `Cache-Control`.
    public nonisolated(nonsending) func start(headerFields: HTTPFields = [:]) async throws {
        try await opening {
            try await exchange.send(.start(HTTPResponse(status: .ok, headerFields: headerFields)))
        }
    }

    /// Answers with an ordinary response instead: 204 tells a client that came back to stay away.
    ///
    /// - Throws: `ExchangeError` when the stream has begun.
    public nonisolated(nonsending) func decline(_ response: Response) async throws {
        try await response.handle(.eventStream(exchange))
    }

    /// Sends an event. Waits while the client takes less than is sent.
    ///
    /// - Throws: `ExchangeError` for an event that cannot be written as one, and when this side has ended the stream.
    ///   Nothing for a client that has gone.
    public nonisolated(nonsending) func send(_ event: ServerSentEvent) async throws {
        try await start()
        try await exchange.send(.send(data: event.data, event: event.event, id: event.id, retry: event.retry))
    }

    /// Sends an event of a text.
    public nonisolated(nonsending) func send(
        _ data: String, event: String? = nil, id: String? = nil, retry: Int? = nil
    ) async throws {
        try await send(ServerSentEvent(data, event: event, id: id, retry: retry))
    }

    /// Sends a value as an event of JSON.
    public nonisolated(nonsending) func send(
        json value: some Encodable, event: String? = nil, id: String? = nil, encoder: JSONEncoder = JSONEncoder()
    ) async throws {
        try await send(ServerSentEvent(json: value, event: event, id: id, encoder: encoder))
    }

    /// Sends an event unless the client is behind: then it does nothing, and returns false. For whoever would rather drop
    /// an event than wait.
    public nonisolated(nonsending) func trySend(_ event: ServerSentEvent) async throws -> Bool {
        guard !request.scope.isBehind else { return false }
        try await send(event)
        return true
    }

    /// Sends what a sequence brings, until it ends or the client has gone.
    public nonisolated(nonsending) func send<Events: AsyncSequence & Sendable>(
        from events: Events
    ) async throws where Events.Element == ServerSentEvent {
        try await start()
        for try await event in events {
            guard isConnected else { return }
            try await send(event)
        }
    }

    /// Sends the messages of a channel, with their ids, until the client has gone.
    ///
    /// - Throws: ``SlowSubscriber``; what `send` throws.
    public nonisolated(nonsending) func send<Publications: AsyncSequence & Sendable>(
        from publications: Publications, event: String? = nil
    ) async throws where Publications.Element == Publication {
        try await start()
        for try await publication in publications {
            guard isConnected else { return }
            try await send(publication.text, event: event, id: publication.id)
        }
    }

    /// Sends a comment, which clients ignore.
    public nonisolated(nonsending) func comment(_ text: String) async throws {
        try await start()
        try await exchange.send(.comment(text))
    }

    /// Sends a comment each `interval` in which nothing else was sent; `nil` stops that. The server does so anyway, as it
    /// is configured.
    public nonisolated(nonsending) func keepalive(every interval: Duration?, comment: String = "") async throws {
        try await start()
        try await exchange.send(.keepalive(interval: interval, comment: comment))
    }

    /// Ends the stream. Of several calls the first one counts.
    ///
    /// - Parameter reason: stays with the server.
    public nonisolated(nonsending) func close(reason: String? = nil) async throws {
        try await start()
        try await exchange.send(.close(reason: reason))
    }

    /// Calls `body` when the stream has ended: with `nil` when this side has ended it, or else with why.
    public func onClose(_ body: @escaping @Sendable (DisconnectReason?) -> Void) { request.scope.onClose(body) }
}
