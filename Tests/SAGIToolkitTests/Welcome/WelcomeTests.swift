import HTTPTypes
import NIOCore
import SAGI
import SAGIToolkit
import Testing

@Suite struct WelcomeTests {
    let app = Welcome(version: "1.2.3<b>")

    @Test func `the page names the version and what to do next, and loads nothing`() async throws {
        let reply = try await request(app, "/")
        #expect(reply.status == 200)
        #expect(reply[.contentType] == "text/html; charset=utf-8")
        let there = ["SAGI 1.2.3&lt;b&gt; is running", "sagi new", "sagi serve DIR", "docs", "light dark"]
        for text in there { #expect(reply.text.contains(text)) }
        for text in ["1.2.3<b>", "src=", "url(", "<link", "<script", "http:", "https:", "&amp;lt;"] {
            #expect(!reply.text.contains(text))
        }
    }

    @Test func `HEAD has the length of the page and no content`() async throws {
        let get = try await request(app, "/")
        let head = try await request(app, .head, "/")
        #expect(head.status == 200)
        #expect(head.fields == get.fields)
    }

    @Test func `it is at the root only, wherever that is mounted`() async throws {
        for path in ["/x", "/index.html", "//", "/%2e", "/%00"] {
            #expect(try await request(app, path).status == 404)
            #expect(try await request(app, .post, path).status == 404)
        }
        #expect(try await request(app, "/?a=b").status == 200)
        #expect(try await request(app, "/home", rootPath: "/home").status == 200)
        #expect(try await request(app, "/home/", rootPath: "/home").status == 200)
    }

    @Test func `other methods get 405, and OPTIONS is told which there are`() async throws {
        let post = try await request(app, .post, "/")
        #expect(post.status == 405)
        #expect(post[.allow] == "GET, HEAD, OPTIONS")
        #expect(try await request(app, .options, "/").status == 204)
    }

    @Test func `without a version it names none`() async throws {
        #expect(try await request(Welcome(), "/").text.contains("<h1>SAGI is running</h1>"))
    }

    @Test func `the lifespan is not served`() async throws {
        let lifespan = LifespanExchange(scope: LifespanScope(), receive: Receive { .startup }, send: Send { _ in })
        await #expect(throws: Unsupported.self) { try await app.handle(.lifespan(lifespan)) }
    }
}
