import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Samples of the documentation")
struct SamplesTests {
    @Test(
        "a sample of middleware takes its options, and lets a request through", arguments: MiddlewareSamples.all.indices
    )
    func middleware(index: Int) async throws {
        let sample = MiddlewareSamples.all[index]
        let router = try Router { routes in routes.get("/") { _ in "inside" } }
        try await TestClient.run(sample.wrap(router)) { client async throws in
            let site = sample.name == "HTTPSRedirect" ? "https://example.org" : "http://localhost"
            let response = try await client.get("\(site)/", headers: [.accept: "text/plain"])
            #expect(response.text == "inside", "\(sample.name)")
        }
    }

    @Test("the samples with routes answer what their pages say")
    func routes() async throws {
        let router = try Router { routes in
            RouteSamples.sessions(&routes)
            RouteSamples.conditionalGet(&routes)
            RouteSamples.methodOverride(&routes)
            RouteSamples.rateLimit(&routes)
        }
        try await TestClient.run(MiddlewareSamples.methodOverride(router)) { client async throws in
            #expect(try await client.get("/visits").text == "You were here 1 times.\n")
            #expect(try await client.get("/visits").text == "You were here 2 times.\n")
            #expect(try await client.post("/notes/7", body: .form(["_method": "delete"])).text == "Note 7 is gone.\n")
            for _ in 1...5 { #expect(try await client.post("/login").status == .ok) }
            #expect(try await client.post("/login").status == .tooManyRequests)
        }
        try await TestClient.run(MiddlewareSamples.conditionalGet(router)) { client async throws in
            let tag = try #require(try await client.get("/report")[.eTag])
            #expect(try await client.get("/report", headers: [.ifNoneMatch: tag]).status == .notModified)
        }
    }

    @Test("the samples with pages have in them what their middleware makes")
    func pages() async throws {
        let nonce = try Router { routes in RouteSamples.securityHeaders(&routes) }
        try await TestClient.run(MiddlewareSamples.securityHeaders(nonce)) { client async throws in
            let response = try await client.get("/")
            let nonce = try #require(response.text.split(separator: "\"").dropFirst().first)
            #expect(response[.contentSecurityPolicy]?.contains("'nonce-\(nonce)'") == true)
        }
        let identified = try Router { routes in RouteSamples.requestID(&routes) }
        try await TestClient.run(MiddlewareSamples.requestID(identified)) { client async throws in
            let response = try await client.get("/")
            let field = try #require(HTTPField.Name("X-Request-ID"))
            #expect(response.text == "This is request \(response[field] ?? "nothing").")
        }
        let form = try Router { routes in
            RouteSamples.csrf(&routes)
            routes.post("/delete") { _ in "gone" }
        }
        try await TestClient.run(MiddlewareSamples.csrf(form)) { client async throws in
            let page = try await client.get("/delete").text
            let token = try #require(page.split(separator: "value=\"").last?.split(separator: "\"").first)
            #expect(try await client.post("/delete", body: .form(["csrf_token": "\(token)"])).text == "gone")
            #expect(try await client.post("/delete", body: .form(["x": "y"])).status == .forbidden)
        }
    }
}
