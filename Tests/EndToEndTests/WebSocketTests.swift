import Testing

@Suite("WebSockets")
struct WebSocketTests {
    @Test("Every message comes back, whatever its size") func echo() async throws { try await check(tls: true) }
    @Test("permessage-deflate is agreed on") func deflate() async throws { try await check() }
    @Test("permessage-deflate can be turned off") func deflateOff() async throws { try await check("--no-ws-deflate") }
    @Test("Handshakes that break a rule are refused") func refusedHandshakes() async throws { try await check() }
    @Test("A handshake can be denied with any response") func denial() async throws { try await check() }
    @Test("Any request of a connection can be a handshake") func secondRequest() async throws {
        try await check()
    }
    @Test("Both sides can close, and are told why") func closing() async throws { try await check() }
    @Test("A Close that is not answered ends in time") func closeIsUnanswered() async throws {
        try await check("--ws-close-timeout", "300ms", "--timeout-linger", "500ms")
    }
    @Test("A connection that ends without a Close is 1006") func gone() async throws { try await check() }
    @Test("Whoever breaks a rule is told which") func violations() async throws {
        try await check("--ws-frame-size", "4KiB", "--ws-message-size", "2KiB")
    }
    @Test("Messages before a violation or a Close are answered") func messageBeforeViolation() async throws {
        try await check()
    }
    @Test("An application that breaks a rule is told") func misuse() async throws { try await check() }
    @Test("A client that says nothing is asked, and left") func keepalive() async throws {
        try await check("--ws-ping-interval", "200ms", "--ws-ping-timeout", "300ms")
    }
    @Test("An application sets its own keepalive") func keepaliveOfApplication() async throws {
        try await check("--ws-ping-interval", "off")
    }
    @Test("A slow application does not cost its client the socket") func slowApplicationKeepsItsClient() async throws {
        try await check(
            "--ws-ping-interval", "100ms", "--ws-ping-timeout", "500ms", "--ws-queue-messages", "2",
            "--limit-input-buffer", "1KiB")
    }
    @Test("An idle socket is closed with 1001") func idle() async throws {
        try await check("--ws-idle-timeout", "300ms", "--ws-ping-interval", "off")
    }
    @Test("A handshake that is not answered: 503") func handshakeIsUnanswered() async throws {
        try await check("--ws-handshake-timeout", "300ms")
    }
    @Test("Too many sockets: 503") func tooMany() async throws { try await check("--ws-connections", "2") }
    @Test("Only pages of some origins may open a socket") func origins() async throws {
        try await check("--ws-origin", "https://good.test", "--ws-origin", "http://localhost:3000")
    }
    @Test("A slow reader holds no memory") func slowReader() async throws { try await check() }
    @Test("Pings of a client that does not read hold no memory") func pingsWithoutReading() async throws {
        try await check()
    }
    @Test("A bomb is closed with 1009") func bomb() async throws { try await check() }
    @Test("At shutdown every client is told 1001") func shutdown() async throws { try await check(exits: 0) }
}
