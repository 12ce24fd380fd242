// Prices that change faster than some clients read: whoever keeps up gets each change, and whoever does not gets the newest
// prices when it can take more, and neither old ones nor a queue of them.
//
//     swift run Ticker --bind 127.0.0.1:8000      and open http://127.0.0.1:8000
//
// TICKER_SYMBOLS says how many prices there are, and TICKER_INTERVAL how many milliseconds lie between two changes.
import Foundation
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Ticker {
    static func application(symbols: Int, interval: Duration) throws -> some Application {
        let market = Market(symbols: symbols)
        return try Router { routes in
            routes.get("/") { request in Response.html(Page.markup(nonce: request.scope.cspNonce ?? "")) }
            routes.webSocket("/prices") { socket in
                try await socket.accept()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await follow(market, socket) }
                    // Nothing is expected of the client; but this is how its end is noticed.
                    group.addTask { for try await _ in socket {} }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        }
        .wrapped {
            SecurityHeaders(
                contentSecurityPolicy:
                    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'")
            ErrorHandler()
        }
        .onStartup { state in state[TaskKey.self] = Task { try await market.run(each: interval) } }
        .onShutdown { state in state[TaskKey.self]?.cancel() }
    }

    private static func follow(_ market: Market, _ socket: WebSocket) async throws {
        var sent = 0
        for try await _ in market.changes() {
            let prices = market.prices(after: sent)
            // This change came with the one before it.
            guard prices.number > sent else { continue }
            // Does not wait: a client that is behind gets what has changed by then with one of the next changes.
            if try await socket.trySend(.text(prices.json)) { sent = prices.number }
        }
    }

    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        let symbols = environment["TICKER_SYMBOLS"].flatMap { Int($0) } ?? 8
        let interval = environment["TICKER_INTERVAL"].flatMap { Double($0) } ?? 100
        await ServerCommand(name: "Ticker").main(
            try application(symbols: max(symbols, 1), interval: .milliseconds(max(interval, 0.1))))
    }
}

enum TaskKey: ValueKey { typealias Value = Task<Void, any Error> }
