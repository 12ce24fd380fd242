import Testing

@Suite("Service managers")
struct ServiceManagerTests {
    @Test("What a single process tells") func notified() async throws { try await checkAlone() }
    @Test("What a supervisor tells, and that no worker can") func notifiedWithWorkers() async throws {
        try await checkAlone()
    }
    @Test("The watchdog is fed while the event loops go round") func watchdog() async throws { try await checkAlone() }
    @Test("The supervisor feeds the watchdog") func watchdogWithWorkers() async throws { try await checkAlone() }
    @Test("A watchdog of another process is not fed") func watchdogOfAnother() async throws { try await checkAlone() }
    @Test("Sockets of a service manager come to all workers, and to a successor") func activated() async throws {
        try await checkProgram(
            workers: 2, binds: [], launcher: ["python3", "$CLIENTS/launcher.py", "activation"], exits: 0)
    }
    @Test("A socket of a service manager that a listener names") func activatedAtAnAddress() async throws {
        try await checkProgram(binds: [], launcher: ["python3", "$CLIENTS/launcher.py", "address"], exits: 0)
    }
    @Test("A socket of a service manager outlives the program, and its successor") func activatedGoesOn() async throws {
        try await checkAlone()
    }
}
