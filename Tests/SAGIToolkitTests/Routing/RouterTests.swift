import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("The router")
struct RouterTests {
    /// Answers with the route's path and its parameters.
    static func tell(_ request: Request) async -> String {
        let parameters = request.scope.pathParameters.items.map { "\($0.name)=\($0.value)" }
        return ([request.route?.path ?? "none"] + parameters).joined(separator: " ")
    }

    static func table(_ options: Router.Options = .init()) throws -> Router {
        try Router(options) { routes in
            routes.get("/", tell)
            routes.get("/users", tell)
            routes.post("/users", tell)
            routes.get("/users/new", tell)
            routes.get("/users/{id:Int}", tell)
            routes.get("/users/:name", tell)
            routes.put("/users/:name", tell)
            routes.get("/users/:name/posts/{post:UUID}", tell)
            routes.get("/years/{year:\\d{4}}", tell)
            routes.get("/files/*path", tell)
            routes.get("/files/readme", tell)
            routes.get("/blog/:year?/:month?", tell)
            routes.get("/slash/", tell)
            routes.get("/caf\u{e9}", tell)
            routes.any("/any", tell)
            routes.delete("/lang/:lang", where: ["lang": .oneOf("de", "en")], tell)
        }
    }

    @Test(
        "finds the most exact route, with its parameters",
        arguments: [
            ("/", "/"),
            ("/users", "/users"),
            ("/users/new", "/users/new"),
            ("/users/42", "/users/{id:Int} id=42"),
            ("/users/-7", "/users/{id:Int} id=-7"),
            ("/users/ada", "/users/:name name=ada"),
            ("/users/a%2Fb", "/users/:name name=a/b"),
            ("/users/%C3%A9t%C3%A9", "/users/:name name=\u{e9}t\u{e9}"),
            ("/users/100%25", "/users/:name name=100%"),
            (
                "/users/ada/posts/9A8B7C6D-0000-4000-8000-123456789ABC",
                "/users/:name/posts/{post:UUID} name=ada post=9A8B7C6D-0000-4000-8000-123456789ABC"
            ),
            ("/years/2024", "/years/{year:\\d{4}} year=2024"),
            ("/files/a/b/c.txt", "/files/*path path=a/b/c.txt"),
            ("/files/a/", "/files/*path path=a/"),
            ("/files", "/files/*path path="),
            ("/files/readme", "/files/readme"),
            ("/files/readme/more", "/files/*path path=readme/more"),
            ("/blog", "/blog/:year?/:month?"),
            ("/blog/2024", "/blog/:year?/:month? year=2024"),
            ("/blog/2024/5", "/blog/:year?/:month? year=2024 month=5"),
            ("/caf%C3%A9", "/caf\u{e9}"),
            ("/any", "/any"),
        ])
    func finds(path: String, expected: String) async throws {
        try await TestClient.run(Self.table()) { client async throws in
            #expect(try await client.get(path).text == expected)
        }
    }

    @Test(
        "answers 404 where there is no route",
        arguments: [
            "/nothing", "/users/ada/posts/12", "/years/20245", "/years/2024%0A", "/blog/1/2/3", "/users//posts",
            "/Users",
        ])
    func notFound(path: String) async throws {
        try await TestClient.run(Self.table()) { client async throws in
            #expect(try await client.get(path).status == .notFound)
        }
    }

    @Test("answers other methods with 405 and Allow, OPTIONS with Allow, and HEAD as GET", arguments: modes)
    func methods(mode: TestMode) async throws {
        try await TestClient.run(Self.table(), in: mode) { client async throws in
            let refused = try await client.delete("/users")
            #expect(refused.status == .methodNotAllowed)
            #expect(refused[.allow] == "GET, HEAD, OPTIONS, POST")
            let options = try await client.request(.options, "/users/ada")
            #expect((options.status, options[.allow]) == (.noContent, "GET, HEAD, OPTIONS, PUT"))
            let head = try await client.head("/users")
            #expect((head.status, head[.contentLength], head.text) == (.ok, "6", ""))
            #expect(try await client.put("/users/ada").text == "/users/:name name=ada")
            // An integer has a route of its own for GET, and the more general one for PUT.
            #expect(try await client.put("/users/42").text == "/users/:name name=42")
            #expect(try await client.patch("/any").text == "/any")
            #expect(try await client.delete("/lang/de").text == "/lang/:lang lang=de")
            #expect(try await client.delete("/lang/fr").status == .notFound)
        }
    }

