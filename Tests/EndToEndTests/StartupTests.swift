import Testing

@Suite("Startup and options")
struct StartupTests {
    @Test("An application that cannot start ends the start") func startupFails() async throws {
        try await expectEnd(
            ["--bind", "127.0.0.1:0"], status: 3, environment: ["CONFORMANCE_LIFESPAN": "fail"],
            ["The database is not there."])
    }
    @Test("An application that does not start in time ends the start") func startupHangs() async throws {
        try await expectEnd(
            ["--bind", "127.0.0.1:0", "--timeout-startup", "500ms"], status: 3,
            environment: ["CONFORMANCE_LIFESPAN": "hang"], ["did not start within"])
    }
    @Test("Declining the lifespan is an error where it is required") func lifespanRequired() async throws {
        try await expectEnd(
            ["--bind", "127.0.0.1:0", "--lifespan", "on"], status: 3,
            environment: ["CONFORMANCE_LIFESPAN": "decline"], ["declined the lifespan"])
    }
    @Test("Declining the lifespan is no error") func lifespanDeclined() async throws {
        try await check(environment: ["CONFORMANCE_LIFESPAN": "decline"])
    }
    @Test("Without a lifespan there is no state") func lifespanOff() async throws {
        try await check("--lifespan", "off")
    }
    @Test("The root path") func rootPath() async throws { try await check("--root-path", "/app") }
    @Test("Server and Date can be left out") func serverFieldOff() async throws {
        try await check("--server-field", "off", "--no-date")
    }
    @Test("Server and Alt-Svc can be set") func serverField() async throws {
        try await check("--server-field", "shop/1", "--alt-svc", #"h3=":443""#)
    }
    @Test("The application on the global pool") func runOnGlobalPool() async throws {
        try await check("--run-on", "global-pool")
    }
    @Test("Quiet, with a file for the process number") func quiet() async throws { try await check() }
    @Test("The level of the log") func logLevel() async throws { try await check("--log-level", "debug") }
    @Test("Mistakes of clients are no errors") func noErrorsOfClients() async throws { try await check() }
    @Test("Environment variables") func environment() async throws {
        try await check(
            "--server-field", "flag", environment: ["SAGI_LIMIT_BODY": "5", "SAGI_SERVER_FIELD": "variable"])
    }
    @Test("A configuration file") func configurationFile() async throws {
        try await check(
            "--config", "$FOLDER/sagi.yaml", binds: [], environment: ["SAGI_SERVER_FIELD": "variable"],
            launcher: ["python3", "$CLIENTS/launcher.py", "configuration"])
    }

    @Test("An option that is unknown or invalid ends the start with a sentence")
    func badOptions() async throws {
        try await expectEnd(["--limit-bdy", "5"], status: 2, ["--limit-bdy", "--limit-body"])
        try await expectEnd(["--limit-body", "much"], status: 2, ["--limit-body", "much"])
        try await expectEnd(["--timeout-header", "5 parsecs"], status: 2, ["--timeout-header", "5 parsecs"])
        try await expectEnd(["--lifespan", "maybe"], status: 2, ["--lifespan", "auto", "on", "off"])
        try await expectEnd([], status: 2, environment: ["SAGI_LIMIT_BODY": "much"], ["SAGI_LIMIT_BODY", "much"])
        try await expectEnd(["--config", "/none/such.yaml"], status: 2, ["/none/such.yaml"])
    }

    @Test("--help and --version") func help() async throws {
        try await expectEnd(["--help"], status: 0, ["--bind", "--tls-cert", "SAGI_"])
        try await expectEnd(["--version"], status: 0, ["Conformance"])
    }
}
