// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("ProxyHeaders")
struct ProxyHeadersTests {
    /// What the application sees: "client scheme authority rootPath".
    private static let tell = Handler { request in
        let scope = request.scope
        let client = scope.client.map { "\($0)" } ?? scope.forwarding?.clientName ?? "none"
        return "\(client) \(scope.scheme) \(scope.authority ?? "") \(scope.rootPath)"
    }

    private func seen(
        _ middleware: ProxyHeaders, _ fields: KeyValuePairs<String, String>,
        peer: PeerAddress? = .ip("127.0.0.1", port: 9), server: PeerAddress? = nil
    ) async throws -> String {
        var headers: HTTPFields = [:]
        for (name, value) in fields { headers.append(HTTPField(name: HTTPField.Name(name)!, value: value)) }
        let scope = RequestScope(
            request: HTTPRequest(
                method: .get, scheme: "http", authority: "inside:8000", path: "/", headerFields: headers),
            client: peer, server: server)
        let outcome = try await outcome(of: Self.tell.wrapped(by: middleware), .http, scope)
        return outcome.status == 200 ? outcome.body : "\(outcome.status)"
    }

    @Test(
        "the client is the first address from the right that is no trusted proxy",
        arguments: [
            ("203.0.113.7", "203.0.113.7:0"), ("203.0.113.7, 10.0.0.9", "203.0.113.7:0"),
            // What a client has made up stands left of its address.
            ("6.6.6.6, 203.0.113.7, 10.0.0.9", "203.0.113.7:0"), ("10.0.0.1, 203.0.113.7", "203.0.113.7:0"),
            ("10.0.0.1, 10.0.0.2", "10.0.0.1:0"), ("203.0.113.7:4711, fd00::2", "203.0.113.7:4711"),
            ("2001:db8::1", "[2001:db8::1]:0"), ("[2001:DB8::1]:80, [fd00::2]:1", "[2001:db8::1]:80"),
            ("::ffff:203.0.113.7, ::ffff:10.0.0.1", "203.0.113.7:0"), ("unknown", "unknown"),
            ("6.6.6.6, unknown, 10.0.0.1", "unknown"), ("_hidden, 10.0.0.1", "_hidden"),
            // An entry that cannot be read ends the search.
            ("6.6.6.6, nonsense", "127.0.0.1:9"), ("6.6.6.6, nonsense, 10.0.0.1", "10.0.0.1:0"),
            (",, 203.0.113.7 ,,", "203.0.113.7:0"), ("", "127.0.0.1:9"), ("1.2.3.4:99999", "127.0.0.1:9"),
        ])
    func walk(_ list: String, _ expected: String) async throws {
        let middleware = try ProxyHeaders(trusting: ["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
        #expect(try await seen(middleware, ["X-Forwarded-For": list]) == "\(expected) http inside:8000 ")
    }

    @Test("several fields of one name are one list")
    func severalFields() async throws {
        let middleware = try ProxyHeaders(trusting: ["127.0.0.1", "10.0.0.0/8"])
        let fields: KeyValuePairs = [
            "X-Forwarded-For": "6.6.6.6, 203.0.113.7", "X-Forwarded-For": "10.0.0.2",
        ]
        #expect(try await seen(middleware, fields).hasPrefix("203.0.113.7:0 "))
    }

    @Test(
        "believes trusted peers only",
        arguments: [
            (["127.0.0.1"], .ip("127.0.0.1", port: 1), true), (["127.0.0.1"], .ip("127.0.0.2", port: 1), false),
            (["127.0.0.0/8"], .ip("127.9.9.9", port: 1), true), (["fd00::/8"], .ip("fd00::1", port: 1), true),
            (["fd00::/8"], .ip("fe00::1", port: 1), false), (["10.0.0.0/8"], .ip("::ffff:10.0.0.1", port: 1), true),
            (["fe80::/10"], .ip("fe80::1%eth0", port: 1), true), (["0.0.0.0/0"], .ip("::1", port: 1), false),
            (["::/0"], .ip("10.0.0.1", port: 1), false), (["*"], .ip("198.51.100.1", port: 1), true),
            (["*"], nil, true),
            ([], .ip("127.0.0.1", port: 1), false), (["0.0.0.0/0", "::/0"], nil, false),
        ] as [([String], PeerAddress?, Bool)])
    func peers(_ trusting: [String], _ peer: PeerAddress?, _ isBelieved: Bool) async throws {
        let fields: KeyValuePairs = ["X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"]
        let answer = try await seen(try ProxyHeaders(trusting: trusting), fields, peer: peer)
        let untouched = "\(peer.map { "\($0)" } ?? "none") http inside:8000 "
        #expect(answer == (isBelieved ? "203.0.113.7:0 https inside:8000 " : untouched))
    }

    @Test("believes Unix sockets when told to")
    func unix() async throws {
        let fields: KeyValuePairs = ["X-Forwarded-For": "203.0.113.7"]
        let peers: [(PeerAddress?, PeerAddress?)] = [(nil, .unix("/run/app.sock")), (.unix(""), nil)]
        for (peer, server) in peers {
            let trusting = try ProxyHeaders(trustsUnixSockets: true)
            #expect(try await seen(trusting, fields, peer: peer, server: server).hasPrefix("203.0.113.7:0 "))
            #expect(try await !seen(try ProxyHeaders(), fields, peer: peer, server: server).hasPrefix("203."))
        }
        // A client whose address is not known is none of them.
        #expect(try await seen(try ProxyHeaders(trustsUnixSockets: true), fields, peer: nil).hasPrefix("none "))
    }

    @Test("stops after so many proxies")
    func maximumHops() async throws {
        let list: KeyValuePairs = ["X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.0.0.2"]
        for (hops, expected) in [(0, "10.0.0.2:0"), (1, "10.0.0.2:0"), (2, "203.0.113.7:0"), (9, "6.6.6.6:0")] {
            let middleware = try ProxyHeaders(trusting: ["*"], maximumHops: hops)
            #expect(try await seen(middleware, list).hasPrefix("\(expected) "))
        }
        let endless = [String](repeating: "10.0.0.1", count: 2000).joined(separator: ",")
        let middleware = try ProxyHeaders(trusting: ["127.0.0.1", "10.0.0.0/8"])
        #expect(try await seen(middleware, ["X-Forwarded-For": endless]).hasPrefix("10.0.0.1:0 "))
    }

    @Test("takes X-Real-IP where there is no X-Forwarded-For")
    func realIP() async throws {
        let middleware = try ProxyHeaders()
        #expect(try await seen(middleware, ["X-Real-IP": "203.0.113.7"]).hasPrefix("203.0.113.7:0 "))
        #expect(try await seen(middleware, ["X-Real-IP": "nonsense"]).hasPrefix("127.0.0.1:9 "))
        let both: KeyValuePairs = ["X-Real-IP": "6.6.6.6", "X-Forwarded-For": "203.0.113.7"]
        #expect(try await seen(middleware, both).hasPrefix("203.0.113.7:0 "))
    }

    @Test(
        "the scheme is http or https, as the outermost trusted proxy saw it",
        arguments: [
            ("203.0.113.7", "https", "https"), ("203.0.113.7", "HTTPS", "https"), ("203.0.113.7", "wss", "https"),
            ("203.0.113.7", "ws", "http"), ("203.0.113.7", "ftp", "http"),
            // The client wrote the first one.
            ("203.0.113.7", "https, http", "http"), ("203.0.113.7, 10.0.0.2", "https, http", "https"),
            ("203.0.113.7, 10.0.0.2", "https", "https"),
            ("6.6.6.6, 203.0.113.7, 10.0.0.2", "http, https, http", "https"),
        ])
    func scheme(_ list: String, _ proto: String, _ expected: String) async throws {
        let middleware = try ProxyHeaders(trusting: ["127.0.0.1", "10.0.0.0/8"])
        let answer = try await seen(middleware, ["X-Forwarded-For": list, "X-Forwarded-Proto": proto])
        #expect(answer.split(separator: " ")[1] == expected)
    }

    @Test(
        "takes host, port and prefix when told to",
        arguments: [
            (["X-Forwarded-Host": "a.example"], "a.example "), (["X-Forwarded-Host": "a.example:81"], "a.example:81 "),
            (["X-Forwarded-Host": "a.example", "X-Forwarded-Port": "8443"], "a.example:8443 "),
            (["X-Forwarded-Host": "a.example:81", "X-Forwarded-Port": "82"], "a.example:81 "),
            (["X-Forwarded-Port": "8443"], "inside:8443 "), (["X-Forwarded-Port": "80"], "inside "),
            (["X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"], "inside "),
            (["X-Forwarded-Host": "[::1]", "X-Forwarded-Port": "81"], "[::1]:81 "),
            (["X-Forwarded-Host": "a b"], "inside:8000 "), (["X-Forwarded-Host": "a@b"], "inside:8000 "),
            (["X-Forwarded-Port": "0"], "inside:8000 "), (["X-Forwarded-Port": "+1"], "inside:8000 "),
            (["X-Forwarded-Host": "evil.example, a.example"], "a.example "),
            (["X-Forwarded-Prefix": "/app"], "inside:8000 /app"), (["X-Forwarded-Prefix": "/a/b/"], "inside:8000 /a/b"),
            (["X-Forwarded-Prefix": "/"], "inside:8000 "), (["X-Forwarded-Prefix": "app"], "inside:8000 "),
            (["X-Forwarded-Prefix": "//evil.example"], "inside:8000 "),
            (["X-Forwarded-Prefix": "/\\evil.example"], "inside:8000 "),
            (["X-Forwarded-Prefix": "/a/../b"], "inside:8000 "), (["X-Forwarded-Prefix": "/a?b"], "inside:8000 "),
        ] as [(KeyValuePairs<String, String>, String)])
    func host(_ fields: KeyValuePairs<String, String>, _ expected: String) async throws {
        let answer = try await seen(try ProxyHeaders(taking: .all), fields)
        #expect(answer.split(separator: " ", maxSplits: 2)[2] == expected)
        // Most proxies hand them on as they come.
        #expect(try await seen(try ProxyHeaders(), fields).hasSuffix(" inside:8000 "))
    }

    @Test(
        "reads Forwarded (RFC 7239) when told to",
        arguments: [
            (["for=203.0.113.7;proto=https;host=a.example"], "203.0.113.7:0 https a.example"),
            (["for=\"[2001:db8::1]:4711\""], "[2001:db8::1]:4711 http inside:8000"),
            (["for=6.6.6.6, for=203.0.113.7;proto=https, for=10.0.0.2;proto=http"], "203.0.113.7:0 https inside:8000"),
            (["for=203.0.113.7;proto=https", "for=10.0.0.2;host=b.example"], "203.0.113.7:0 https b.example"),
            (["for=_hidden;proto=https, for=10.0.0.2"], "_hidden https inside:8000"),
            (["FOR=Unknown"], "unknown http inside:8000"), (["proto=https"], "127.0.0.1:9 https inside:8000"),
            // A client cannot swallow what its proxy adds.
            (["for=\"", "for=203.0.113.7"], "203.0.113.7:0 http inside:8000"),
            (["for=\"a\\, for=203.0.113.7;host=\"a.example\""], "203.0.113.7:0 http a.example"),
            (["for=6.6.6.6, for=nonsense"], "127.0.0.1:9 http inside:8000"),
            (["for=6.6.6.6, nonsense"], "127.0.0.1:9 http inside:8000"),
            (["for=6.6.6.6, ???, for=10.0.0.2"], "10.0.0.2:0 http inside:8000"),
            (["for=203.0.113.7;host=\"a b\""], "203.0.113.7:0 http inside:8000"),
        ])
    func forwarded(_ lists: [String], _ expected: String) async throws {
        let middleware = try ProxyHeaders(
            trusting: ["127.0.0.1", "10.0.0.0/8"], reading: .forwarded, taking: [.client, .scheme, .host])
        var headers: HTTPFields = [HTTPField.Name("X-Forwarded-For")!: "6.6.6.6"]
        for list in lists { headers.append(HTTPField(name: HTTPField.Name("Forwarded")!, value: list)) }
        let scope = RequestScope(
            .get, "/", authority: "inside:8000", headers: headers, client: .ip("127.0.0.1", port: 9))
        let answer = try await outcome(of: Self.tell.wrapped(by: middleware), .http, scope)
        #expect(answer.body == "\(expected) ")
    }

    @Test("does not look at the kind of field that its proxies do not write")
    func otherKind() async throws {
        let fields: KeyValuePairs = ["Forwarded": "for=6.6.6.6;proto=https", "X-Forwarded-For": "203.0.113.7"]
        #expect(try await seen(try ProxyHeaders(), fields) == "203.0.113.7:0 http inside:8000 ")
        let forwarded = try ProxyHeaders(reading: .forwarded)
        #expect(try await seen(forwarded, fields) == "6.6.6.6:0 https inside:8000 ")
        #expect(try await seen(forwarded, ["X-Forwarded-For": "6.6.6.6"]) == "127.0.0.1:9 http inside:8000 ")
    }

    @Test("both kinds together must tell the same where either is read")
    func either() async throws {
        let middleware = try ProxyHeaders(reading: .either)
        for (fields, expected) in [
            (["Forwarded": "for=203.0.113.7;proto=https"], "203.0.113.7:0 https inside:8000 "),
            (["X-Forwarded-For": "203.0.113.7"], "203.0.113.7:0 http inside:8000 "),
            (
                [
                    "Forwarded": "for=203.0.113.7;proto=https", "X-Forwarded-For": "203.0.113.7",
                    "X-Forwarded-Proto": "https",
                ],
                "203.0.113.7:0 https inside:8000 "
            ),
            (["Forwarded": "for=6.6.6.6", "X-Forwarded-For": "203.0.113.7"], "400"),
            (["Forwarded": "for=203.0.113.7;proto=https", "X-Forwarded-For": "203.0.113.7"], "400"),
            (["Forwarded": "nonsense", "X-Forwarded-For": "203.0.113.7"], "400"),
            (["Forwarded": "for=6.6.6.6", "X-Real-IP": "203.0.113.7"], "400"),
            // What a proxy writes may be without an address, and what a client writes must not stand in for it.
            (["Forwarded": "for=6.6.6.6;proto=https", "X-Forwarded-Proto": "http"], "400"),
            (["Forwarded": "for=6.6.6.6", "X-Forwarded-Host": "a.example"], "400"),
            (
                ["Forwarded": "for=\"203.0.113.7:4711\"", "X-Forwarded-For": "203.0.113.7"],
                "203.0.113.7:4711 http inside:8000 "
            ),
            (["Forwarded": "for=\"203.0.113.7:1\"", "X-Forwarded-For": "203.0.113.7:2"], "400"),
        ] as [(KeyValuePairs<String, String>, String)] {
            #expect(try await seen(middleware, fields) == expected, "\(fields)")
        }
    }

    @Test(
        "answers 400 to what cannot be read, when told to",
        arguments: [
            ["X-Forwarded-For": "nonsense"], ["X-Real-IP": "nonsense"], ["X-Forwarded-Proto": "gopher"],
            ["X-Forwarded-Host": "a b"], ["X-Forwarded-Port": "x"], ["X-Forwarded-Prefix": "//x"],
        ] as [KeyValuePairs<String, String>])
    func refusesMalformed(_ fields: KeyValuePairs<String, String>) async throws {
        #expect(try await seen(try ProxyHeaders(taking: .all, refusesMalformed: true), fields) == "400")
        #expect(try await seen(try ProxyHeaders(taking: .all), fields) == "127.0.0.1:9 http inside:8000 ")
        let other = try ProxyHeaders(trusting: ["10.0.0.1"], taking: .all, refusesMalformed: true)
        #expect(try await seen(other, fields) == "127.0.0.1:9 http inside:8000 ")
    }

    @Test("keeps what the scope had before", arguments: RequestKind.allCases)
    func original(kind: RequestKind) async throws {
        let app = ClosureApplication { exchange in
            let scope = try #require(exchange.request)
            let forwarding = try #require(scope.forwarding)
            #expect(scope.client == .ip("203.0.113.7", port: 0))
            #expect((scope.scheme, scope.authority, scope.rootPath) == ("https", "a.example", "/app"))
            #expect(forwarding.peer == .ip("192.0.2.1", port: 4000))
            #expect((forwarding.scheme, forwarding.authority, forwarding.rootPath) == ("http", "example.org", ""))
            #expect((forwarding.prefix, forwarding.hops, forwarding.clientName) == ("/app", 1, nil))
            #expect(scope[HTTPField.Name("X-Forwarded-For")!] == "203.0.113.7")
            try await accepting.handle(exchange)
        }
        let scope = RequestScope(headers: [
            HTTPField.Name("X-Forwarded-For")!: "203.0.113.7", HTTPField.Name("X-Forwarded-Proto")!: "https",
            HTTPField.Name("X-Forwarded-Host")!: "a.example", HTTPField.Name("X-Forwarded-Prefix")!: "/app",
        ])
        let middleware = try ProxyHeaders(trusting: ["192.0.2.1"], taking: .all)
        #expect(try await outcome(of: app.wrapped(by: middleware), kind, scope).isAccepted)
    }

    @Test("refuses options that are no addresses", arguments: ["localhost", "10.0.0.0/33", "", "10.*"])
    func options(_ text: String) {
        #expect(throws: InvalidOption.self) { try ProxyHeaders(trusting: [text]) }
    }

    @Test("believes the proxy on the other end of a socket", arguments: modes)
    func live(mode: TestMode) async throws {
        let app = Handler { request in "\(request.client.map { "\($0)" } ?? "") \(request.scheme)" }
        try await TestClient.run(app.wrapped(by: try ProxyHeaders()), in: mode) { client async throws in
            let headers: HTTPFields = [
                HTTPField.Name("X-Forwarded-For")!: "6.6.6.6, 203.0.113.7",
                HTTPField.Name("X-Forwarded-Proto")!: "https",
            ]
            #expect(try await client.get("/", headers: headers).text == "203.0.113.7:0 https")
        }
    }
}
