// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("RequestID")
struct RequestIDTests {
    private let header = HTTPField.Name("X-Request-ID")!
    private let tell = Handler { request in request.scope.requestID ?? "none" }

    @Test("gives every kind of exchange an identifier of its own", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let app = accepting.wrapped(by: RequestID())
        let first = try await outcome(of: app, kind, RequestScope())
        let second = try await outcome(of: app, kind, RequestScope())
        #expect(first.isAccepted)
        #expect(first.headerFields[header]?.count == 32)
        #expect(first.headerFields[header] != second.headerFields[header])
    }

    @Test("tells the application, and the client, over a socket too", arguments: modes)
    func tells(mode: TestMode) async throws {
        try await TestClient.run(tell.wrapped(by: RequestID()), in: mode) { client async throws in
            let response = try await client.get("/", headers: [header: "mine"])
            #expect(response.text == response[header])
            #expect(response.text != "mine")
        }
    }

    @Test("takes over a client's identifier when told to, unless it could do harm", arguments: modes)
    func trusts(mode: TestMode) async throws {
        let app = tell.wrapped(by: RequestID(trustsClient: true, generate: { "own" }))
        try await TestClient.run(app, in: mode) { client async throws in
            for (sent, expected) in [
                ("abc-123_4.5:6/7+8=", "abc-123_4.5:6/7+8="), ("", "own"), ("a b", "own"), ("a\"b", "own"),
                (String(repeating: "x", count: 128), String(repeating: "x", count: 128)),
                (String(repeating: "x", count: 129), "own"), ("\u{e9}", "own"),
            ] {
                #expect(try await client.get("/", headers: [header: sent]).text == expected)
            }
        }
    }

    @Test("uses another field", arguments: modes)
    func otherHeader(mode: TestMode) async throws {
        let name = HTTPField.Name("Trace")!
        let app = tell.wrapped(by: RequestID(header: "Trace", generate: { "7" }))
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect((response.text, response[name], response[header]) == ("7", "7", nil))
        }
    }
}
