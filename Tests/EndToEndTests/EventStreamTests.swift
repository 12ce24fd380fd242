import Testing

@Suite("Event streams, over every version of HTTP")
struct EventStreamTests {
    @Test("Each event is sent at once") func events() async throws { try await check(tls: true) }
    @Test("Accept asks for a stream") func detection() async throws { try await check(tls: true) }
    @Test("A stream that is not served may be plain HTTP, with all of its content") func unsupported() async throws {
        try await check(tls: true)
    }
    @Test("Lines are split as clients join them") func lines() async throws { try await check(tls: true) }
    @Test("A stream can be asked for with content") func content() async throws { try await check(tls: true) }
    @Test("An application that breaks a rule is told") func misuse() async throws { try await check(tls: true) }
    @Test("A stream can be declined, and goes on where it was") func decline() async throws {
        try await check(tls: true)
    }
    @Test("Silence is broken with comments") func keepalive() async throws {
        try await check("--sse-keepalive", "200ms", tls: true)
    }
    @Test("An idle stream is ended") func idle() async throws {
        try await check("--sse-idle-timeout", "300ms", "--sse-keepalive", "100ms", tls: true)
    }
    @Test("The application sees that its client has gone") func disconnect() async throws {
        try await check("--timeout-half-closed", "200ms", tls: true)
    }
    @Test("A stream that fails is cut off") func failure() async throws { try await check(tls: true) }
    @Test("A slow reader holds no memory") func slowReader() async throws { try await check(tls: true) }
    @Test("At shutdown streams end") func shutdown() async throws { try await check(tls: true, exits: 0) }
}
