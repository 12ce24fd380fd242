import Foundation
import NIOCore
import SAGIToolkit
import Synchronization

/// The number, and whoever wants to know of it.
final class Count: Sendable {
    private struct News: Encodable {
        var count: Int
        /// How many look at it.
        var present: Int
    }

    private let value = Mutex(0)
    /// For whoever is slow only the newest value counts.
    private let channels = MemoryPubSub(capacity: 1, overflow: .dropOldest)

    func subscribe() -> MemorySubscription { channels.subscribe(to: "count", replaying: .nothing) }

    func add(_ step: Int) {
        value.withLock { value in
            // It goes round rather than beyond what a number can be.
            value &+= step
            // Under the lock, so that the news come in the order of the values.
            let news = News(count: value, present: channels.subscribers(of: "count"))
            guard let data = try? JSONEncoder().encode(news) else { return }
            channels.publish(ByteBuffer(bytes: data), to: "count", from: nil)
        }
    }
}

struct Change: Decodable {
    var add: Int
}

extension WebSocket.Message {
    /// What a page asks for.
    var change: Change? { text.flatMap { try? JSONDecoder().decode(Change.self, from: Data($0.utf8)) } }
}
