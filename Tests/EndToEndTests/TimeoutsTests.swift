import Testing

@Suite("Timeouts and disconnects")
struct TimeoutsTests {
    @Test("A head that trickles: 408") func headerTrickle() async throws { try await check("--timeout-header", "1s") }
    @Test("A head that stalls: 408") func headerStall() async throws { try await check("--timeout-header", "1s") }
    @Test("The second head has its own time") func headerStallOfSecond() async throws {
        try await check("--timeout-header", "1s")
    }
    @Test("Content that stalls: 408") func bodyStall() async throws { try await check("--timeout-body", "1s") }
    @Test("Content that trickles: 408") func bodyTrickle() async throws { try await check("--timeout-body", "1s") }
    @Test("Content may trickle without a lowest rate") func bodyTrickleAllowed() async throws {
        try await check("--timeout-body", "1s", "--limit-rate", "off")
    }
    @Test("A reader that trickles is reset") func readTrickle() async throws {
        try await check("--timeout-write", "1s", "--access-log", "stdout", "--access-log-format", "%U %x")
    }
    @Test("Content that stalls in a response cuts it off") func bodyStallAfterStart() async throws {
        try await check("--timeout-body", "1s")
    }
    @Test("A slow application is not the client's fault") func bodyTimeOfApplication() async throws {
        try await check("--timeout-body", "1s")
    }
    @Test("Unread content that stalls closes") func drainStall() async throws {
        try await check("--timeout-body", "1s")
    }
    @Test("An idle connection is closed") func keepAlive() async throws {
        try await check("--timeout-keep-alive", "1s")
    }
    @Test("A client that does not read is reset") func writeStall() async throws {
        try await check(
            "--timeout-write", "1s", "--access-log", "stdout", "--access-log-format", "%U %x", tls: true)
    }
    @Test("A client that reads slowly is served") func slowReaderIsServed() async throws {
        try await check("--timeout-write", "1s", tls: true)
    }
    @Test("A half-closed client is given up") func halfClosed() async throws {
        try await check("--timeout-half-closed", "500ms")
    }
    @Test("The application sees that its client has gone") func disconnectIsSeen() async throws {
        try await check(tls: true)
    }
    @Test("Cancellation can be turned off") func disconnectWithoutCancellation() async throws {
        try await check("--no-cancel")
    }
    @Test("The application sees that its response is complete") func completionIsSeen() async throws {
        try await check()
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
