import Testing

@Suite("WebSockets that break a rule, say nothing, or are too much, over every version of HTTP")
struct WebSocketBoundsTests {
    @Test("A Close that is not answered ends in time") func closeIsUnanswered() async throws {
        try await check("--ws-close-timeout", "300ms", "--timeout-linger", "500ms", tls: true)
    }
    @Test("Whoever breaks a rule is told which") func violations() async throws {
        try await check("--ws-frame-size", "4KiB", "--ws-message-size", "2KiB", tls: true)
    }
    @Test("Messages before a violation or a Close are answered") func messageBeforeViolation() async throws {
        try await check(tls: true)
    }
    @Test("A client that says nothing is asked, and left") func keepalive() async throws {
        try await check("--ws-ping-interval", "500ms", "--ws-ping-timeout", "600ms", tls: true)
    }
    @Test("An application sets its own keepalive") func keepaliveOfApplication() async throws {
        try await check("--ws-ping-interval", "off", tls: true)
    }
    @Test("A slow application does not cost its client the socket") func slowApplicationKeepsItsClient() async throws {
        try await check(
            "--ws-ping-interval", "100ms", "--ws-ping-timeout", "500ms", "--ws-queue-messages", "2",
            "--limit-input-buffer", "1KiB", tls: true)
    }
    @Test("An idle socket is closed with 1001") func idle() async throws {
        try await check("--ws-idle-timeout", "800ms", "--ws-ping-interval", "off", tls: true)
    }
    @Test("A handshake that is not answered: 503") func handshakeIsUnanswered() async throws {
        try await check("--ws-handshake-timeout", "300ms", tls: true)
    }
    @Test("Too many sockets: 503") func tooMany() async throws { try await check("--ws-connections", "2", tls: true) }
    @Test("A slow reader holds no memory") func slowReader() async throws { try await check(tls: true) }
    @Test("Pings of a client that does not read hold no memory") func pingsWithoutReading() async throws {
        try await check()
    }
    @Test("A bomb is closed with 1009") func bomb() async throws { try await check(tls: true) }
}
