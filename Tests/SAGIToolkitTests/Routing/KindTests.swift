import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

@Suite("Routes of every kind")
struct KindTests {
    static func router() throws -> Router {
        try Router { routes in
            routes.get("/page") { _ in "page" }
            routes.eventStream("/events", to: accepting)
            routes.get("/events") { _ in "get" }
            routes.webSocket("/socket", to: accepting)
            routes.webTransport("/session", to: accepting)
            routes.mount("/all", accepting)
            routes.group("/in") { $0.webSocket("/:room", to: accepting) }
        }
    }

    @Test(
        "each kind finds its own route, and others decline in its form",
        arguments: [
            (.http, "/page", 200, true), (.http, "/events", 200, true), (.http, "/socket", 404, false),
            (.http, "/all/x", 200, true),
            (.eventStream, "/events", 200, true), (.eventStream, "/page", 200, true),
            (.eventStream, "/socket", 404, false), (.eventStream, "/all", 200, true),
            (.webSocket, "/socket", 101, true), (.webSocket, "/in/7", 101, true), (.webSocket, "/page", 404, false),
            (.webSocket, "/events", 404, false), (.webSocket, "/all/x", 101, true),
            (.webTransport, "/session", 101, true), (.webTransport, "/socket", 404, false),
            (.webTransport, "/all/y", 101, true),
        ] as [(RequestKind, String, Int, Bool)])
    func kinds(kind: RequestKind, path: String, status: Int, isAccepted: Bool) async throws {
        let outcome = try await outcome(of: Self.router(), kind, RequestScope(.get, path))
        #expect((outcome.status, outcome.isAccepted) == (status, isAccepted))
    }

    @Test("an event stream with a method that its path does not have is told which it has")
    func eventStreamMethod() async throws {
        let outcome = try await outcome(of: Self.router(), .eventStream, RequestScope(.delete, "/page"))
        #expect((outcome.status, outcome.headerFields[.allow]) == (405, "GET, HEAD, OPTIONS"))
    }

    @Test("nothing is served at a path that differs by a slash, nor redirected, for a WebSocket")
    func slash() async throws {
        #expect(try await outcome(of: Self.router(), .webSocket, RequestScope(.get, "/socket/")).status == 404)
        #expect(try await outcome(of: Self.router(), .http, RequestScope(.get, "/page/")).status == 308)
        #expect(try await outcome(of: Self.router(), .http, RequestScope(.get, "//evil.example/")).status == 404)
        #expect(try await outcome(of: Self.router(), .http, RequestScope(.get, "//page")).status == 404)
    }
}
