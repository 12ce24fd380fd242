public import SAGI

/// Sends what is published on a channel as an event stream. A client that comes back gets what it has missed, as far as it
/// is kept.
///
/// ```swift
/// let news = MemoryPubSub(history: 100)
/// routes.mount("/news", EventChannel(news, channel: "news"))
/// ```
public struct EventChannel<Channels: PubSub>: Application {
    private let channels: Channels
    private let channel: @Sendable (Request) -> String
    private let event: String?
    private let retry: Duration?

    /// - Parameters:
    ///   - channels: where the messages come from.
    ///   - event: the name of the events. Default none: the page gets them as "message".
    ///   - retry: how long a client waits before it comes back. Default `nil`: as it likes.
    ///   - channel: which channel a request is for.
    public init(
        _ channels: Channels, event: String? = nil, retry: Duration? = nil,
        channel: @escaping @Sendable (Request) -> String
    ) {
        self.channels = channels
        self.event = event
        self.retry = retry
        self.channel = channel
    }

    /// The same for one channel.
    public init(_ channels: Channels, channel: String, event: String? = nil, retry: Duration? = nil) {
        self.init(channels, event: event, retry: retry) { _ in channel }
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        let application = EventStreamHandler { [channels, channel, event] stream in
            let name = channel(stream.request)
            let publications = try await channels.subscribe(to: name, replaying: .after(stream.lastEventID))
            try await stream.send(from: publications, event: event)
        }
        guard let retry else { return try await application.handle(exchange) }
        try await EventStreamRetry(retry).handle(exchange, next: application)
    }
}
