// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

private struct Secret: Error, CustomStringConvertible { var description: String { "the <password> is swordfish" } }
private struct Teapot: HTTPStatusError {
    var status: HTTPResponse.Status { HTTPResponse.Status(code: 418, reasonPhrase: "Teapot") }
    var detail: String? { "short and stout" }
}

@Suite("ErrorHandler")
struct ErrorHandlerTests {
    private func throwing(_ error: any Error) -> ClosureApplication { ClosureApplication { _ in throw error } }

    private func scope(_ accept: String = "*/*", _ headers: HTTPFields = [:]) -> RequestScope {
        var headers = headers
        headers[.accept] = accept
        return RequestScope(.get, "/a<b>?q=1", headers: headers)
    }

    @Test(
        "answers in the form that the client accepts, and tells nothing of the error",
        arguments: [
            ("*/*", "application/problem+json"), ("application/json", "application/problem+json"),
            ("text/html", "text/html; charset=utf-8"), ("text/plain", "text/plain; charset=utf-8"),
            ("text/html;q=0.5, text/plain", "text/plain; charset=utf-8"),
        ])
    func negotiates(_ accept: String, _ type: String) async throws {
        for kind in RequestKind.allCases {
            let app = throwing(Secret()).wrapped(by: ErrorHandler(logs: false))
            let answer = try await outcome(of: app, kind, scope(accept))
            #expect(answer.status == 500)
            #expect(answer.headerFields[.contentType] == type)
            #expect(answer.headerFields[.vary] == "Accept")
            #expect(answer.body.contains("Internal Server Error"))
            #expect(!answer.body.contains("swordfish"))
        }
    }

