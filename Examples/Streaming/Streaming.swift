// A response that comes in parts, with trailers at its end, and what happens when the client leaves.
//
//     swift run Streaming
//     curl -iN http://127.0.0.1:8000/                              a line each half second
//     curl -iN -H 'TE: trailers' http://127.0.0.1:8000/            the same, and the trailer X-Lines
//
// Stop curl with Ctrl-C: the program says at which line the client went.
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGIServerCommand
import Synchronization

@main
struct Streaming: ServerApplication {
    static let lines = 10

    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        let logger = http.scope.logger
        let progress = Progress()

        // Exactly one of the two runs, once, whatever happens.
        http.scope.connection.onDisconnect { logger.info("The client went at line \(progress.line): \($0)") }
        http.scope.connection.onComplete { logger.info("All \(progress.line) lines have been sent.") }

        var head = HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain; charset=utf-8"])
        // Worth announcing only to a client that reads them; `send` drops them for any other.
        let hasTrailers = http.scope.extensions[Trailers.self] != nil
        if hasTrailers { head.headerFields[.trailer] = "X-Lines" }
        try await http.send(.start(head, trailers: hasTrailers))

        for number in 1...Self.lines {
            progress.line = number
            try await http.send(.body("line \(number)\n", more: number < Self.lines))
            // The task is cancelled when the client goes, which ends the pause and, with it, this function. An error
            // that comes after the client has gone is no error of the application.
            if number < Self.lines { try await Task.sleep(for: .milliseconds(500)) }
        }

        guard hasTrailers, let name = HTTPField.Name("X-Lines") else { return }
        try await http.send(.trailers([name: "\(Self.lines)"]))
    }
}

/// Read by the callbacks, which may run on any thread.
private final class Progress: Sendable {
    private let number = Atomic<Int>(0)

    var line: Int {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }
}
