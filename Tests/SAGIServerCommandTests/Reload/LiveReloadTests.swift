import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Testing

@testable import SAGIServerCommand

@Suite struct LiveReloadTests {
    private let tag = "<script src=\"/.sagi/reload.js\" async></script>\n"

    /// Pages of several kinds.
    private struct Pages: Application {
        func handle(_ exchange: Exchange) async throws {
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            var fields: HTTPFields = [.contentType: "text/html; charset=utf-8", .eTag: "\"1\""]
            switch http.scope.path {
            case "/length": fields[.contentLength] = "4"
            case "/coded": fields[.contentEncoding] = "gzip"
            case "/text": fields = [.contentType: "text/plain"]
            default: break
            }
            try await http.send(.start(HTTPResponse(status: .notFound, headerFields: fields)))
            if http.scope.path == "/parts" { try await http.send(.body("pa", more: true)) }
            try await http.send(.body(http.scope.path == "/parts" ? "ge" : "page"))
        }
    }

    private func run(_ news: BuildNews = BuildNews(), _ body: (TestClient) async throws -> Void) async throws {
        try await TestClient.run(Pages().wrapped(by: LiveReload(news: news))) { try await body($0) }
    }

    @Test func `a page of HTML gets the script at its end, whole or in parts`() async throws {
        try await run { client in
            for path in ["/length", "/parts"] {
                let response = try await client.get(path)
                #expect(response.text == "page" + tag, "\(path)")
                #expect(response.headerFields[.eTag] == nil)
                if path == "/length" {
                    #expect(response.headerFields[.contentLength] == String(("page" + tag).utf8.count))
                }
            }
        }
    }

    @Test func `what is no page, or compressed, or not asked for with GET, is left alone`() async throws {
        try await run { client in
            #expect(try await client.get("/text").text == "page")
            let coded = try await client.get("/coded")
            #expect(coded.text == "page" && coded.headerFields[.eTag] == "\"1\"")
            #expect(try await client.post("/length").text == "page")
        }
    }

    @Test func `the script is served, and it listens to the stream`() async throws {
        try await run { client in
            let script = try await client.get("/.sagi/reload.js")
            #expect(script.headerFields[.contentType] == "text/javascript")
            #expect(script.text.contains("EventSource(\"/.sagi/reload\")"))
        }
    }

    @Test func `the stream tells the state of the build`() async throws {
        let news = BuildNews()
        try await run(news) { client in
            try await client.eventStream("/.sagi/reload") { stream in
                let first = try await stream.next()
                #expect(first?.data.contains("\"phase\":\"done\"") == true)
                news.tell(BuildState(.failed, text: "error: no", count: 2))
                let second = try await stream.next()
                #expect(second?.data.contains("error: no") == true)
            }
        }
    }

    @Test func `while there is no build, every request is answered 503`() async throws {
        let news = BuildNews()
        news.tell(BuildState(.failed, text: "main.swift:1: error: <no>"))
        try await TestClient.run(BuildPage(news)) { client in
            let text = try await client.get("/x")
            #expect(text.status == .serviceUnavailable && text.text.contains("main.swift:1: error: <no>"))
            let page = try await client.get("/x", headers: [.accept: "text/html,*/*"])
            #expect(page.status == .serviceUnavailable)
            #expect(page.headerFields[.contentType]?.hasPrefix("text/html") == true)
            #expect(page.text.contains("The build failed."))
        }
    }
}
