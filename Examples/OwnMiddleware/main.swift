// Middleware of one's own: one that answers for the application, and one that changes what the application sees and
// sends. Both hold for every kind of exchange.
//
//     swift run OwnMiddleware --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/
//     curl -i http://127.0.0.1:8000/ -H 'X-Key: open sesame'
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

extension HTTPField.Name {
    static let key = HTTPField.Name("X-Key") ?? .authorization
    static let poweredBy = HTTPField.Name("X-Powered-By") ?? .server
}

/// Lets those in who know the word.
struct Doorkeeper: Middleware {
    let word: String

    func handle(_ exchange: Exchange, next: some Application) async throws {
        // Only the lifespan has no request.
        guard let request = exchange.request else { return try await next.handle(exchange) }
        guard request[.key] == word else {
            // Declined in the form of its kind: asking for a WebSocket does not get around this.
            return try await exchange.decline(with: HTTPResponse(status: .forbidden))
        }
        var exchange = exchange
        exchange.request?.values[Guest.self] = "friend"
        try await next.handle(exchange)
    }
}

/// A key for what a middleware hands down: an empty type.
enum Guest: ValueKey { typealias Value = String }

/// Adds a field to each response of HTTP, by looking at the events on their way.
struct PoweredBy: Middleware {
    let name: String

    func handle(_ exchange: Exchange, next: some Application) async throws {
        guard case .http(var http) = exchange else { return try await next.handle(exchange) }
        http.send = Send { [name, send = http.send] event in
            guard case .start(var response, let trailers) = event else { return try await send(event) }
            response.headerFields[.poweredBy] = name
            try await send(.start(response, trailers: trailers))
        }
        try await next.handle(.http(http))
    }
}

let app = Handler { request in "Come in, \(request.values[Guest.self] ?? "stranger").\n" }
    .wrapped {
        PoweredBy(name: "SAGI")
        Doorkeeper(word: "open sesame")
    }
await ServerCommand(name: "OwnMiddleware").main(app)
