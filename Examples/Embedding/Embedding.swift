// A server as one service among others, in a program that owns its process.
//
//     swift run Embedding 127.0.0.1:8000
//     curl http://127.0.0.1:8000/                                  how often the heart has beaten
//
// Ctrl-C stops the services in the reverse order: first the server, which answers what is running, and then the rest.
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGIServer
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Another service, which the application uses.
final class Heart: Service {
    private let count = Atomic<Int>(0)

    var beats: Int { count.load(ordering: .relaxed) }

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.count.add(1, ordering: .relaxed)
                // Throws when the group shuts down, which is no error here.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

struct Monitor: Application {
    let heart: Heart

    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
        try await http.send(.body("\(heart.beats) beats\n"))
    }
}

@main
enum Embedding {
    static func main() async throws {
        var configuration = ServerConfiguration()
        let address = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:8000"
        configuration.listeners = [ListenerConfiguration(try ListenAddress(parsing: address))]
        configuration.timeouts.shutdown = .seconds(5)

        let logger = Logger(label: "embedding")
        let heart = Heart()
        let server = Server(Monitor(heart: heart), configuration: configuration, logger: logger)
        // The server handles no signals: the group does, for all of its services.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: heart), .init(service: server)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
