import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGIServer
import SAGITesting
import TestSupport
import Testing

@Suite("A live server")
struct LiveTests {
    /// Tells the client's port.
    static let port = app { http in
        _ = try await http.content()
        try await http.answer(
            http.scope.client?.description ?? "nobody",
            headerFields: http.scope.rawPath == "/close" ? [.connection: "close"] : [:])
    }

    @Test("Connections are used again, unless a response closes them")
    func reuse() async throws {
        try await TestClient.run(Self.port, in: .live) { client async throws in
            let first = try await client.get("/").text
            #expect(first.hasPrefix("127.0.0.1:"))
            #expect(try await client.post("/", body: "x").text == first)
            #expect(try await client.get("/close").text == first)
            #expect(try await client.get("/").text != first)
            #expect(client.server?.statistics.accepted == 2)
        }
    }

    @Test("A connection whose exchange was broken off is not used again")
    func brokenOff() async throws {
        try await TestClient.run(echo, in: .live) { client async throws in
            try await client.open(.post, "/") { exchange in try await exchange.send("half") }
            #expect(try await client.post("/", body: "whole").text == "whole")
            #expect(client.server?.statistics.accepted == 2)
        }
    }

    @Test("Requests at the same time have their own connections and their own answers")
    func parallel() async throws {
        try await TestClient.run(echo, in: .live) { client async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let response = try await client.post("/", body: .text("\(number)"))
                        #expect(response.text == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("The addresses and the server are there, and not in memory")
    func addresses() async throws {
        try await TestClient.live(Self.port) { client async throws in
            #expect(client.addresses.count == 1)
            let port = try #require(client.addresses.first?.port)
            #expect(port > 0)
            let response = try await client.get("http://127.0.0.1:\(port)/")
            #expect(response.status == .ok)
            #expect(response[.server] == "sagi")
            #expect(response.headerFields[.date] != nil)
        }
        try await TestClient.run(Self.port) { client async throws in
            #expect(client.server == nil)
            #expect(client.addresses.isEmpty)
        }
    }

    @Test("The server's configuration holds")
    func configuration() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.body = 3
        configuration.serverField = nil
        configuration.rootPath = "/mounted"
        let app = app { http in
            _ = try await http.content()
            try await http.answer(http.scope.rootPath)
        }
        try await TestClient.live(app, configuration: configuration) { client async throws in
            let response = try await client.post("/", body: "abc")
            #expect(response.text == "/mounted")
            #expect(response[.server] == nil)
            let refused = try await client.post("/", body: "abcd")
            #expect(refused.status == .contentTooLarge)
        }
    }

    @Test("What the application sees is what the test sent")
    func noTraces() async throws {
        let app = app { http in
            try await http.answer(http.scope.headerFields.map(\.name.canonicalName).joined(separator: " "))
        }
        try await TestClient.run(app, in: .live) { client async throws in
            #expect(
                try await client.with { $0.headerFields = [:] }.get("/", headers: [.accept: "a"]).text == "host accept")
        }
    }

    @Test("A Unix socket serves, and nobody is the client")
    func unix() async throws {
        try await TestClient.run(Self.port, in: .unix) { client async throws in
            #expect(try await client.get("/").text == "nobody")
            guard case .unix? = client.addresses.first?.address else {
                Issue.record("\(client.addresses)")
                return
            }
        }
    }

    @Test("TLS serves with any certificate, or with one that is trusted")
    func tls() async throws {
        let certificate = try Certificate()
        defer { certificate.remove() }
        let app = app { http in
            let tls = http.scope.extensions[TLSInfo.self]
            try await http.answer("\(http.scope.scheme) \(tls?.version ?? 0) \(tls?.serverName ?? "none")")
        }
        try await TestClient.run(app, in: .tls(certificate.identity)) { client async throws in
            #expect(try await client.get("/").text == "https 772 localhost")
            #expect(try await client.get("/").text == "https 772 localhost")
            #expect(client.server?.statistics.accepted == 1)
        }
        let trusting = TestMode.tls(certificate.identity) { $0.trust = .file(certificate.identity.certificate) }
        try await TestClient.run(app, in: trusting) { client async throws in
            #expect(try await client.get("/").text == "https 772 localhost")
        }
    }

    @Test("A redirect to https goes to the listener with TLS")
    func toHTTPS() async throws {
        let certificate = try Certificate()
        defer { certificate.remove() }
        let app = app { http in
            guard http.scope.scheme == "http" else { return try await http.answer("secret") }
            let location: HTTPFields = [.location: "https://localhost/"]
            try await http.answer("", status: .permanentRedirect, headerFields: location)
        }
        let mode = TestMode.live { options in
            let address = ListenAddress.tcp(host: "127.0.0.1", port: 1)
            options.server.listeners = [
                ListenerConfiguration(address),
                ListenerConfiguration(address, tls: TLSOptions(identities: [certificate.identity])),
            ]
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.text == "secret")
            #expect(response.history.map(\.status) == [.permanentRedirect])
        }
        try await TestClient.run(app, in: .live) { client async throws in
            await #expect(throws: TestClientError.invalidRequest("The server does not listen for https.")) {
                try await client.get("/")
            }
        }
    }
}