    @Test("an error that knows its status is answered with it, and is not logged below 500")
    func statusErrors() async throws {
        let log = LogKeeper()
        let app = throwing(Teapot()).wrapped(by: ErrorHandler())
        let scope = RequestScope(
            request: HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/"), logger: log.logger)
        let answer = try await outcome(of: app, .http, scope)
        #expect(answer.status == 418)
        #expect(answer.body.contains("short and stout"))
        #expect(log.lines.isEmpty)
        _ = try await outcome(of: throwing(Secret()).wrapped(by: ErrorHandler()), .http, scope)
        #expect(log.lines == ["error the application has failed: the <password> is swordfish"])
        _ = try await outcome(of: throwing(Secret()).wrapped(by: ErrorHandler(logs: false)), .http, scope)
        #expect(log.lines.count == 1)
    }

    @Test("developers see the error, where it was made, and the request, as a page that cannot be abused")
    func development() async throws {
        let error = HTTPError(.internalServerError, "<script>no</script>")
        let app = throwing(error).wrapped(by: ErrorHandler(development: true, logs: false))
        let page = try await outcome(
            of: app, .http, scope("text/html", [.authorization: "Bearer hidden", .userAgent: "\"><script>"]))
        #expect(page.status == 500)
        #expect(page.headerFields[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
        #expect(page.headerFields[.cacheControl] == "no-store")
        #expect(page.body.contains("HTTPError"))
        #expect(page.body.contains("ErrorHandlerTests.swift:\(error.line)"))
        #expect(page.body.contains("&lt;script&gt;no&lt;/script&gt;"))
        #expect(page.body.contains("GET /a&lt;b&gt;"))
        #expect(!page.body.contains("<script>"))
        #expect(!page.body.contains("hidden"))
        let text = try await outcome(of: app, .http, scope("text/plain"))
        #expect(text.body.contains("ErrorHandlerTests.swift:\(error.line)"))
        let json = try await outcome(of: app, .eventStream, scope())
        #expect(json.body.contains("ErrorHandlerTests.swift:\(error.line)"))
        let other = throwing(Secret()).wrapped(by: ErrorHandler(development: true, logs: false))
        #expect(try await outcome(of: other, .webSocket, scope("text/html")).body.contains("swordfish"))
    }

    @Test("what a client has done wrong is no page for developers")
    func developmentClientErrors() async throws {
        let app = throwing(Teapot()).wrapped(by: ErrorHandler(development: true, logs: false))
        let answer = try await outcome(of: app, .http, scope("text/html"))
        #expect(answer.status == 418)
        #expect(!answer.body.contains("ErrorHandler("))
    }

    @Test("types of errors have answers of their own, the first one that fits", arguments: RequestKind.allCases)
    func types(kind: RequestKind) async throws {
        let handler = ErrorHandler(logs: false)
            .on(Teapot.self) { error, scope in .text("tea at \(scope.rawPath)", status: error.status) }
            .on((any Error).self) { _, _ in .text("anything", status: .badGateway) }
        // A handler that would answer such an error itself leaves it to this one.
        let app = Handler { _ -> String in throw Teapot() }
        #expect(try await outcome(of: app.wrapped(by: handler), kind, scope()).body == "tea at /a<b>")
        #expect(try await outcome(of: throwing(Secret()).wrapped(by: handler), kind, scope()).body == "anything")
        let plain = Handler { _ -> String in throw Teapot() }.wrapped(by: ErrorHandler())
        #expect(try await outcome(of: plain, kind, scope()).body.contains("short and stout"))
    }

    @Test("an error of an answer takes the place of the error")
    func failingResponder() async throws {
        let seen = Mutex<[String]>([])
        let handler = ErrorHandler(logs: false) { error, _ in seen.withLock { $0.append("\(error)") } }
            .on(Teapot.self) { _, _ in throw Secret() }
        let answer = try await outcome(of: throwing(Teapot()).wrapped(by: handler), .http, scope())
        #expect(answer.status == 500)
        #expect(seen.withLock { $0 } == ["the <password> is swordfish"])
    }

    @Test("a status has a page, for errors and for whatever inside refuses a request", arguments: RequestKind.allCases)
    func pages(kind: RequestKind) async throws {
        let handler = ErrorHandler(logs: false)
            .page(for: .notFound) { problem, scope in .text("lost at \(scope.rawPath): \(problem)") }
            .page(for: .tooManyRequests) { _, scope in .problem(.tooManyRequests, "mine", for: scope) }
            .page(for: .internalServerError) { _, _ in .text("sorry") }
        let router = try Router { _ in }
        let lost = try await outcome(of: router.wrapped(by: handler), kind, scope())
        #expect((lost.status, lost.body) == (404, "lost at /a<b>: 404 Not Found"))
        let limited = accepting.wrapped {
            handler
            RateLimit(.tokenBucket(1, per: .seconds(60)), cost: { _ in 2 })
        }
        #expect(try await outcome(of: limited, kind, scope()).body.contains("mine"))
        let failed = try await outcome(of: throwing(Secret()).wrapped(by: handler), kind, scope())
        #expect((failed.status, failed.body) == (500, "sorry"))
        let method = Response.problem(.methodNotAllowed, headerFields: [.allow: "GET"], for: scope())
        #expect(try await outcome(of: method.wrapped(by: handler), kind, scope()).headerFields[.allow] == "GET")
    }

    @Test("onError is told of errors after the answer, and its own go no further")
    func onError() async throws {
        let log = LogKeeper()
        let seen = Mutex<[String]>([])
        let handler = ErrorHandler { error, scope in
            await Task.yield()
            seen.withLock { $0.append("\(error) \(scope.rawPath)") }
            throw Teapot()
        }
        let scope = RequestScope(
            request: HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/p"), logger: log.logger)
        let app = throwing(Secret()).wrapped(by: handler)
        #expect(try await outcome(of: app, .http, scope).status == 500)
        #expect(seen.withLock { $0 } == ["the <password> is swordfish /p"])
        #expect(log.lines.count == 2)
        #expect(log.lines.last?.hasPrefix("error onError has failed") == true)
        _ = try await outcome(of: throwing(Teapot()).wrapped(by: handler), .http, scope)
        #expect(seen.withLock { $0.count } == 1)
    }

    @Test("an error after the answer has begun is told of, and goes on", arguments: RequestKind.allCases)
    func begun(kind: RequestKind) async throws {
        let seen = Mutex(0)
        let app = ClosureApplication { exchange in
            if case .http(let http) = exchange {
                try await http.send(.start(HTTPResponse(status: .ok)))
            } else {
                try await accepting.handle(exchange)
            }
            throw Secret()
        }
        let handler = ErrorHandler(logs: false) { _, _ in seen.withLock { $0 += 1 } }
        await #expect(throws: Secret.self) {
            try await outcome(of: app.wrapped(by: handler), kind, scope())
        }
        #expect(seen.withLock { $0 } == 1)
    }

    @Test("the client sees that such a response is cut off", arguments: modes)
    func cutOff(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("half", more: true))
            try await http.send(.flush)
            throw Secret()
        }
        var options = TestClient.Options()
        options.raisesApplicationErrors = false
        try await TestClient.run(app.wrapped(by: ErrorHandler()), in: mode, options: options) { client async throws in
            let response = try await client.get("/")
            #expect(response.isTruncated)
            #expect(response.text == "half")
        }
    }

    @Test("a start that was refused has not begun an answer", arguments: modes)
    func refusedStart(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            try await http.send(.start(HTTPResponse(status: HTTPResponse.Status(code: 999))))
        }
        try await TestClient.run(app.wrapped(by: ErrorHandler()), in: mode) { client async throws in
            #expect(try await client.get("/").status == .internalServerError)
        }
    }

    @Test("cancellation, and a client that has gone, are no errors")
    func noErrors() async throws {
        let handler = ErrorHandler { _, _ in Issue.record("an error") }
        for kind in RequestKind.allCases {
            await #expect(throws: CancellationError.self) {
                try await outcome(of: throwing(CancellationError()).wrapped(by: handler), kind, scope())
            }
            let connection = TestConnection()
            connection.disconnect()
            let gone = RequestScope(
                request: HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/"), connection: connection)
            let client = KindClient()
            await #expect(throws: Secret.self) {
                try await throwing(Secret()).wrapped(by: handler).handle(client.exchange(kind, gone))
            }
            #expect(client.outcome == Outcome())
        }
    }

    @Test("a handler that leaves a request to the next route has not failed")
    func pass() async throws {
        let router = try Router { routes in
            routes.mount("/a", Handler { _ -> String in throw Pass() }.wrapped(by: ErrorHandler(development: true)))
            routes.get("/*rest") { _ in "the next" }
        }
        #expect(try await outcome(of: router, .http, RequestScope(.get, "/a")).body == "the next")
    }

    @Test("the lifespan passes through")
    func lifespan() async throws {
        let app = ClosureApplication { _ in throw Secret() }.wrapped(by: ErrorHandler())
        let lifespan = LifespanExchange(scope: LifespanScope(), receive: Receive { .startup }, send: Send { _ in })
        await #expect(throws: Secret.self) { try await app.handle(.lifespan(lifespan)) }
    }

    @Test("answers over a socket", arguments: modes)
    func live(mode: TestMode) async throws {
        let app = Handler { _ -> String in throw Secret() }.wrapped(by: ErrorHandler())
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/", headers: [.accept: "text/plain"])
            #expect((response.status.code, response.text) == (500, "500 Internal Server Error\n"))
            let head = try await client.head("/")
            #expect((head.status.code, head.text) == (500, ""))
        }
    }
}
