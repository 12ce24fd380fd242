// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("CORS")
struct CORSTests {
    private static let app = Handler { request in
        request.method == .options ? "own options" : "inside"
    }

    private func ask(
        _ cors: CORS, _ origin: String?, _ method: HTTPRequest.Method = .get, kind: RequestKind = .http,
        _ more: HTTPFields = [:], scheme: String = "http"
    ) async throws -> Outcome {
        var headers = more
        headers[.origin] = origin
        let inner = kind == .http ? AnyApplication(Self.app) : AnyApplication(accepting)
        let scope = RequestScope(method, "/", scheme: scheme, headers: headers)
        return try await outcome(of: inner.wrapped(by: cors), kind, scope)
    }

    private func preflight(
        _ cors: CORS, _ origin: String = "https://a.example", method: String = "PUT", headers: String? = nil,
        more: HTTPFields = [:]
    ) async throws -> Outcome {
        var fields = more
        fields[.accessControlRequestMethod] = method
        fields[.accessControlRequestHeaders] = headers
        return try await ask(cors, origin, .options, fields)
    }

    @Test(
        "allows the origins that it is told",
        arguments: [
            (["https://a.example"], "https://a.example", true), (["https://a.example"], "HTTPS://A.example", true),
            (["https://a.example:443"], "https://a.example", true), (["https://a.example"], "http://a.example", false),
            (["https://a.example"], "https://a.example:8443", false),
            (["https://a.example"], "https://a.example.evil.net", false),
            (["https://a.example"], "https://b.example", false), (["https://*.a.example"], "https://x.a.example", true),
            (["https://*.a.example"], "https://x.y.a.example", true),
            (["https://*.a.example"], "https://a.example", false),
            (["https://*.a.example"], "https://evila.example", false),
            (["https://*.a.example"], "https://evil.net/.a.example", false),
            (["https://*.a.example"], "https://evil.net#.a.example", false),
            (["https://*.a.example"], "https://*.a.example", false),
            (["https://*.a.example:8443"], "https://x.a.example:8443", true),
            (["http://localhost:*"], "http://localhost:3000", true), (["http://localhost:*"], "http://localhost", true),
            (["http://localhost:*"], "http://localhost.evil.net:3000", false), (["https://a.example"], "null", false),
            (["null"], "null", true), (["http://[::1]:80"], "http://[::1]", true), (["*"], "https://any.example", true),
            ([], "https://a.example", false), (["app://native"], "app://native", true),
        ] as [([String], String, Bool)])
    func origins(_ origins: [String], _ origin: String, _ isAllowed: Bool) async throws {
        let cors = try CORS(origins: .these(origins))
        let response = try await ask(cors, origin)
        let allowed = response.headerFields[.accessControlAllowOrigin]
        #expect(response.body == "inside")
        #expect(allowed == (isAllowed ? (origins == ["*"] ? "*" : origin) : nil))
        #expect(try await preflight(cors, origin).status == (isAllowed ? 204 : 403))
    }

    @Test("asks a function")
    func predicate() async throws {
        let cors = try CORS(origins: .matching { $0.hasPrefix("https://") }, credentials: true)
        let fields = try await ask(cors, "https://a.example").headerFields
        #expect(fields[.accessControlAllowOrigin] == "https://a.example")
        #expect(fields[.accessControlAllowCredentials] == "true")
        #expect(try await ask(cors, "http://a.example").headerFields[.accessControlAllowOrigin] == nil)
    }

    @Test("all responses vary by origin, unless they are the same for all")
    func vary() async throws {
        let some = try CORS(origins: ["https://a.example"])
        for origin in ["https://a.example", "https://b.example", nil] {
            #expect(try await ask(some, origin).headerFields[values: .vary] == ["Origin"])
            #expect(try await ask(try CORS(), origin).headerFields[.vary] == nil)
        }
        let own = Handler { _ in Response(headerFields: [.vary: "Accept, origin"]) }
        let response = try await outcome(of: own.wrapped(by: some), .http, RequestScope())
        #expect(response.headerFields[values: .vary] == ["Accept, origin"])
        #expect(try await preflight(some).headerFields[.vary]?.hasPrefix("Origin, ") == true)
        #expect(try await preflight(some, "https://b.example").headerFields[.vary]?.contains("Origin") == true)
    }

