import SAGI
import SAGIServer
import SAGIServerCommand
import SAGIToolkit

// The parts of README.md that are no whole programs. scripts/check-samples finds them here, as they stand there.

private struct Note: Codable, Sendable {
    var text: String
}

private protocol Notes: Sendable {
    func find(_ id: Int) async throws -> Note?
    func add(_ note: Note) async throws -> Note
}

private func serve(_ notes: any Notes) async throws {
    let router = try Router { routes in
        routes.use(Sessions(MemoryStore()))
        routes.get("/") { _ in "Hello, world!\n" }
        routes.get("/notes/{id:Int}") { request in try await notes.find(request.parameter("id", as: Int.self)) }
        routes.post("/notes") { request in try await notes.add(request.json(Note.self)) }
        routes.mount("/static", StaticFiles("public"))
    }
    let app = router.wrapped {
        ErrorHandler()
        RequestID()
        Compression()
    }
    await ServerCommand(name: "Notes").main(app)
}

private struct Hello: Application {
    func handle(_ exchange: Exchange) async throws { throw Unsupported(exchange) }
}

private func serve(_ configuration: ServerConfiguration) async throws {
    let server = Server(Hello(), configuration: configuration)  // a Service, or start() and shutdown()
    try await server.run()
}
