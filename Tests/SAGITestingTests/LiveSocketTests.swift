import HTTPTypes
import NIOCore
import SAGI
import SAGIServer
import TestSupport
import Testing

@testable import SAGILiveTesting
@testable import SAGITesting

@Suite("WebSockets over a real socket")
struct LiveSocketTests {
    @Test("TLS carries WebSockets and event streams")
    func tls() async throws {
        let certificate = try Certificate()
        defer { certificate.remove() }
        let app = ClosureApplication { exchange in
            switch exchange {
            case .webSocket(let socket):
                try await socket.open()
                try await socket.send(.text(socket.scope.scheme))
                try await socket.echo()
            case .eventStream(let stream):
                try await stream.send(.start())
                try await stream.send(.send(data: stream.scope.scheme))
            default:
                throw Unsupported(exchange)
            }
        }
        try await TestClient.run(app, in: .tls(certificate.identity)) { client async throws in
            try await client.webSocket("/", compression: true) { socket async throws in
                #expect(try await socket.text() == "https")
                let long = String(repeating: "secret ", count: 50_000)
                try await socket.send(long)
                #expect(try await socket.text() == long)
                try await socket.ping()
            }
            try await client.eventStream("/") { stream async throws in
                #expect(try await stream.next()?.data == "https")
            }
        }
    }

    @Test("A handshake that the server refuses is denied, and its connection can go on")
    func refused() async throws {
        let mode = TestMode.live { $0.server.webSocket.origins = ["https://good.test"] }
        try await TestClient.run(WebSocketTests.echo, in: mode) { client async throws in
            let denied = await #expect(throws: WebSocketDenied.self) {
                try await client.webSocket("/", headers: [.origin: "https://bad.test"])
            }
            #expect(denied?.response.status == .forbidden)
            try await client.webSocket("/", headers: [.origin: "https://good.test"]) { socket async throws in
                try await socket.send("in")
                #expect(try await socket.text() == "in")
            }
        }
    }

    @Test("A message beyond the server's limit is closed with 1009")
    func tooLarge() async throws {
        let mode = TestMode.live { $0.server.webSocket.messageSize = 100 }
        try await TestClient.run(WebSocketTests.echo, in: mode) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await socket.send(String(repeating: "x", count: 101))
                #expect(try await socket.closed.code == 1009)
            }
        }
    }

    @Test("A client that does not receive holds the application up, and then gets everything")
    func slowReader() async throws {
        let count = 300
        let notebook = Notebook()
        let app = socketApp { socket in
            try await socket.open()
            socket.scope.transport?.onHighWater { notebook.note("high") }
            for _ in 1...count { try await socket.send(.bytes(ByteBuffer(repeating: 1, count: 64 * 1024))) }
            notebook.note("sent")
        }
        try await TestClient.run(app, in: .live) { client async throws in
            try await client.webSocket("/") { socket async throws in
                try await notebook.wait(for: "high")
                var bytes = try await socket.bytes().readableBytes
                // More than all buffers on the way hold.
                #expect(!notebook.all.contains("sent"))
                for try await message in socket {
                    if case .bytes(let part) = message { bytes += part.readableBytes }
                }
                #expect(bytes == count * 64 * 1024)
            }
        }
    }

    @Test("A server that accepts in a way that it may not is found out")
    func brokenHandshakes() throws {
        let key = "dGhlIHNhbXBsZSBub25jZQ=="
        let answer = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        let plain = SocketOffer(subprotocols: ["v1"], offersCompression: false, key: key, inbox: SocketInbox())
        var compressing = plain
        compressing.offersCompression = true
        _ = try SocketCodec([.secWebSocketAccept: answer, .secWebSocketProtocol: "v1"], of: plain)
        _ = try SocketCodec(
            [.secWebSocketAccept: answer, .secWebSocketExtensions: "permessage-deflate"], of: compressing)
        let broken: [(HTTPFields, SocketOffer)] = [
            ([:], plain),
            ([.secWebSocketAccept: key], plain),
            ([.secWebSocketAccept: answer, .secWebSocketProtocol: "v2"], plain),
            ([.secWebSocketAccept: answer, .secWebSocketExtensions: "permessage-deflate"], plain),
            ([.secWebSocketAccept: answer, .secWebSocketExtensions: "other"], compressing),
        ]
        for (fields, offer) in broken {
            #expect(throws: BrokenHandshake.self) { _ = try SocketCodec(fields, of: offer) }
        }
    }
}
