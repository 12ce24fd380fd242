import Testing

@Suite("Workers that fail, or have served enough")
struct WorkerFailuresTests {
    /// The application cannot start while there is such a file.
    private static let breakable = ["CONFORMANCE_LIFESPAN": "fail:$FOLDER/broken"]

    @Test("A worker that is killed is replaced, and nobody is refused") func killed() async throws {
        try await checkProgram(workers: 2)
    }
    @Test("A worker that crashes again and again is started later and later") func crashLoop() async throws {
        try await checkProgram(workers: 1)
    }
    @Test("A worker that cannot start any more is tried again later and later") func failsLater() async throws {
        try await checkProgram(workers: 2, environment: Self.breakable)
    }
    @Test("When the supervisor is killed, its workers end by themselves") func supervisorKilled() async throws {
        try await checkProgram(workers: 2, exits: 128 + 9)
    }
    @Test("A worker whose event loop is blocked is replaced") func blocked() async throws {
        try await checkProgram("--heartbeat-timeout", "1s", workers: 2)
    }
    @Test("A worker that is halted is replaced") func halted() async throws {
        try await checkProgram("--heartbeat-timeout", "1s", workers: 2)
    }
    @Test("A worker without descriptors waits for some, and does so idly") func noDescriptors() async throws {
        try await checkProgram(workers: 1, launcher: ["python3", "$CLIENTS/launcher.py", "poor"])
    }
    @Test("A worker that has served so many requests is replaced") func maxRequests() async throws {
        try await checkProgram("--worker-max-requests", "150", workers: 2)
    }
    @Test("A worker of that age is replaced") func maxAge() async throws {
        try await checkProgram("--worker-max-age", "1500ms", workers: 2)
    }
    @Test("A worker that takes so much memory is replaced") func maxMemory() async throws {
        try await checkProgram("--worker-max-memory", "160MiB", workers: 2)
    }

    @Test("When no worker can start, the program ends with their status and their reason")
    func noneStarts() async throws {
        let flags = ["--bind", "127.0.0.1:0", "--workers", "2"]
        try await expectEnd(
            flags, status: 3, environment: ["CONFORMANCE_LIFESPAN": "fail"],
            ["The database is not there.", "No worker can start"])
        try await expectEnd(
            flags + ["--access-log", "/none/such.log"], status: 2, ["/none/such.log", "No worker can start"])
    }
}
