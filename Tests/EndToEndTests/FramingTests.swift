import Testing

@Suite("Framing, seen by independent clients")
struct FramingTests {
    @Test("The greeting is exact, byte for byte") func helloExact() async throws { try await check() }
    @Test("Content of unknown length is chunked") func chunkedExact() async throws { try await check() }
    @Test("HTTP/1.0 closes after the response") func http10Closes() async throws { try await check() }
    @Test("HTTP/1.0 keeps the connection when asked to") func http10KeepAlive() async throws { try await check() }
    @Test("A higher minor version is served as 1.1") func higherMinorVersion() async throws { try await check() }
    @Test("Connection: close closes") func connectionClose() async throws { try await check() }
    @Test("Pipelined requests are answered in order") func pipelining() async throws { try await check() }
    @Test("Requests may come byte by byte") func pipelinedByteByByte() async throws { try await check() }
    @Test("The absolute form replaces Host") func absoluteForm() async throws { try await check() }
    @Test("Asterisk and authority form have their methods") func asteriskAndAuthorityForm() async throws {
        try await check()
    }
    @Test("Header fields reach the application") func headerFields() async throws { try await check() }
    @Test("A chunked request is decoded") func chunkedRequest() async throws { try await check() }
    @Test("Trailers are for those who ask") func trailersForThoseWhoAsk() async throws { try await check() }
    @Test("A request's trailers reach the application") func requestTrailers() async throws { try await check() }
    @Test("Early hints come before the response") func earlyHints() async throws { try await check() }
    @Test("100 is not sent when the content is there") func noContinueWhenContentCame() async throws {
        try await check()
    }
    @Test("100 is not sent when the content is not wanted") func noContinueWhenNotWanted() async throws {
        try await check()
    }
    @Test("Empty lines before a request are skipped") func emptyLinesBeforeRequest() async throws { try await check() }
    @Test("A bare LF is accepted where that is allowed") func bareLineFeedAllowed() async throws {
        try await check("--allow-bare-lf")
    }
    @Test("Unread content is drained") func unreadContentIsDrained() async throws { try await check() }
    @Test("Much unread content closes the connection") func unreadContentCloses() async throws { try await check() }
    @Test("A half-closed client gets its answer") func halfClose() async throws { try await check() }
    @Test("A request that breaks off is not served") func halfCloseInHead() async throws { try await check() }
    @Test("An error after the start cuts the response off") func errorAfterStart() async throws {
        try await check(tls: true)
    }
}