    @Test("answers preflights with what is allowed")
    func preflights() async throws {
        let cors = try CORS(
            origins: ["https://a.example"], methods: [.get, .put], headers: [.contentType, HTTPField.Name("X-A")!],
            exposed: [.eTag], credentials: true, maxAge: .seconds(5))
        let response = try await preflight(cors, headers: "content-type,x-a")
        #expect(response.status == 204)
        #expect(response.body.isEmpty)
        let fields = response.headerFields
        #expect(fields[.accessControlAllowOrigin] == "https://a.example")
        #expect(fields[.accessControlAllowMethods] == "GET, PUT")
        #expect(fields[.accessControlAllowHeaders] == "Content-Type, X-A")
        #expect(fields[.accessControlAllowCredentials] == "true")
        #expect(fields[.accessControlMaxAge] == "5")
        // What responses may show has no place in the answer to a preflight.
        #expect(fields[.accessControlExposeHeaders] == nil)
        #expect(try await preflight(cors, method: "DELETE").status == 403)
        #expect(try await preflight(cors, method: "put").status == 403)
        #expect(try await preflight(cors, headers: "x-b").status == 403)
        #expect(try await preflight(cors, headers: "x-a, a b").status == 403)
    }

    @Test("allows whatever fields are asked for when told to, but nothing that is no name")
    func anyHeaders() async throws {
        let cors = try CORS(headers: nil, maxAge: nil)
        let response = try await preflight(cors, headers: "X-A , x-b")
        #expect(response.headerFields[.accessControlAllowHeaders] == "x-a, x-b")
        #expect(response.headerFields[.accessControlMaxAge] == nil)
        #expect(try await preflight(cors, headers: "a:b").status == 403)
        #expect(try await preflight(cors).headerFields[.accessControlAllowHeaders] == nil)
    }

    @Test("the defaults are those that most sites need")
    func defaults() async throws {
        let fields = try await preflight(try CORS(), headers: "authorization").headerFields
        #expect(fields[.accessControlAllowOrigin] == "*")
        #expect(fields[.accessControlAllowMethods] == "GET, HEAD, POST, PUT, PATCH, DELETE")
        #expect(fields[.accessControlAllowHeaders] == "Content-Type, Authorization, X-Requested-With")
        #expect(fields[.accessControlMaxAge] == "600")
        #expect(fields[.accessControlAllowCredentials] == nil)
    }

    @Test("an OPTIONS that is no preflight goes to the application")
    func ownOptions() async throws {
        let cors = try CORS(origins: ["https://a.example"])
        #expect(try await ask(cors, "https://foreign.example", .options).body == "own options")
        #expect(try await ask(cors, nil, .options, [.accessControlRequestMethod: "GET"]).body == "own options")
        #expect(try await ask(cors, "https://a.example", .get, [.accessControlRequestMethod: "PUT"]).body == "inside")
    }

    @Test("allows private networks when told to")
    func privateNetwork() async throws {
        let asks: HTTPFields = [HTTPField.Name("Access-Control-Request-Private-Network")!: "true"]
        let allow = HTTPField.Name("Access-Control-Allow-Private-Network")!
        #expect(try await preflight(try CORS(privateNetwork: true), more: asks).headerFields[allow] == "true")
        #expect(try await preflight(try CORS(privateNetwork: true)).headerFields[allow] == nil)
        #expect(try await preflight(try CORS(), more: asks).headerFields[allow] == nil)
    }

    @Test("responses show what is exposed, and an own field of the application is replaced")
    func exposed() async throws {
        let cors = try CORS(origins: ["https://a.example"], exposed: [.eTag, .location])
        #expect(try await ask(cors, "https://a.example").headerFields[.accessControlExposeHeaders] == "ETag, Location")
        let own = Handler { _ in Response(headerFields: [.accessControlAllowOrigin: "*"]) }.wrapped(by: cors)
        let scope = RequestScope(headers: [.origin: "https://a.example"])
        let fields = try await outcome(of: own, .http, scope).headerFields
        #expect(fields[values: .accessControlAllowOrigin] == ["https://a.example"])
    }

