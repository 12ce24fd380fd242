// Work that goes on after the response: a little of it in the response itself, and more in a queue that lives as long as
// the server.
//
//     swift run BackgroundWork --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/signup -d 'mail=ada@example.org'
import HTTPTypes
import Logging
import SAGI
import SAGIServerCommand
import SAGIToolkit

/// Jobs that are done one after another, and that are all done before the server ends.
final class Queue: Sendable {
    private let jobs: AsyncStream<String>.Continuation
    private let worker: Task<Void, Never>

    init(logger: Logger) {
        let (stream, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(1000))
        jobs = continuation
        worker = Task {
            for await mail in stream {
                try? await Task.sleep(for: .milliseconds(200))
                logger.info("Welcomed \(mail).")
            }
        }
    }

    /// False when too many wait.
    func add(_ mail: String) -> Bool {
        if case .enqueued = jobs.yield(mail) { true } else { false }
    }

    func finish() async {
        jobs.finish()
        await worker.value
    }
}

enum QueueKey: ValueKey { typealias Value = Queue }

let router = try Router { routes in
    routes.post("/signup") { request -> Response in
        guard let mail = try await request.form()["mail"], let queue = request.state[QueueKey.self] else {
            throw HTTPError(.badRequest, "A mail address is needed.")
        }
        guard queue.add(mail) else { throw HTTPError(.serviceUnavailable, "Too many want to sign up.") }
        var response = Response.text("Welcome!\n", status: .accepted)
        let logger = request.logger
        // This runs when the client has the whole response.
        response.background = [{ logger.info("Signed up \(mail).") }]
        return response
    }
}

let app =
    router
    .onStartup { state in state[QueueKey.self] = Queue(logger: Logger(label: "queue")) }
    .onShutdown { state in await state[QueueKey.self]?.finish() }
await ServerCommand(name: "BackgroundWork").main(app)
