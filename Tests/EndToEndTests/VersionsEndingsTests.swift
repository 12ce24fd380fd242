import Testing

@Suite("The same over every version of HTTP: how exchanges and the server end")
struct VersionsEndingsTests {
    // MARK: Exchanges

    @Test("The application sees that its client has gone") func clientLeaves() async throws {
        try await check("--timeout-half-closed", "200ms", tls: true)
    }
    @Test("Cancellation can be turned off") func clientLeavesWithoutCancellation() async throws {
        try await check("--no-cancel", tls: true)
    }
    @Test("A client that goes in the middle of its content") func clientLeavesWhileSending() async throws {
        try await check(tls: true)
    }
    @Test("A client that goes after its content") func clientLeavesAfterSending() async throws {
        try await check(tls: true)
    }
    @Test("The application sees that its response is complete") func completion() async throws {
        try await check(tls: true)
    }

    // MARK: The access log

    @Test("The access log as JSON lines") func logAsJson() async throws {
        try await check(
            "--access-log", "$FOLDER/access.log", "--access-log-format", "json", "--server-name", "127.0.0.1",
            "--server-name", "h.example", "--server-name", "other.test", tls: true)
    }
    @Test("The access log in the combined format") func logCombined() async throws {
        try await check(
            "--access-log", "$FOLDER/access.log", "--access-log-format", "combined", "--server-name", "127.0.0.1",
            "--server-name", "h.example", "--server-name", "other.test", tls: true)
    }

    // MARK: Shutdown

    @Test("What is in flight is answered, idle connections are closed") func shutdown() async throws {
        try await check("--timeout-shutdown-grace", "500ms", tls: true, exits: 0)
    }
    @Test("A request on its way is answered") func lateRequest() async throws {
        try await check("--timeout-shutdown-grace", "2s", tls: true, exits: 0)
    }
    @Test("What takes longer than the timeout is ended") func shutdownInTime() async throws {
        try await check(
            "--timeout-shutdown", "500ms", "--access-log", "$FOLDER/access.log", "--access-log-format", "%U %x",
            tls: true, exits: 0)
    }
}
