import Testing

@Suite("Clients of other people")
struct OthersTests {
    @Test("curl") func curlRequests() async throws { try await check(tls: true) }
    @Test("Python's http.client") func httpClient() async throws { try await check(tls: true) }
    @Test("httpx") func httpxClient() async throws { try await check(tls: true) }
}
