import Testing

@Suite("Requests that break a rule")
struct ErrorsTests {
    @Test("A bad request line: 400") func badRequestLine() async throws { try await check() }
    @Test("A bad field line: 400") func badFields() async throws { try await check() }
    @Test("A bad, missing or second Host: 400") func badHost() async throws { try await check() }
    @Test("A bad Content-Length: 400") func badContentLength() async throws { try await check() }
    @Test("A bad Transfer-Encoding: 400, an unknown coding: 501") func badTransferEncoding() async throws {
        try await check()
    }
    @Test("Bad chunks: 400") func badChunks() async throws { try await check() }
    @Test("Bad trailers: 400") func badTrailers() async throws { try await check() }
    @Test("Bad chunks in the middle of a response cut it off") func badChunksAfterStart() async throws {
        try await check()
    }
    @Test("An unknown expectation: 417") func expectationFailed() async throws { try await check() }
    @Test("Another major version: 505") func versionNotSupported() async throws { try await check() }
    @Test("A method that is too long: 501") func methodTooLong() async throws { try await check() }
    @Test("Refusals over TLS") func errorsOverTls() async throws { try await check(tls: true) }
    @Test("What came before a bad request is answered") func answersBeforeBadRequest() async throws {
        try await check()
    }
    @Test("A refusal reaches a client that goes on sending") func answerSurvivesTheRest() async throws {
        try await check()
    }
}
