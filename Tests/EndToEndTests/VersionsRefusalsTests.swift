import Testing

@Suite("The same over every version of HTTP: limits and times")
struct VersionsRefusalsTests {
    // MARK: Limits

    @Test("Content: 413") func content() async throws { try await check("--limit-body", "1000", tls: true) }
    @Test("Fields and trailers: 431") func fields() async throws {
        try await check(
            "--limit-header-size", "1000", "--limit-header-count", "20", "--limit-trailer-size", "100", tls: true)
    }
    @Test("Another host: 421") func host() async throws {
        try await check("--server-name", "a.example", "--server-name", "*.b.example", tls: true)
    }
    @Test("An unknown expectation: 417, a long method: 501") func expectation() async throws {
        try await check(tls: true)
    }
    @Test("A malformed request never reaches the application") func malformed() async throws {
        try await check(tls: true)
    }
    @Test("Too many connections") func connections() async throws {
        try await check("--limit-connections", "2", tls: true)
    }
    @Test("Requests on a connection") func requests() async throws {
        try await check("--limit-requests", "3", tls: true)
    }
    @Test("Low water marks and a small input buffer") func waterMarks() async throws {
        try await check(
            "--limit-high-water", "4KiB", "--limit-low-water", "1KiB", "--limit-input-buffer", "2KiB", tls: true)
    }

    // MARK: Times

    @Test("Content that stalls: 408") func contentStalls() async throws {
        try await check("--timeout-body", "500ms", tls: true)
    }
    @Test("A slow application is not the client's fault") func slowApplication() async throws {
        try await check("--timeout-body", "300ms", tls: true)
    }
    @Test("Content that trickles: 408") func contentTrickles() async throws {
        try await check("--timeout-body", "500ms", tls: true)
    }
    @Test("Content may trickle without a lowest rate") func contentMayTrickle() async throws {
        try await check("--timeout-body", "1s", "--limit-rate", "off", tls: true)
    }
    @Test("An idle connection is closed") func idle() async throws {
        try await check("--timeout-keep-alive", "500ms", "--timeout-header", "2s", tls: true)
    }
    @Test("An old connection is ended") func connectionAge() async throws {
        try await check("--timeout-connection-age", "2s", tls: true)
    }
    @Test("A client that takes nothing is given up") func responseIsNotTaken() async throws {
        try await check(
            "--timeout-write", "500ms", "--access-log", "stdout", "--access-log-format", "%R %x", tls: true)
    }
    @Test("A client that reads slowly is served") func slowReaderIsServed() async throws {
        try await check("--timeout-write", "500ms", tls: true)
    }
}
