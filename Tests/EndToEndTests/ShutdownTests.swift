import Testing

@Suite("Shutdown")
struct ShutdownTests {
    @Test("SIGTERM under load loses no request that was accepted") func underLoad() async throws {
        // The clients share a busy machine: none of them is idle because it is slow.
        try await check("--event-loops", "2", "--timeout-shutdown-grace", "3s", tls: true, exits: 0)
    }
    @Test("Connections that were accepted are served") func acceptedAreServed() async throws {
        try await check(exits: 0)
    }
    @Test("Idle connections are closed at once") func idleAtOnce() async throws { try await check(tls: true, exits: 0) }
    @Test("A second signal ends at once") func secondSignal() async throws { try await check(exits: 128 + 15) }
    @Test("SIGINT stops too") func interrupt() async throws { try await check(exits: 0) }
    @Test("The application is told") func filesOfApplication() async throws { try await check(exits: 0) }
    @Test("An application that cannot stop is reported") func applicationFailsToStop() async throws {
        try await check(environment: ["CONFORMANCE_LIFESPAN": "fail-shutdown"], exits: 0)
    }
    @Test("Pipelined requests at shutdown") func pipelinedAtShutdown() async throws { try await check(exits: 0) }
    @Test("Unread content does not hold the server up") func unreadContentAtShutdown() async throws {
        try await check(exits: 0)
    }
}