    @Test("errors and refusals can be read by those who are allowed", arguments: RequestKind.allCases)
    func errors(kind: RequestKind) async throws {
        struct Failure: Error {}
        let cors = try CORS(origins: ["https://a.example"])
        let scope = RequestScope(headers: [.origin: "https://a.example"])
        let failing = ClosureApplication { _ in throw Failure() }.wrapped {
            cors
            ErrorHandler(logs: false)
        }
        let refusing = Response.problem(.notFound, for: scope).wrapped(by: cors)
        for (app, status) in [(AnyApplication(failing), 500), (AnyApplication(refusing), 404)] {
            let response = try await outcome(of: app, kind, scope)
            #expect(response.status == status)
            #expect(response.headerFields[.accessControlAllowOrigin] == "https://a.example")
            #expect(response.headerFields[.vary]?.contains("Origin") == true)
        }
    }

    @Test("refuses sockets that other sites ask for", arguments: [RequestKind.webSocket, .webTransport])
    func sockets(kind: RequestKind) async throws {
        let cors = try CORS(origins: ["https://a.example"])
        for (origin, scheme, isAllowed) in [
            ("https://a.example", "http", true), ("https://foreign.example", "http", false), ("null", "http", false),
            (nil, "http", true), ("http://example.org", "http", true), ("https://example.org", "http", true),
            ("https://example.org", "https", true), ("http://example.org", "https", false),
            ("https://example.org:81", "https", false),
        ] {
            let response = try await ask(cors, origin, kind: kind, scheme: scheme)
            #expect(response.isAccepted == isAllowed, "\(origin ?? "none")")
            #expect(isAllowed || response.status == 403)
            // A socket is not what a site reads.
            #expect(response.headerFields[.accessControlAllowOrigin] == nil)
        }
        let open = try CORS(origins: ["https://a.example"], checksSockets: false)
        #expect(try await ask(open, "https://foreign.example", kind: kind).isAccepted)
        #expect(try await ask(try CORS(), "https://foreign.example", kind: kind).isAccepted)
    }

    @Test("event streams are shared as responses are")
    func eventStreams() async throws {
        let cors = try CORS(origins: ["https://a.example"], credentials: true)
        let allowed = try await ask(cors, "https://a.example", kind: .eventStream)
        #expect(allowed.isAccepted)
        #expect(allowed.headerFields[.accessControlAllowOrigin] == "https://a.example")
        let foreign = try await ask(cors, "https://foreign.example", kind: .eventStream)
        #expect(foreign.headerFields[.accessControlAllowOrigin] == nil)
        #expect(foreign.headerFields[.vary] == "Origin")
    }

    @Test("refuses to let every site act for its visitors, and origins that are none")
    func options() throws {
        #expect(throws: InvalidOption.self) { try CORS(credentials: true) }
        #expect(throws: InvalidOption.self) { try CORS(origins: ["https://a.example", "*"], credentials: true) }
        #expect(throws: InvalidOption.self) { try CORS(origins: ["null"], credentials: true) }
        for origin in [
            "a.example", "https://a.example/", "https://", "https://*", "https://a.*", "https://a b", "https://*.",
            "https://a@b.example", "https://a.example:", "",
        ] {
            #expect(throws: InvalidOption.self, "\(origin)") { try CORS(origins: [origin]) }
        }
    }

    @Test("works over a socket", arguments: modes)
    func live(mode: TestMode) async throws {
        let app = Self.app.wrapped(by: try CORS(origins: ["https://a.example"]))
        try await TestClient.run(app, in: mode) { client async throws in
            let asked: HTTPFields = [.origin: "https://a.example", .accessControlRequestMethod: "PUT"]
            let preflight = try await client.options("/", headers: asked)
            #expect(preflight.status == .noContent)
            #expect(preflight[.accessControlAllowOrigin] == "https://a.example")
            let response = try await client.get("/", headers: [.origin: "https://a.example"])
            #expect((response.text, response[.accessControlAllowOrigin]) == ("inside", "https://a.example"))
        }
    }
}
