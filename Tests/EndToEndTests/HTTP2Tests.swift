import Testing

@Suite("HTTP/2")
struct HTTP2Tests {
    // MARK: Requests and responses

    @Test("A request is answered, in cleartext and over TLS") func hello() async throws { try await check(tls: true) }
    @Test("Pseudo-header fields, crumbs and large fields") func headFields() async throws { try await check(tls: true) }
    @Test("Methods") func methods() async throws { try await check() }
    @Test("Informational responses, and 100 when the content is wanted") func informational() async throws {
        try await check()
    }
    @Test("Trailers both ways") func trailers() async throws { try await check() }
    @Test("Content far beyond the windows, both ways") func large() async throws { try await check(tls: true) }
    @Test("More at once than a connection takes") func manyAtOnce() async throws { try await check(tls: true) }
    @Test("A slow response holds up no other") func concurrent() async throws { try await check() }
    @Test("A huge download does not delay small responses") func fair() async throws { try await check() }
    @Test("An application that throws") func errors() async throws { try await check() }
    @Test("What the server refuses") func refusals() async throws {
        try await check(
            "--limit-body", "1KiB", "--limit-header-size", "2KiB", "--server-name", "example.org")
    }
    @Test("A malformed request ends its stream alone") func malformed() async throws { try await check() }

    // MARK: Others

    @Test("curl") func curl() async throws { try await check(tls: true) }
    @Test("Upgrade: h2c") func upgrade() async throws { try await check() }
    @Test("httpx") func httpxClient() async throws { try await check(tls: true) }
    @Test("It can be turned off") func off() async throws { try await check("--no-http2", tls: true) }

    // MARK: Streams and connections

    @Test("Event streams") func eventStream() async throws { try await check(tls: true) }
    @Test("A stream that its client gives up") func cancel() async throws {
        try await check("--access-log", "stdout", "--access-log-format", "json")
    }
    @Test("A response that does not want the content") func earlyAnswer() async throws { try await check() }
    @Test("A slow reader holds no memory") func slowReader() async throws { try await check() }
    @Test("A slow application lets the client wait") func slowApplication() async throws { try await check() }
    @Test("A window that stays shut") func stalledWindow() async throws { try await check("--timeout-write", "1s") }
    @Test("Content that does not come") func slowContent() async throws { try await check("--timeout-body", "500ms") }
    @Test("An idle connection is closed") func idle() async throws {
        try await check("--timeout-keep-alive", "500ms", "--timeout-header", "500ms")
    }
    @Test("A client that says nothing is asked, and left") func ping() async throws {
        try await check(
            "--http2-ping-interval", "200ms", "--http2-ping-timeout", "400ms", "--access-log", "stdout",
            "--access-log-format", "json")
    }
    @Test("Settings that are not acknowledged") func settingsTimeout() async throws {
        try await check("--timeout-handshake", "500ms")
    }
    @Test("An old connection is ended") func connectionAge() async throws {
        try await check("--timeout-connection-age", "500ms")
    }
    @Test("A connection serves so many requests") func requestsPerConnection() async throws {
        try await check("--limit-requests", "3")
    }
    @Test("What is in flight is answered at shutdown") func shutdown() async throws {
        try await check(tls: true, exits: 0)
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
    @Test("Compressed messages") func webSocketDeflate() async throws { try await check() }
    @Test("WebSockets that are not opened") func webSocketRefused() async throws { try await check() }
}
