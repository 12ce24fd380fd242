// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("MethodOverride")
struct MethodOverrideTests {
    /// Tells the method, the one that was sent, and how much content came.
    private static let tell = Handler { request in
        let content = try await request.body.collect(upTo: 1 << 24)
        return "\(request.method) \(request.scope.originalMethod) \(content.readableBytes)"
    }

    private let header = HTTPField.Name("X-HTTP-Method-Override")!

    @Test("a field, the query or a form names the method, in this order", arguments: modes)
    func order(mode: TestMode) async throws {
        try await TestClient.run(Self.tell.wrapped(by: MethodOverride()), in: mode) { client async throws in
            let form = RequestBody.form(["_method": "delete", "a": "b"])
            #expect(try await client.post("/", body: form).text == "DELETE POST 18")
            #expect(try await client.post("/?_method=put", body: form).text == "PUT POST 18")
            let headers: HTTPFields = [header: "PATCH"]
            #expect(try await client.post("/?_method=put", headers: headers, body: form).text == "PATCH POST 18")
            #expect(try await client.post("/", body: form).text == "DELETE POST 18")
        }
    }

    @Test("the first that is there decides, also when it names what is not allowed", arguments: modes)
    func notAllowed(mode: TestMode) async throws {
        try await TestClient.run(Self.tell.wrapped(by: MethodOverride()), in: mode) { client async throws in
            for name in ["GET", "CONNECT", "", "P UT", "TRACE", "OPTIONS"] {
                let form = RequestBody.form(["_method": "DELETE"])
                #expect(try await client.post("/?_method=", body: form).text == "POST POST 14")
                #expect(try await client.post("/", headers: [header: name], body: form).text == "POST POST 14")
            }
        }
    }

    @Test("changes POST alone", arguments: modes)
    func otherMethods(mode: TestMode) async throws {
        try await TestClient.run(Self.tell.wrapped(by: MethodOverride()), in: mode) { client async throws in
            for method in [HTTPRequest.Method.get, .put, .patch, .delete] {
                let response = try await client.request(method, "/?_method=DELETE", headers: [header: "PATCH"])
                #expect(response.text == "\(method) \(method) 0")
            }
        }
    }

    @Test("each place can be renamed or left out, and other methods allowed", arguments: modes)
    func options(mode: TestMode) async throws {
        let none = MethodOverride(header: nil, query: nil, formField: nil)
        try await TestClient.run(Self.tell.wrapped(by: none), in: mode) { client async throws in
            let form = RequestBody.form(["_method": "PUT"])
            #expect(
                try await client.post("/?_method=PUT", headers: [header: "PUT"], body: form).text == "POST POST 11")
        }
        let other = MethodOverride(header: "X-Method", query: "m", formField: "f", allowed: [.put, .get])
        try await TestClient.run(Self.tell.wrapped(by: other), in: mode) { client async throws in
            #expect(try await client.post("/?m=get").text == "GET POST 0")
            #expect(try await client.post("/", headers: [HTTPField.Name("X-Method")!: "put"]).text == "PUT POST 0")
            #expect(try await client.post("/", body: .form(["f": "put"])).text == "PUT POST 5")
            #expect(try await client.post("/?m=delete").text == "POST POST 0")
        }
    }

    @Test("looks at the start of a form only, and leaves all of it to the application", arguments: modes)
    func bounded(mode: TestMode) async throws {
        let app = Self.tell.wrapped(by: MethodOverride(formLimit: 64))
        try await TestClient.run(app, in: mode) { client async throws in
            let padding = String(repeating: "x", count: 100_000)
            let first = RequestBody.form(["_method": "PUT", "pad": padding])
            #expect(try await client.post("/", body: first).text == "PUT POST \(100_016)")
            let last = RequestBody.form(["pad": padding, "_method": "PUT"])
            #expect(try await client.post("/", body: last).text == "POST POST \(100_016)")
            // Cut off in the middle of the name of a method, it names none.
            let cut = RequestBody.form(["pad": String(repeating: "x", count: 49), "_method": "PUTTY"])
            #expect(try await client.post("/", body: cut).text == "POST POST 67")
        }
    }

    @Test("reads a form in pieces, and gives the application all that followed", arguments: modes)
    func pieces(mode: TestMode) async throws {
        try await TestClient.run(Self.tell.wrapped(by: MethodOverride()), in: mode) { client async throws in
            let body = RequestBody.chunks(
                ["_met", "hod=PA", "TCH&a=", "b"], contentType: "application/x-www-form-urlencoded; charset=utf-8")
            #expect(try await client.post("/", body: body).text == "PATCH POST 17")
        }
    }

    @Test("leaves other content alone, without a look at it")
    func otherContent() async throws {
        let app = ClosureApplication { exchange in
            #expect(exchange.request?.method == .post)
            try await accepting.handle(exchange)
        }.wrapped(by: MethodOverride())
        let http = HTTPExchange(
            scope: RequestScope(.post, headers: [.contentType: "text/plain"]),
            receive: Receive {
                Issue.record("the content was looked at")
                return .disconnect(.clientClosed)
            }, send: Send { _ in })
        try await app.handle(.http(http))
    }

    @Test("a client that goes away in its form is seen to have gone")
    func disconnect() async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { return }
            var events: [String] = []
            while true {
                switch try await http.receive() {
                case .body(let bytes, let more): events.append("\(String(buffer: bytes)) \(more)")
                case .disconnect(let reason):
                    #expect(events == ["_method=PUT& true"])
                    #expect(reason == .clientTimeout)
                    #expect(http.scope.method == .post)
                    return
                case .trailers: break
                }
            }
        }.wrapped(by: MethodOverride())
        nonisolated(unsafe) var isFirst = true
        let http = HTTPExchange(
            scope: RequestScope(.post, headers: [.contentType: "application/x-www-form-urlencoded"]),
            receive: Receive {
                defer { isFirst = false }
                return isFirst ? .body(ByteBuffer(string: "_method=PUT&"), more: true) : .disconnect(.clientTimeout)
            }, send: Send { _ in })
        try await app.handle(.http(http))
    }

    @Test("works for event streams")
    func eventStreams() async throws {
        let app = ClosureApplication { exchange in
            #expect(exchange.request?.method == .put)
            guard case .eventStream(let stream) = exchange, case .body(let bytes, false) = try await stream.receive()
            else { return }
            #expect(String(buffer: bytes) == "_method=PUT")
            try await accepting.handle(exchange)
        }.wrapped(by: MethodOverride())
        let scope = RequestScope(.post, headers: [.contentType: "application/x-www-form-urlencoded"])
        #expect(try await outcome(of: app, .eventStream, scope, content: "_method=PUT").isAccepted)
    }
}
