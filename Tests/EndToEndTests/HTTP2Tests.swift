import Testing

@Suite("HTTP/2")
struct HTTP2Tests {
    // MARK: Requests and responses

    @Test("More at once than a connection takes") func manyAtOnce() async throws { try await check(tls: true) }
    @Test("A slow response holds up no other") func concurrent() async throws { try await check() }
    @Test("A huge download does not delay small responses") func fair() async throws { try await check() }
    @Test("A malformed request ends its stream alone") func malformed() async throws { try await check() }
    @Test("CONNECT is not implemented") func connect() async throws { try await check() }

    // MARK: Others

    @Test("curl") func curl() async throws { try await check(tls: true) }
    @Test("Upgrade: h2c") func upgrade() async throws { try await check() }
    @Test("httpx") func httpxClient() async throws { try await check(tls: true) }
    @Test("It can be turned off") func off() async throws { try await check("--no-http2", tls: true) }

    // MARK: Streams and connections

    @Test("A preface that is never whole") func prefaceStalls() async throws {
        try await check("--timeout-header", "500ms")
    }
    @Test("A slow reader holds no memory") func slowReader() async throws { try await check() }
    @Test("A slow application lets the client wait") func slowApplication() async throws { try await check() }
    @Test("A window that stays shut") func stalledWindow() async throws { try await check("--timeout-write", "1s") }
    @Test("A client that says nothing is asked, and left") func ping() async throws {
        try await check(
            "--http2-ping-interval", "200ms", "--http2-ping-timeout", "400ms", "--access-log", "stdout",
            "--access-log-format", "json")
    }
    @Test("Settings that are not acknowledged") func settingsTimeout() async throws {
        try await check("--timeout-handshake", "500ms")
    }

    // MARK: Attacks

    @Test("Rapid reset") func rapidReset() async throws { try await check() }
    @Test("Streams that the server is made to reset") func madeYouReset() async throws { try await check() }
    @Test("Header blocks without an end") func continuationFlood() async throws { try await check() }
    @Test("Floods of control frames") func controlFloods() async throws { try await check() }
    @Test("Header blocks that decode to far more than they are") func hpackBomb() async throws { try await check() }
    @Test("Answers that are never read") func unreadAnswers() async throws { try await check() }
    @Test("More streams than allowed") func tooManyStreams() async throws { try await check("--http2-streams", "10") }

    // MARK: WebSockets

    @Test("WebSockets over streams") func webSocket() async throws { try await check(tls: true) }
    @Test("WebSockets that are not opened") func webSocketRefused() async throws { try await check() }
}
