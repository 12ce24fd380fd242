import Testing

@Suite("WebSockets, over every version of HTTP")
struct WebSocketTests {
    @Test("Every message comes back, whatever its size") func framesByHand() async throws { try await check(tls: true) }
    @Test("The same with the library of other people") func echo() async throws { try await check(tls: true) }
    @Test("permessage-deflate is agreed on") func deflate() async throws { try await check() }
    @Test("What is offered for permessage-deflate is answered") func offers() async throws {
        try await check(tls: true)
    }
    @Test("Compressed messages") func compressed() async throws { try await check(tls: true) }
    @Test("permessage-deflate can be turned off") func deflateOff() async throws {
        try await check("--no-ws-deflate", tls: true)
    }
    @Test("Handshakes that break a rule are refused") func refusedHandshakes() async throws { try await check() }
    @Test("What comes before the answer is no request") func earlyBytes() async throws { try await check() }
    @Test("A handshake can be denied with any response") func denial() async throws { try await check(tls: true) }
    @Test("Any request of a connection can be a handshake") func secondRequest() async throws {
        try await check()
    }
    @Test("Both sides can close, and are told why") func closing() async throws { try await check(tls: true) }
    @Test("A WebSocket that ends without a Close is 1006") func gone() async throws { try await check(tls: true) }
    @Test("A client that goes after the application has returned leaves nothing behind")
    func goneAfterReturn() async throws { try await check(tls: true) }
    @Test("An application that breaks a rule is told") func misuse() async throws { try await check(tls: true) }
    @Test("Only pages of some origins may open a socket") func origins() async throws {
        try await check("--ws-origin", "https://good.test", "--ws-origin", "http://localhost:3000", tls: true)
    }
    @Test("At shutdown every client is told 1001") func shutdown() async throws { try await check(tls: true, exits: 0) }
}
