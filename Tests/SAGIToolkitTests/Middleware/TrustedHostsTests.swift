// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

private let hostField = HTTPField.Name("Host")!

@Suite("TrustedHosts")
struct TrustedHostsTests {
    private func status(
        _ hosts: [String], _ authority: String?, status: HTTPResponse.Status = .badRequest, host: [String] = []
    ) async throws -> Int {
        let app = accepting.wrapped(by: try TrustedHosts(hosts, status: status))
        var fields: HTTPFields = [:]
        for value in host { fields.append(HTTPField(name: hostField, value: value)) }
        let request = HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/", headerFields: fields)
        return try await outcome(of: app, .http, RequestScope(request: request)).status
    }

    @Test(
        "serves the hosts that it is told, whatever their port and case",
        arguments: [
            ("example.org", "example.org", 200), ("example.org", "EXAMPLE.org:8080", 200),
            ("Example.ORG", "example.org", 200), ("example.org", "www.example.org", 400),
            ("example.org", "example.org.evil.net", 400), ("example.org", "evilexample.org", 400),
            ("example.org", "example.org.", 400), ("*.example.org", "a.example.org", 200),
            ("*.example.org", "a.b.example.org:1", 200), ("*.example.org", "example.org", 400),
            ("*.example.org", "evilexample.org", 400), ("*.example.org", ".example.org", 400),
            (".example.org", "example.org", 200), (".example.org", "a.example.org", 200),
            (".example.org", "evilexample.org", 400), ("*", "anything.at.all", 200),
            ("example.org:8443", "example.org:8443", 200), ("example.org:8443", "example.org", 400),
            ("[::1]", "[::1]", 200), ("[::1]", "[0:0:0:0:0:0:0:1]:80", 200), ("[::1]", "[::2]", 400),
            ("[::1]:80", "[::1]:81", 400), ("127.0.0.1", "127.0.0.1:9", 200),
        ])
    func hosts(_ pattern: String, _ authority: String, _ expected: Int) async throws {
        #expect(try await status([pattern], authority) == expected)
    }

    @Test(
        "answers 400 to what is no host, though any host is served",
        arguments: [
            "user@example.org", "example.org/path", "example.org:port", "example.org:70000", "a b", "[::1", "[example]",
            "a,b c", ":80", "",
        ])
    func invalid(_ authority: String) async throws {
        #expect(try await status(["*"], authority, status: .misdirectedRequest) == 400)
    }

    @Test("answers 400 when the host is missing or said in different words")
    func missing() async throws {
        #expect(try await status(["*"], nil) == 400)
        #expect(try await status(["*"], nil, host: ["a.example"]) == 200)
        #expect(try await status(["*"], nil, host: ["a.example", "a.example"]) == 400)
        #expect(try await status(["*"], nil, host: ["a.example", "b.example"]) == 400)
        #expect(try await status(["*"], "a.example", host: ["A.example"]) == 200)
        #expect(try await status(["a.example"], "a.example", host: ["evil.example"]) == 400)
        let lenient = accepting.wrapped(by: try TrustedHosts(["a.example"], allowsMissing: true))
        let nameless = RequestScope(request: HTTPRequest(method: .get, scheme: "http", authority: nil, path: "/"))
        #expect(try await outcome(of: lenient, .http, nameless).status == 200)
    }

    @Test("a host that another layer has put in is what counts")
    func changed() async throws {
        let app = accepting.wrapped(by: try TrustedHosts(["public.example"]))
            .wrapped(by: try ProxyHeaders(trusting: ["192.0.2.1"], taking: .all))
        let scope = RequestScope(
            .get, "/", authority: "backend:8000",
            headers: [hostField: "backend:8000", HTTPField.Name("X-Forwarded-Host")!: "public.example"])
        #expect(try await outcome(of: app, .http, scope).status == 200)
    }

    @Test("answers 421 when told to")
    func misdirected() async throws {
        #expect(try await status(["a.example"], "b.example", status: .misdirectedRequest) == 421)
    }

    @Test("sends to the host with www. where that is served, but not what follows no redirect")
    func www() async throws {
        let app = accepting.wrapped(by: try TrustedHosts(["www.example.org"], redirectsToWWW: true))
        let scope = RequestScope(.get, "/a%2Fb?c=%20d", scheme: "https", authority: "Example.org:8443")
        for kind in RequestKind.allCases {
            let response = try await outcome(of: app, kind, scope)
            let follows = kind == .http || kind == .eventStream
            #expect(response.status == (follows ? 308 : 400))
            #expect(
                response.headerFields[.location]
                    == (follows ? "https://www.Example.org:8443/a%2Fb?c=%20d" : nil))
        }
        #expect(try await outcome(of: app, .http, RequestScope(authority: "other.example")).status == 400)
    }

    @Test(
        "refuses options that are no hosts", arguments: ["", "a b", "a.*.b", "*.", ".", "a:", "a:x", "a:0", "http://a"])
    func options(_ host: String) {
        #expect(throws: InvalidOption.self) { try TrustedHosts([host]) }
    }

    @Test("works over a socket, where there are always hosts", arguments: modes)
    func live(mode: TestMode) async throws {
        let app = Handler { _ in "in" }.wrapped(by: try TrustedHosts(["good.example"]))
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/", headers: [hostField: "good.example:81"]).status == .ok)
            #expect(try await client.get("/", headers: [hostField: "bad.example"]).status == .badRequest)
        }
    }
}
