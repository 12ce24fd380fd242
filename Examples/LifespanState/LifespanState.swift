// What is made once at startup, used by every request, and put away at shutdown.
//
//     swift run LifespanState
//     curl http://127.0.0.1:8000/                                  again and again: the number grows
//
// Stop the program with Ctrl-C: it says how many visits there were.
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGIServerCommand

@main
struct LifespanState: ServerApplication {
    func handle(_ exchange: Exchange) async throws {
        switch exchange {
        case .lifespan(let lifespan): try await live(lifespan)
        case .http(let http): try await answer(http)
        default: throw Unsupported(exchange)
        }
    }

    /// One call that lasts as long as the server: before the first connection until after the last response.
    private func live(_ lifespan: LifespanExchange) async throws {
        guard case .startup = try await lifespan.receive() else { return }
        // Here a program would open its database; `.startupFailed` with a sentence ends the server.
        let visits = Visits()
        var state = State()
        state[Visits.self] = visits
        try await lifespan.send(.startupComplete(state))

        // Returns when the server has served its last exchange.
        _ = try await lifespan.receive()
        let count = await visits.count
        Logger(label: "visits").notice("There were \(count) visits.")
        try await lifespan.send(.shutdownComplete)
    }

    private func answer(_ http: HTTPExchange) async throws {
        // Absent when the server runs with `--lifespan off`.
        guard let visits = http.scope.state[Visits.self] else {
            return try await Exchange.http(http).decline(with: HTTPResponse(status: .serviceUnavailable))
        }
        let number = await visits.visit()
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
        try await http.send(.body("This is visit \(number).\n"))
    }
}

/// The state is a copy for every exchange; what changes is behind a reference in it.
actor Visits: ValueKey {
    typealias Value = Visits

    private(set) var count = 0

    func visit() -> Int {
        count += 1
        return count
    }
}
