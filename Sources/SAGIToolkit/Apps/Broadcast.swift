public import SAGI

/// Sends every message of a WebSocket to all the others that are connected.
///
/// ```swift
/// routes.mount("/board", Broadcast(MemoryPubSub()))
/// ```
///
/// A client that is too slow is handled as the channels say, and holds nobody up.
public struct Broadcast<Channels: PubSub>: Application {
    private let channels: Channels
    private let channel: @Sendable (Request) -> String
    private let echoes: Bool

    /// An origin begins with the kind of the message. What somebody else publishes is text.
    private static var binary: Character { "b" }
    private static var text: Character { "t" }

    /// - Parameters:
    ///   - channels: where the messages go.
    ///   - echoes: whether a client hears itself. Default false.
    ///   - channel: who hears each other. Default all who ask for the same path.
    public init(
        _ channels: Channels, echoes: Bool = false,
        channel: @escaping @Sendable (Request) -> String = { $0.scope.rootPath + $0.path }
    ) {
        self.channels = channels
        self.echoes = echoes
        self.channel = channel
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        try await WebSocketHandler { [channels, channel, echoes] socket in
            let name = channel(socket.request)
            let own = String(UInt64.random(in: .min ... .max), radix: 36)
            let publications = try await channels.subscribe(to: name)
            try await socket.send(from: publications) { publication in
                if !echoes, publication.origin?.dropFirst() == own[...] { return nil }
                return publication.origin?.first == Self.binary ? .bytes(publication.bytes) : .text(publication.text)
            } receiving: { message in
                let kind = message.text == nil ? Self.binary : Self.text
                try await channels.publish(message.bytes, to: name, from: "\(kind)\(own)")
            }
        }.handle(exchange)
    }
}
