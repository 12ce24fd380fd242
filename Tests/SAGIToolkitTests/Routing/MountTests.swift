import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Mounted applications")
struct MountTests {
    static func tell(_ request: Request) async -> String {
        let parameters = request.scope.pathParameters.items.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return "\(request.scope.rootPath)|\(request.path)|\(parameters)"
    }

    static let echo = Handler { await tell($0) }

    @Test("see the path without their prefix, which is their root path", arguments: modes)
    func paths(mode: TestMode) async throws {
        let inner = try Router { $0.mount("/v1", Self.echo) }
        let router = try Router { routes in
            routes.mount("/api", inner)
            routes.mount("/tenants/:tenant", Self.echo)
            routes.mount("/{n:Int}/deep", Self.echo)
            routes.get("/api/own") { _ in "own" }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            // A router in a router, at exactly the prefixes of both.
            #expect(try await client.get("/api/v1").text == "/api/v1|/|")
            #expect(try await client.get("/api/v1/").text == "/api/v1|/|")
            #expect(try await client.get("/api/v1/a%2Fb/c").text == "/api/v1|/a/b/c|")
            #expect(try await client.get("/tenants/a%20b/x").text == "/tenants/a%20b|/x|tenant=a b")
            #expect(try await client.get("/7/deep/x").text == "/7/deep|/x|n=7")
            #expect(try await client.get("/api/own").text == "own")
            #expect(try await client.get("/apis").status == .notFound)
            #expect(try await client.get("/x/deep").status == .notFound)
        }
    }

    @Test("parameters of outer routers are there, and inner ones go before them", arguments: modes)
    func parameters(mode: TestMode) async throws {
        let inner = try Router { routes in
            routes.get("/:name/:id") { request in
                "\(try request.parameter("tenant")) \(try request.parameter("name")) \(try request.parameter("id"))"
            }
        }
        let router = try Router { $0.mount("/:tenant/:name", inner) }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/t/outer/inner/1").text == "t inner 1")
        }
    }

    @Test("at the root take what no route takes", arguments: modes)
    func root(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.get("/own") { _ in "own" }
            routes.mount("/", Self.echo)
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/own").text == "own")
            #expect(try await client.get("/").text == "|/|")
            #expect(try await client.get("/a/b").text == "|/a/b|")
            #expect(try await client.post("/own").text == "|/own|")
        }
    }

    @Test("may leave a 404 to somebody else", arguments: modes)
    func fallsThrough(mode: TestMode) async throws {
        let some = try Router { routes in routes.get("/there") { _ in "mounted" } }
        let router = try Router { routes in
            routes.mount("/x", some, fallsThrough: true)
            routes.get("/*path") { request in "fallback \(try request.parameter("path"))" }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/x/there").text == "mounted")
            #expect(try await client.get("/x/else").text == "fallback x/else")
        }
        let opaque = try Router { routes in
            routes.mount("/x", some)
            routes.get("/*path") { _ in "fallback" }
        }
        try await TestClient.run(opaque, in: mode) { client async throws in
            #expect(try await client.get("/x/else").status == .notFound)
        }
    }

    @Test("names of a mounted router are known under the name of its mount", arguments: modes)
    func names(mode: TestMode) async throws {
        let inner = try Router { routes in
            routes.get("/notes/{id:Int}", name: "note") { request in
                "\(try request.url(for: "note", ["id": 5])) \(request.route?.name ?? "")"
            }
        }
        let router = try Router { $0.mount("/:user", inner, name: "user") }
        #expect(try router.url(for: "user:note", ["user": "a b", "id": 5]) == "/a%20b/notes/5")
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/ada/notes/7").text == "/ada/notes/5 note")
        }
    }

    @Test("a value, a handler and a router can stand in each other's place", arguments: modes)
    func values(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.on(.get, "/teapot", to: Response.text("short and stout", status: .init(code: 418)))
            routes.mount("/away", Response.redirect(to: "/teapot"))
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/teapot").status.code == 418)
            #expect(try await client.get("/away/from/here").text == "short and stout")
        }
        try await TestClient.run(Response.text("all"), in: mode) { client async throws in
            #expect(try await client.get("/whatever").text == "all")
            #expect(try await client.get("/again").text == "all")
        }
    }

    @Test("routes of mounted routers are listed as seen from outside, through whatever is around them")
    func listing() throws {
        struct Around: Middleware {
            func handle(_ exchange: Exchange, next: some Application) async throws { try await next.handle(exchange) }
        }
        let inner = try Router { routes in
            routes.get("/", name: "home") { _ in "" }
            routes.group(host: "h") { $0.post("/x") { _ in "" } }
        }
        let router = try Router { routes in
            routes.use(Around())
            routes.mount("/in/:id", inner.onStartup { _ in }.wrapped(by: Around()), name: "in")
            routes.get("/own") { _ in "" }
        }
        let app = router.wrapped { Around() }.onShutdown { _ in }
        #expect(app.routes.map(\.path) == ["/in/:id", "/in/:id/", "/in/:id/x", "/own"])
        #expect(app.routes.map(\.name) == ["in", "in:home", nil, nil])
        #expect(app.routes.map(\.host) == [nil, nil, "h", nil])
        #expect(app.routes.map(\.middleware) == [["Around"], ["Around"], ["Around"], ["Around"]])
        #expect(app.routes[0].kind == .mount)
    }
}
