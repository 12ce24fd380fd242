// A dashboard: figures of the server that a page shows as they change, over server-sent events.
//
//     swift run Dashboard --bind 127.0.0.1:8000      and open http://127.0.0.1:8000
//     curl -N -H 'Accept: text/event-stream' http://127.0.0.1:8000/figures
//
// A browser that loses the stream asks for it again, says what it got last (Last-Event-ID), and gets what it has missed.
// DASHBOARD_STREAM=5 ends each stream after 5 seconds, so that this can be seen.
import Foundation
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit
import Synchronization

@main
struct Dashboard {
    /// - Parameters:
    ///   - interval: how often there are new figures.
    ///   - streamTime: how long a stream lasts; `nil` for as long as the client likes.
    static func application(interval: Duration, streamTime: Duration?) throws -> some Application {
        let figures = MemoryPubSub(history: 300)
        let requests = Requests()
        return try Router { routes in
            routes.get("/") { request in
                requests.count()
                return Response.html(Page.markup(nonce: request.scope.cspNonce ?? ""))
            }
            routes.group("/figures") { stream in
                stream.use(EventStreamRetry(.milliseconds(200)))
                stream.eventStream("/") { stream in
                    requests.count()
                    // Whoever comes for the first time gets a little of what was, for the curve.
                    let replay = stream.lastEventID.map { Replay.after($0) } ?? .last(10)
                    let publications = figures.subscribe(to: "figures", replaying: replay)
                    try await within(streamTime) { try await stream.send(from: publications, event: "figures") }
                }
            }
        }
        .wrapped {
            SecurityHeaders(
                contentSecurityPolicy:
                    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'")
            ErrorHandler()
        }
        .onStartup { state in
            state[TaskKey.self] = Task { try await measure(each: interval, requests, figures) }
        }
        .onShutdown { state in state[TaskKey.self]?.cancel() }
    }

    /// Publishes the figures again and again. Nobody who is slow holds this up.
    private static func measure(each interval: Duration, _ requests: Requests, _ figures: MemoryPubSub) async throws {
        let start = ContinuousClock.now
        for number in 1... {
            let measured = Figures(
                number: number, seconds: Int((ContinuousClock.now - start) / .seconds(1)), requests: requests.total,
                readers: figures.subscribers(of: "figures"))
            try await figures.publish(String(decoding: JSONEncoder().encode(measured), as: UTF8.self), to: "figures")
            try await Task.sleep(for: interval)
        }
    }

    /// Runs `body`, and cancels it after a time.
    private static func within(_ time: Duration?, _ body: @escaping @Sendable () async throws -> Void) async throws {
        guard let time else { return try await body() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { try await Task.sleep(for: time) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        let interval = environment["DASHBOARD_INTERVAL"].flatMap { Double($0) } ?? 1
        let streamTime = environment["DASHBOARD_STREAM"].flatMap { Double($0) }
        await ServerCommand(name: "Dashboard").main(
            try application(interval: .seconds(interval), streamTime: streamTime.map { .seconds($0) }))
    }
}

/// What a page shows.
struct Figures: Encodable {
    var number: Int
    /// Since the start.
    var seconds: Int
    var requests: Int
    /// How many look at the figures.
    var readers: Int
}

final class Requests: Sendable {
    private let counter = Atomic<Int>(0)

    var total: Int { counter.load(ordering: .relaxed) }
    func count() { counter.add(1, ordering: .relaxed) }
}

enum TaskKey: ValueKey { typealias Value = Task<Void, any Error> }
