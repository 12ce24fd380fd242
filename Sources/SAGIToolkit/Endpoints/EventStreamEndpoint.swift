/// An endpoint that serves event streams (SSE).
///
/// ```swift
/// struct NewsEndpoint: GetEndpoint, EventStreamEndpoint {
///     let news: MemoryPubSub
///
///     func get(_ request: Request) -> Response { .html("<!doctype html>…") }
///     func stream(_ stream: EventStream) async throws {
///         try await stream.send(from: news.subscribe(to: "news", replaying: .after(stream.lastEventID)))
///     }
/// }
///
/// routes.endpoint("/news", NewsEndpoint(news: news))
/// ```
///
/// A stream is asked for with any method, and goes before the functions for methods. It is started, declined and failed as
/// with ``EventStreamHandler``.
public protocol EventStreamEndpoint: Endpoint {
    /// Serves one stream, until it returns.
    nonisolated(nonsending) func stream(_ stream: EventStream) async throws
}

extension EventStreamEndpoint {
    var eventStreamHandler: EventStreamHandler { EventStreamHandler { try await self.stream($0) } }
}
