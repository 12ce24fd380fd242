import Testing

@Suite("Timeouts and disconnects")
struct TimeoutsTests {
    @Test("A head that trickles: 408") func headerTrickle() async throws { try await check("--timeout-header", "1s") }
    @Test("A head that stalls: 408") func headerStall() async throws { try await check("--timeout-header", "1s") }
    @Test("The second head has its own time") func headerStallOfSecond() async throws {
        try await check("--timeout-header", "1s")
    }
    @Test("Chunks that stall: 408") func bodyStall() async throws { try await check("--timeout-body", "1s") }
    @Test("A reader that trickles is reset") func readTrickle() async throws {
        try await check("--timeout-write", "1s", "--access-log", "stdout", "--access-log-format", "%U %x")
    }
    @Test("Unread content that stalls closes") func drainStall() async throws {
        try await check("--timeout-body", "1s")
    }
    @Test("A half-closed client is given up") func halfClosed() async throws {
        try await check("--timeout-half-closed", "500ms")
    }
    @Test("The server does not wait long for the client to close") func linger() async throws {
        try await check("--timeout-linger", "500ms")
    }
    @Test("The same over TLS") func lingerOverTls() async throws {
        try await check("--timeout-linger", "500ms", tls: true)
    }
    @Test("A TLS handshake that stalls is cut off") func handshake() async throws {
        try await check("--timeout-handshake", "1s", tls: true)
    }
    @Test("Timeouts can be turned off") func timeoutsOff() async throws {
        try await check(
            "--timeout-header", "off", "--timeout-body", "off", "--timeout-keep-alive", "off", "--timeout-write", "off",
            "--timeout-half-closed", "off", "--timeout-handshake", "off", "--timeout-connection-age", "off")
    }
}
