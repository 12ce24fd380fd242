public import NIOCore

/// Channels on which some publish and others listen: between the exchanges of one server, or of many.
///
/// ``MemoryPubSub`` is for one process; a store that all processes see, such as Redis, is for several.
///
/// ```swift
/// routes.post("/news") { request in try await news.publish(request.text(), to: "news") }
/// routes.eventStream("/news") { stream in
///     try await stream.send(from: news.subscribe(to: "news", replaying: .after(stream.lastEventID)))
/// }
/// ```
public protocol PubSub: Sendable {
    /// What a subscriber gets. Letting go of it ends the subscription.
    associatedtype Subscription: AsyncSequence & Sendable where Subscription.Element == Publication

    /// Sends a message to everybody who is subscribed to the channel at this moment. It does not wait for any of them.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - channel: any text.
    ///   - origin: who says so, for subscribers that would not hear themselves.
    nonisolated(nonsending) func publish(_ bytes: ByteBuffer, to channel: String, from origin: String?) async throws

    /// Subscribes to a channel, which needs no other beginning.
    ///
    /// - Parameters:
    ///   - channel: any text.
    ///   - replay: which of the messages that are kept come first, if any are.
    nonisolated(nonsending) func subscribe(to channel: String, replaying replay: Replay) async throws -> Subscription
}

/// Which messages of a channel's history a new subscriber gets first.
public enum Replay: Sendable, Hashable {
    case nothing
    /// Those after the one with this ``Publication/id``: what a client has missed that comes back. All that are kept when
    /// that one is not known any more, and none for `nil`.
    case after(String?)
    /// The last ones.
    case last(Int)
}

/// A message on a channel.
public struct Publication: Sendable, Hashable {
    /// Names the message in its channel, for ``Replay/after(_:)`` and as the id of an event.
    public let id: String
    public let bytes: ByteBuffer
    /// The message as text; made once for all subscribers.
    public let text: String
    /// Who said so, if they did.
    public let origin: String?

    public init(id: String, bytes: ByteBuffer, origin: String? = nil) {
        self.init(id: id, bytes: bytes, text: String(buffer: bytes), origin: origin)
    }

    init(id: String, bytes: ByteBuffer, text: String, origin: String?) {
        self.id = id
        self.bytes = bytes
        self.text = text
        self.origin = origin
    }
}

extension PubSub {
    /// Sends a text to everybody who is subscribed to the channel.
    public nonisolated(nonsending) func publish(
        _ text: String, to channel: String, from origin: String? = nil
    ) async throws {
        try await publish(ByteBuffer(string: text), to: channel, from: origin)
    }

    /// Sends bytes to everybody who is subscribed to the channel.
    public nonisolated(nonsending) func publish(_ bytes: ByteBuffer, to channel: String) async throws {
        try await publish(bytes, to: channel, from: nil)
    }

    /// Subscribes to what comes from now on.
    public nonisolated(nonsending) func subscribe(to channel: String) async throws -> Subscription {
        try await subscribe(to: channel, replaying: .nothing)
    }
}

/// Thrown by a subscription whose subscriber was too slow for its channel. A ``WebSocketHandler`` closes its socket with
/// 1013, and an ``EventStreamHandler`` ends its stream: the client comes back, and gets what it has missed.
public struct SlowSubscriber: Error, CustomStringConvertible {
    /// How many messages waited.
    public let waiting: Int

    public init(waiting: Int) { self.waiting = waiting }

    public var description: String { "A subscriber had \(waiting) messages waiting, and was too slow for more." }
}
