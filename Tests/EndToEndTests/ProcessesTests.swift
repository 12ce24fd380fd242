import Testing

@Suite("A single process, and its successor")
struct ProcessesTests {
    @Test("SIGHUP has a new process take over, and loses nothing") func hangup() async throws {
        try await checkProgram(exits: 0)
    }
    @Test("SIGUSR2 does, too") func user2() async throws { try await checkProgram(exits: 0) }
    @Test("The file of a Unix socket stays, and goes with the last process") func unixSocket() async throws {
        try await checkProgram(binds: ["--bind", "unix:$FOLDER/socket"], exits: 0)
    }
    @Test("A successor that finds a broken configuration leaves the old process serving")
    func successorIsMisconfigured() async throws {
        try await checkProgram(
            "--config", "$FOLDER/sagi.yaml", binds: [], launcher: ["python3", "$CLIENTS/launcher.py", "configuration"],
            exits: 0)
    }
    @Test("A successor whose application cannot start leaves the old process serving, with its files")
    func successorCannotStart() async throws {
        try await checkProgram(
            binds: ["--bind", "unix:$FOLDER/socket"], environment: ["CONFORMANCE_LIFESPAN": "fail:$FOLDER/broken"],
            exits: 0)
    }
    @Test("A second signal while a successor starts starts no other one") func oneSuccessor() async throws {
        try await checkProgram(exits: 0)
    }
    @Test("SIGTERM ends a successor that starts, too") func stoppedWithItsSuccessor() async throws {
        try await checkProgram(exits: 0)
    }
    @Test("A successor that is killed leaves the old process serving") func killedSuccessor() async throws {
        try await checkProgram()
    }
    @Test("SIGQUIT ends at once, and tells the application") func quit() async throws {
        try await checkProgram(exits: 0)
    }
    @Test("A program whose terminal is closed stops") func terminalIsClosed() async throws { try await checkAlone() }
    @Test("SIGTERM while the application starts") func terminateDuringStartup() async throws { try await checkAlone() }
    @Test("A successor gets the listening sockets and no connection of a client") func descriptors() async throws {
        try await checkProgram(exits: 0)
    }
    @Test("A successor is what the path of the program leads to by then") func newRelease() async throws {
        try await checkAlone()
    }
    @Test("--umask") func mask() async throws {
        try await checkProgram("--umask", "0027", "--access-log", "$FOLDER/access.log")
    }
    @Test("--working-directory") func workingDirectory() async throws {
        try await check(
            "--working-directory", "$FOLDER", "--pid-file", "pid", "--access-log", "access.log", "--bind",
            "unix:socket")
    }
    @Test("--user, with workers and without", .enabled(if: ProcessTable.isRoot)) func anotherUser() async throws {
        try await checkAlone()
    }
    @Test("The first process of a container", .enabled(if: ProcessTable.hasNamespaces))
    func firstProcess() async throws { try await checkAlone() }

    @Test("A user, a group or a directory that cannot be used ends the start with a sentence")
    func badIdentity() async throws {
        try await expectEnd(["--user", "no-such-user"], status: 2, ["no-such-user"])
        try await expectEnd(["--group", "no-such-group"], status: 2, ["no-such-group"])
        try await expectEnd(["--working-directory", "/none/such"], status: 2, ["/none/such"])
        try await expectEnd(
            ["--bind", "127.0.0.1:0", "--control-socket", "/none/such"], status: 2, ["/none/such"])
        try await expectEnd(
            ["--bind", "127.0.0.1:0", "--workers", "1", "--control-socket", "/none/such"], status: 2, ["/none/such"])
        try await expectEnd(
            ["--bind", "127.0.0.1:0", "--workers", "1", "--pid-file", "/none/such"], status: 2, ["/none/such"])
    }
}
