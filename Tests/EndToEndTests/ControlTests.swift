import Testing

@Suite("The control socket")
struct ControlTests {
    @Test("The status of a program with workers") func status() async throws { try await checkProgram(workers: 2) }
    @Test("A single process") func statusOfSingle() async throws { try await checkProgram(exits: 0) }
    @Test("Every command") func commands() async throws {
        try await checkProgram("--access-log", "$FOLDER/access.log", workers: 1, exits: 0)
    }
    @Test("What is no command is refused") func refusals() async throws { try await checkProgram(workers: 1) }
    @Test("A program that stops takes no orders") func stopping() async throws {
        try await checkProgram(workers: 1, exits: 0)
    }
    @Test("A client that says nothing or too much is dropped") func badClients() async throws {
        try await checkProgram(workers: 1)
    }
    @Test("The socket is private by default") func isPrivate() async throws { try await checkProgram() }
    @Test("--control-mode") func mode() async throws { try await checkProgram("--control-mode", "0660") }
}
