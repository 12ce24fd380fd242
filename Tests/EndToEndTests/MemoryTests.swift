import Testing

@Suite("Memory stays flat")
struct MemoryTests {
    @Test("A download to a slow reader") func downloadToSlowReader() async throws { try await check() }
    @Test("The same over TLS") func downloadToSlowReaderOverTls() async throws { try await check(tls: true) }
    @Test("An upload to a slow application") func uploadToSlowApplication() async throws {
        try await check("--limit-body", "off")
    }
    @Test("The same over TLS") func uploadToSlowApplicationOverTls() async throws {
        try await check("--limit-body", "off", tls: true)
    }
    @Test("An upload that nobody reads") func uploadThatNobodyReads() async throws {
        try await check("--limit-body", "off")
    }
    @Test("An echo to a client that only sends") func echoWithoutReader() async throws {
        try await check("--limit-body", "off")
    }
    @Test("Requests from a client that does not read") func pipelinedWithoutReader() async throws { try await check() }
    @Test("Many requests") func manyRequests() async throws { try await check() }
}