    @Test("a HEAD route of its own goes before that of GET", arguments: modes)
    func head(mode: TestMode) async throws {
        let field = HTTPField.Name("x-head")!
        let router = try Router { routes in
            routes.get("/") { _ in "get" }
            routes.head("/") { _ in Response(headerFields: [field: "own"]) }
            routes.options("/") { _ in "options" }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.head("/")[field] == "own")
            #expect(try await client.get("/").text == "get")
            #expect(try await client.request(.options, "/").text == "options")
        }
    }

    @Test("a slash at the end redirects, is another path, or is the same", arguments: modes)
    func trailingSlash(mode: TestMode) async throws {
        try await TestClient.run(Self.table(), in: mode) { client async throws in
            let client = client.with { $0.followsRedirects = false }
            let less = try await client.get("/users/?a=b")
            #expect((less.status, less[.location]) == (.permanentRedirect, "/users?a=b"))
            let more = try await client.post("/slash")
            #expect((more.status, more[.location]) == (.permanentRedirect, "/slash/"))
        }
        var options = Router.Options()
        options.trailingSlash = .strict
        try await TestClient.run(Self.table(options), in: mode) { client async throws in
            #expect(try await client.get("/users/").status == .notFound)
            #expect(try await client.get("/slash/").text == "/slash/")
        }
        options.trailingSlash = .ignore
        try await TestClient.run(Self.table(options), in: mode) { client async throws in
            #expect(try await client.get("/users/").text == "/users")
            #expect(try await client.get("/slash").text == "/slash/")
        }
    }

    @Test("hosts have routes of their own, with parameters, whatever the port", arguments: modes)
    func hosts(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.get("/", Self.tell)
            routes.group(host: "api.example.org") { api in
                api.get("/") { _ in "api" }
                api.get("/only") { _ in "only" }
            }
            routes.group(host: ":tenant.example.com") { tenant in tenant.get("/", Self.tell) }
            routes.group(host: "*.example.net") { all in all.get("/") { _ in "net" } }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            func get(_ host: String, _ path: String = "/") async throws -> TestResponse {
                try await client.get("http://\(host)\(path)")
            }
            #expect(try await get("example.org").text == "/")
            #expect(try await get("API.example.org:8080").text == "api")
            #expect(try await get("acme.example.com").text == "/ tenant=acme")
            #expect(try await get("a.b.example.com").text == "/")
            #expect(try await get("a.b.example.net").text == "net")
            #expect(try await get("example.net").text == "/")
            #expect(try await get("other.org", "/only").status == .notFound)
        }
    }

    @Test("a handler passes a request on to the next match", arguments: modes)
    func pass(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.get("/{id:Int}") { request -> String in
                guard try request.parameter("id", as: Int.self) < 10 else { throw Pass() }
                return "small"
            }
            routes.get("/:name") { request -> String in
                guard try request.parameter("name") != "1000" else { throw Pass() }
                return "any"
            }
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/5").text == "small")
            #expect(try await client.get("/50").text == "any")
            #expect(try await client.get("/1000").status == .notFound)
        }
    }

    @Test("groups are flat, and their middleware is around their own routes only", arguments: modes)
    func groups(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.use(Mark("all"))
            routes.get("/before", Self.marks)
            routes.group("/admin", name: "admin") { admin in
                admin.use(Mark("admin"))
                admin.use(Mark("off"), if: false)
                admin.get("/", name: "home", Self.marks)
                admin.group("/deep") { deep in
                    deep.use(Mark("deep"))
                    deep.get("/x", Self.marks)
                }
                admin.post("/deep/x", Self.marks)
            }
            routes.get("/after", Self.marks)
        }
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/before").text == "all")
            #expect(try await client.get("/admin").text == "all admin")
            #expect(try await client.get("/admin/deep/x").text == "all admin deep")
            #expect(try await client.post("/admin/deep/x").text == "all admin")
            #expect(try await client.get("/after").text == "all")
            #expect(try await client.delete("/admin/deep/x")[.allow] == "GET, HEAD, OPTIONS, POST")
        }
        #expect(try router.url(for: "admin.home") == "/admin")
        #expect(router.routes.map(\.path) == ["/before", "/admin", "/admin/deep/x", "/admin/deep/x", "/after"])
        #expect(router.routes[2].middleware == ["Mark", "Mark", "Mark"])
        #expect(router.routes[2].source.contains("RouterTests.swift:"))
    }

    enum Marks: ValueKey { typealias Value = [String] }

    struct Mark: Middleware {
        let text: String

        init(_ text: String) { self.text = text }

        func handle(_ exchange: Exchange, next: some Application) async throws {
            var exchange = exchange
            exchange.request?.values[Marks.self, default: []].append(text)
            try await next.handle(exchange)
        }
    }

    static func marks(_ request: Request) async -> String {
        (request.values[Marks.self] ?? []).joined(separator: " ")
    }
}

extension TypedValues {
    fileprivate subscript<Key: ValueKey>(_ key: Key.Type, default value: Key.Value) -> Key.Value {
        get { self[key] ?? value }
        set { self[key] = newValue }
    }
}
