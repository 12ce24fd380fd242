import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

@Suite("Routers that cannot be made, and URLs")
struct BuildTests {
    @Test(
        "a path that is wrong is named",
        arguments: [
            ("users", "does not begin with \"/\""),
            ("/a//b", "has an empty segment"),
            ("/*rest/more", "goes on behind \"*\""),
            ("/:a?/b", "goes on behind an optional segment"),
            ("/:a/:a", "has two parameters called \"a\""),
            ("/:", "whose name is not made of"),
            ("/:a b", "whose name is not made of"),
            ("/{a", "without its other half"),
            ("/a}", "without its other half"),
            ("/file-:id", "a parameter is a whole segment"),
            ("/{id}.json", "a parameter is a whole segment"),
            ("/{id:Strange}", "names a type that is not known"),
            ("/{id:[}", "has a regular expression that cannot be read"),
            ("/:a?/", "ends in \"/\" behind an optional segment"),
        ])
    func wrongPath(path: String, sentence: String) throws {
        let error = #expect(throws: RouterError.self) { try Router { $0.get(path) { _ in "" } } }
        #expect(try #require(error).description.contains(sentence))
        #expect(try #require(error).description.contains("BuildTests.swift:"))
    }

    @Test("a route that is there twice is an error that names both places")
    func duplicates() throws {
        let error = #expect(throws: RouterError.self) {
            try Router { routes in
                routes.get("/a/:x") { _ in "" }
                routes.post("/a/:y") { _ in "" }
                routes.get("/a/:z") { _ in "" }
            }
        }
        let text = try #require(error).description
        #expect(text.contains("the route GET /a/:z is the same as GET /a/:x at "))
        #expect(text.split(separator: "BuildTests.swift:").count == 3)
        #expect(throws: RouterError.self) {
            try Router { routes in
                routes.get("/a/:x?") { _ in "" }
                routes.get("/a") { _ in "" }
            }
        }
        #expect(throws: RouterError.self) {
            try Router { routes in
                routes.mount("/a", Response.empty())
                routes.mount("/a/", Response.empty())
            }
        }
    }

    @Test("routes that only look the same are none")
    func alike() throws {
        _ = try Router { routes in
            routes.get("/a/:x") { _ in "" }
            routes.get("/a/{x:Int}") { _ in "" }
            routes.get("/a/{x:UUID}") { _ in "" }
            routes.get("/a/x") { _ in "" }
            routes.get("/a/*x") { _ in "" }
            routes.get("/a/:x/") { _ in "" }
            routes.any("/a/:x") { _ in "" }
            routes.eventStream("/a/:x", to: Response.empty())
            routes.webSocket("/a/:x", to: Response.empty())
            routes.group(host: "h") { $0.get("/a/:x") { _ in "" } }
        }
    }

    @Test("a name that is there twice, and a constraint for nothing, are errors")
    func names() throws {
        #expect(throws: RouterError.self) {
            try Router { routes in
                routes.get("/a", name: "n") { _ in "" }
                routes.get("/b", name: "n") { _ in "" }
            }
        }
        #expect(throws: RouterError.self) {
            try Router { $0.get("/:a", where: ["b": .type(Int.self)]) { _ in "" } }
        }
    }

    @Test("URLs are made of names, with every value escaped")
    func urls() throws {
        let router = try Router { routes in
            routes.get("/", name: "home") { _ in "" }
            routes.get("/users/{id:Int}/:what?", name: "user") { _ in "" }
            routes.get("/files/*path", name: "file") { _ in "" }
            routes.get("/caf\u{e9}/:x", name: "cafe") { _ in "" }
            routes.get("/slash/", name: "slash") { _ in "" }
        }
        #expect(try router.url(for: "home") == "/")
        #expect(try router.url(for: "home", query: ["q": "a b", "p": "1&2"]) == "/?q=a%20b&p=1%262")
        #expect(try router.url(for: "user", ["id": 7]) == "/users/7")
        #expect(try router.url(for: "user", ["id": 7, "what": "a b/../c?x"]) == "/users/7/a%20b%2F..%2Fc%3Fx")
        #expect(try router.url(for: "file", ["path": "a b/c"]) == "/files/a%20b/c")
        #expect(try router.url(for: "file") == "/files")
        #expect(try router.url(for: "cafe", ["x": "y"]) == "/caf%C3%A9/y")
        #expect(try router.url(for: "slash") == "/slash/")
        for (name, parameters) in [("none", [:]), ("user", [:]), ("user", ["id": "x"]), ("cafe", ["x": ""])] {
            #expect(throws: RouterError.self) { try router.url(for: name, parameters) }
        }
    }
}
