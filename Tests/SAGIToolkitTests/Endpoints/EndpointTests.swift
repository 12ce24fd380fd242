import HTTPTypes
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Endpoints and controllers")
struct EndpointTests {
    struct Note: GetEndpoint, PutEndpoint, DeleteEndpoint {
        func get(_ request: Request) async throws -> String { "get \(try request.parameter("id"))" }
        func put(_ request: Request) async throws -> WithStatus<String> {
            WithStatus(.created, try await request.text())
        }
        func delete(_ request: Request) -> HTTPResponse.Status { .noContent }
    }

    struct Own: HeadEndpoint, OptionsEndpoint, PostEndpoint, PatchEndpoint {
        func head(_ request: Request) -> HTTPResponse.Status { .accepted }
        func options(_ request: Request) -> String { "own" }
        func post(_ request: Request) -> String? { nil }
        func patch(_ request: Request) throws -> String { throw HTTPError(.conflict) }
    }

    @Test("an endpoint answers the methods that it has", arguments: modes)
    func methods(mode: TestMode) async throws {
        let router = try Router { routes in
            routes.endpoint("/notes/{id:Int}", Note(), name: "note")
            routes.endpoint("/own", Own())
        }
        #expect(try router.url(for: "note", ["id": 1]) == "/notes/1")
        try await TestClient.run(router, in: mode) { client async throws in
            #expect(try await client.get("/notes/1").text == "get 1")
            #expect(try await client.head("/notes/1")[.contentLength] == "5")
            let put = try await client.put("/notes/1", body: "new")
            #expect((put.status, put.text) == (.created, "new"))
            #expect(try await client.delete("/notes/1").status == .noContent)
            let post = try await client.post("/notes/1")
            #expect((post.status, post[.allow]) == (.methodNotAllowed, "DELETE, GET, HEAD, OPTIONS, PUT"))
            #expect(try await client.get("/notes/x").status == .notFound)
            #expect(try await client.head("/own").status == .accepted)
            #expect(try await client.request(.options, "/own").text == "own")
            #expect(try await client.post("/own").status == .notFound)
            #expect(try await client.patch("/own").status == .conflict)
        }
    }

    struct Notes: Controller {
        let prefix: String

        func define(_ routes: inout Routes) throws {
            routes.get("/", name: "all") { _ in "\(prefix) all" }
            routes.group("/{id:Int}") { note in
                note.get("/", name: "one") { try find($0) }
                note.any("/any") { request in "\(prefix) \(request.method)" }
            }
            try routes.group("/sub", Sub())
        }

        func find(_ request: Request) throws -> String { "\(prefix) \(try request.parameter("id"))" }
    }

    struct Sub: Controller {
        func define(_ routes: inout Routes) {
            routes.get("/:word", where: ["word": .oneOf("a", "b")]) { try $0.parameter("word") }
        }
    }

    @Test("a controller has routes, groups and other controllers, under a path and a name")
    func controller() async throws {
        let router = try Router { try $0.group("/notes", name: "notes", Notes(prefix: "note")) }
        #expect(try router.url(for: "notes.one", ["id": 3]) == "/notes/3")
        try await TestClient.run(router) { client async throws in
            #expect(try await client.get("/notes").text == "note all")
            #expect(try await client.get("/notes/3").text == "note 3")
            #expect(try await client.delete("/notes/3/any").text == "note DELETE")
            #expect(try await client.get("/notes/sub/a").text == "a")
            #expect(try await client.get("/notes/sub/c").status == .notFound)
        }
    }
}
