import Testing

@Suite("Restarts of a program with workers")
struct RestartsTests {
    private static let breakable = ["CONFORMANCE_LIFESPAN": "fail:$FOLDER/broken"]
    private static let configured = ["python3", "$CLIENTS/launcher.py", "supervised"]
    private static let two = ["--bind", "127.0.0.1:0", "--bind", "unix:$FOLDER/socket"]

    @Test("SIGHUP replaces every worker, and loses nothing") func hangup() async throws {
        try await checkProgram(workers: 2)
    }
    @Test("SIGHUP in quick succession") func hangupAgain() async throws { try await checkProgram(workers: 2) }
    @Test("A configuration that cannot be used changes nothing") func misconfigured() async throws {
        try await checkProgram("--config", "$FOLDER/sagi.yaml", binds: [], launcher: Self.configured)
    }
    @Test("SIGHUP takes a configuration that has changed") func reconfigured() async throws {
        try await checkProgram("--config", "$FOLDER/sagi.yaml", binds: [], launcher: Self.configured)
    }
    @Test("When new workers cannot start, the old ones go on") func replacementCannotStart() async throws {
        try await checkProgram(workers: 2, environment: Self.breakable)
    }
    @Test("SIGUSR2 replaces the supervisor and its workers, and loses nothing") func user2() async throws {
        try await checkProgram(workers: 2, binds: Self.two, exits: 0)
    }
    @Test("When the new program cannot start, the old one goes on") func user2Fails() async throws {
        try await checkProgram(workers: 2, binds: Self.two, environment: Self.breakable, exits: 0)
    }
    @Test("SIGTERM ends a successor that starts, too") func user2AndTerminate() async throws {
        try await checkProgram(workers: 2, exits: 0)
    }
}
