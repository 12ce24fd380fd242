import HTTPTypes
import NIOCore
import SAGI
import Synchronization
import Testing

@testable import SAGIServer

@Suite("The rules of a WebSocket", .timeLimit(.minutes(1)))
struct WebSocketRulesTests {
    static let handshake =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    /// A Close frame with 1000, masked with zeros.
    static let close = "\u{88}\u{82}\0\0\0\0\u{3}\u{E8}"

    static func socket(
        _ body: nonisolated(nonsending) @escaping @Sendable (WebSocketExchange) async throws -> Void
    ) -> ClosureApplication {
        ClosureApplication { exchange in
            guard case .webSocket(let socket) = exchange else { throw Unsupported(exchange) }
            _ = try await socket.receive()
            try await socket.send(.accept())
            try await body(socket)
        }
    }

    @Test("a message goes on with its own kind")
    func fragments() throws {
        var rules = WebSocketRules(subprotocols: [])
        #expect(throws: ExchangeError.self) { try rules.message(isText: true, more: false) }
        rules.accepted()
        try rules.message(isText: true, more: true)
        #expect(throws: ExchangeError.self) { try rules.message(isText: false, more: false) }
        try rules.message(isText: true, more: true)
        try rules.message(isText: true, more: false)
        try rules.message(isText: false, more: false)
        #expect(try rules.close(code: 1000, reason: ""))
        #expect(try !rules.close(code: 1000, reason: ""))
        #expect(throws: ExchangeError.self) { try rules.message(isText: true, more: false) }
    }

    @Test("one of the offered subprotocols is taken, and no other")
    func subprotocols() throws {
        let rules = WebSocketRules(subprotocols: ["a"])
        try rules.checkAccept("a")
        try rules.checkAccept(nil)
        #expect(throws: ExchangeError.self) { try rules.checkAccept("b") }
    }

    @Test("work is cancelled when the connection ends, and after a Close only when nobody has noticed")
    func cancellation() async throws {
        for (ends, isCancelled) in [("gone", true), ("closed", false), ("closed and unnoticed", true)] {
            let (events, continuation) = AsyncStream<String>.makeStream()
            let app = Self.socket { socket in
                continuation.yield("open")
                if ends == "closed" {
                    guard case .disconnect = try await socket.receive() else { return }
                }
                // What it still does: long enough for the time in which it could have noticed to pass.
                do {
                    try await Task.sleep(for: ends == "closed" ? .milliseconds(200) : .seconds(30))
                    continuation.yield("done")
                } catch {
                    continuation.yield("cancelled")
                }
            }
            try await MemoryConnection.run(app, { $0.webSocket.closeTimeout = .milliseconds(50) }) { connection in
                try await connection.receive(Self.handshake)
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == "open")
                if ends == "gone" { await connection.close() } else { try await connection.receiveBytes(Self.close) }
                #expect(await iterator.next() == (isCancelled ? "cancelled" : "done"), "\(ends)")
            }
        }
    }

    @Test("the end is told once, and as what it was")
    func observers() async throws {
        let seen = Mutex<[String]>([])
        let app = Self.socket { socket in
            socket.scope.connection.onDisconnect { reason in seen.withLock { $0.append("disconnect \(reason)") } }
            socket.scope.connection.onComplete { seen.withLock { $0.append("complete") } }
            if socket.scope.path == "/close" { try await socket.send(.close()) }
            while true {
                guard case .disconnect(let code, let reason) = try await socket.receive() else { continue }
                return seen.withLock { $0.append("\(code) \(reason)") }
            }
        }
        for (path, expected) in [("/", ["disconnect client_closed", "1000 "]), ("/close", ["complete", "1000 "])] {
            seen.withLock { $0 = [] }
            try await MemoryConnection.run(app) { connection in
                try await connection.receive(Self.handshake.replacing("GET / ", with: "GET \(path) "))
                try await connection.receiveBytes(Self.close)
                #expect(seen.withLock { $0 } == expected)
                #expect(try await connection.isOutputClosed)
            }
        }
    }

    @Test("an application that never stops asking or sending after the end leaves the loop to others")
    func endlessAfterEnd() async throws {
        let isRunning = Atomic<Bool>(true)
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            if http.scope.path == "/send" { try await http.send(.start(HTTPResponse(status: .ok))) }
            while isRunning.load(ordering: .relaxed) {
                if http.scope.path == "/send" {
                    try await http.send(.body("x", more: true))
                } else {
                    _ = try await http.receive()
                }
            }
        }
        for path in ["/send", "/receive"] {
            isRunning.store(true, ordering: .relaxed)
            try await MemoryConnection.run(app) { connection in
                try await connection.receive("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                await connection.close()
                // The loop answers, though the application goes on: else this would wait for ever.
                _ = try await connection.sendCount
                isRunning.store(false, ordering: .relaxed)
            }
        }
    }
}
