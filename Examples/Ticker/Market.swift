import Foundation
import NIOCore
import SAGIToolkit
import Synchronization

/// The prices that have changed since a client got some last.
struct Prices: Encodable, Sendable {
    /// The number of the last change.
    var number: Int
    /// How many changes are in them that the client has not got one by one.
    var skipped: Int
    /// In cents, by their symbols.
    var cents: [String: Int]

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}

/// Prices that go up and down by chance.
final class Market: Sendable {
    private struct Price {
        var cents: Int
        /// The change that it is of.
        var number: Int
    }

    private struct State {
        var number = 1
        var prices: [String: Price]
    }

    private let state: Mutex<State>
    /// Says that something has changed, and not what: that is asked for when it can be sent.
    private let bell = MemoryPubSub(capacity: 1, overflow: .dropOldest)

    init(symbols: Int) {
        let prices = (1...symbols).map { ("S\($0)", Price(cents: .random(in: 1000...9999), number: 1)) }
        state = Mutex(State(prices: Dictionary(uniqueKeysWithValues: prices)))
    }

    func changes() -> MemorySubscription { bell.subscribe(to: "changes", replaying: .nothing) }

    /// What has changed after a change; all of it for 0.
    func prices(after number: Int) -> Prices {
        state.withLock { state in
            Prices(
                number: state.number, skipped: number == 0 ? 0 : state.number - number - 1,
                cents: state.prices.filter { $0.value.number > number }.mapValues(\.cents))
        }
    }

    /// Changes some prices again and again.
    func run(each interval: Duration) async throws {
        while true {
            try await Task.sleep(for: interval)
            state.withLock { state in
                state.number += 1
                for symbol in state.prices.keys where Bool.random() {
                    let cents = max(1, (state.prices[symbol]?.cents ?? 1) + .random(in: -20...20))
                    state.prices[symbol] = Price(cents: cents, number: state.number)
                }
            }
            bell.publish(ByteBuffer(), to: "changes", from: nil)
        }
    }
}
