import Testing

@Suite("Limits")
struct LimitsTests {
    @Test("The request line: 414") func requestLine() async throws { try await check("--limit-request-line", "100") }
    @Test("The header section: 431") func headerSize() async throws { try await check("--limit-header-size", "1000") }
    @Test("The header section by default") func headerSizeDefault() async throws { try await check() }
    @Test("Trailers: 431") func trailerSize() async throws { try await check("--limit-trailer-size", "100") }
    @Test("Chunk extensions: 400") func chunkExtensions() async throws {
        try await check("--limit-chunk-extensions", "100")
    }
    @Test("Content to drain") func drain() async throws { try await check("--limit-drain", "1000") }
    @Test("Requests on a connection") func requests() async throws { try await check("--limit-requests", "3") }
    @Test("Low water marks and a small input buffer") func waterMarks() async throws {
        try await check(
            "--limit-high-water", "4KiB", "--limit-low-water", "1KiB", "--limit-input-buffer", "2KiB", tls: true)
    }
    @Test("Another host: 421") func hostNotServed() async throws {
        try await check("--server-name", "a.example", "--server-name", "*.b.example")
    }
}
