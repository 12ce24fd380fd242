import Testing

@Suite("A supervisor and its workers")
struct WorkersTests {
    /// A program with two workers, at a port and at a Unix socket.
    private static let two = ["--bind", "127.0.0.1:0", "--bind", "unix:$FOLDER/socket"]
    private static let session = ["python3", "$CLIENTS/launcher.py", "session"]

    @Test("Each worker serves, and the supervisor does not") func eachServes() async throws {
        try await checkProgram(workers: 3)
    }
    @Test("Connections are spread evenly") func even() async throws { try await checkProgram(workers: 4) }
    @Test("A socket for each worker") func reusePort() async throws {
        try await checkProgram("--reuse-port", workers: 3)
    }
    @Test("SIGTERM ends every worker, each application is shut down once, and nothing is left")
    func terminate() async throws { try await checkProgram(workers: 2, binds: Self.two, exits: 0) }
    @Test("SIGINT does, too") func interrupt() async throws {
        try await checkProgram(workers: 2, binds: Self.two, exits: 0)
    }
    @Test("SIGTERM to all processes at once is the same") func terminateGroup() async throws {
        try await checkProgram(workers: 2, binds: Self.two, launcher: Self.session, exits: 0)
    }
    @Test("SIGINT to all processes at once is the same") func interruptGroup() async throws {
        try await checkProgram(workers: 2, binds: Self.two, launcher: Self.session, exits: 0)
    }
    @Test("A second signal ends all workers at once") func secondSignal() async throws {
        try await checkProgram(workers: 2, binds: Self.two, exits: 128 + 15)
    }
    @Test("SIGQUIT after SIGTERM does, too") func quitAfterTerminate() async throws {
        try await checkProgram(workers: 2, binds: Self.two, exits: 128 + 3)
    }
    @Test("SIGQUIT cuts off what runs, and tells each application") func quit() async throws {
        try await checkProgram(workers: 2, binds: Self.two, exits: 0)
    }
    @Test("SIGTERM while workers start") func terminateDuringStartup() async throws { try await checkAlone() }
    @Test("SIGTTIN and SIGTTOU change how many there are, down to one") func scale() async throws {
        try await checkProgram(workers: 2)
    }
    @Test("SIGUSR1 opens the access log again in all workers") func reopenLogs() async throws {
        try await checkProgram("--access-log", "$FOLDER/access.log", workers: 2, exits: 0)
    }
    @Test("Every process knows the whole configuration") func configuration() async throws {
        try await checkProgram(
            "--config", "$FOLDER/sagi.yaml", "--log-level", "trace", "--tls-bind", "127.0.0.1:0", "--tls-cert",
            "$CERTS/server.pem", "--tls-key", "$CERTS/server.key", "--worker-max-requests", "1000",
            "--limit-header-count",
            "77", workers: 2, binds: ["--bind", "127.0.0.1:0"],
            environment: [
                "SAGI_SERVER_FIELD": "variable", "SAGI_TIMEOUT_KEEP_ALIVE": "33s",
                "SAGI_TLS_KEY_PASSWORD": "quite secret",
            ],
            launcher: ["python3", "$CLIENTS/launcher.py", "configuration"])
    }
}
