import HTTPTypes
import NIOCore
import SAGI
import Testing

@testable import SAGIServer

@Suite("What an exchange of HTTP/1.1 can do", .timeLimit(.minutes(1)))
struct CapabilityTests {
    @Test("presents a kind of exchange that it does not serve as a request of HTTP")
    func unservedKind() async throws {
        let kind = ClosureApplication { exchange in
            try await exchange.decline(with: HTTPResponse(status: .ok), body: ByteBuffer(string: exchange.kind))
        }
        try await MemoryConnection.run(kind) { connection in
            try await connection.receive(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: unheard-of\r\n\r\n")
            #expect(try await connection.sent == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhttp")
        }
    }

    @Test("offers trailers where the client reads them, and early hints from HTTP/1.1 on")
    func capabilities() async throws {
        let tell = http { http in
            let extensions = http.scope.extensions
            let names = [
                extensions[Trailers.self].map { _ in "trailers" }, extensions[EarlyHints.self].map { _ in "hints" },
                extensions[TLSInfo.self].map { _ in "tls" },
            ]
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body(names.compactMap(\.self).joined(separator: ",")))
        }
        let requests = [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hints"),
            ("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n", "trailers,hints"),
            ("GET / HTTP/1.0\r\nTE: trailers\r\n\r\n", ""),
        ]
        var extensions = Extensions()
        extensions[Trailers.self] = Trailers()
        extensions[EarlyHints.self] = EarlyHints()
        for (request, expected) in requests {
            try await MemoryConnection.run(tell, extensions: extensions) { connection in
                try await connection.receive(request)
                let body = try await connection.sent.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
                #expect(body.last.map(String.init) == expected)
            }
        }
    }
}
