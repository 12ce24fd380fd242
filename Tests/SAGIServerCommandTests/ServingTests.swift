import SAGI
import SAGIServer
import Testing

@testable import SAGIServerCommand

@Suite(.serialized) struct ServingTests {
    private func status(
        of application: @autoclosure () async throws -> any Application, _ arguments: [String] = []
    ) async throws -> (status: CInt, sentence: String) {
        var command = ServerCommand(name: "test")
        command.setsUpLogging = false
        let serving = try Serving(command) {
            let parsed = try parse(["--bind", "127.0.0.1:0", "--quiet"] + arguments)
            return Reading(parsed.settings, given: parsed.given, warnings: [])
        }
        do {
            return (try await serving.run(application), "")
        } catch {
            return (Program.exitStatus(error), String(describing: error))
        }
    }

    @Test func `an application that cannot start is exit status 3, with its message`() async throws {
        let application = ClosureApplication { exchange in
            guard case .lifespan(let lifespan) = exchange else { throw Unsupported(exchange) }
            _ = try await lifespan.receive()
            try await lifespan.send(.startupFailed("no database"))
        }
        let (status, sentence) = try await status(of: application)
        #expect(status == 3)
        #expect(sentence.contains("no database"))
    }

    @Test func `an application that cannot be made is exit status 3`() async throws {
        struct NoDatabase: Error {}
        let (status, sentence) = try await status(of: try { throw NoDatabase() }())
        #expect(status == 3)
        #expect(sentence.contains("NoDatabase"))
    }

    @Test func `a certificate that is not there is exit status 2`() async throws {
        let arguments = ["--tls-bind", "127.0.0.1:0", "--tls-cert", "/nonexistent/c", "--tls-key", "/nonexistent/k"]
        let (status, sentence) = try await status(of: ClosureApplication { _ in }, arguments)
        #expect(status == 2)
        #expect(sentence.contains("/nonexistent/c"))
    }

    @Test func `a process number file that cannot be written is exit status 2`() async throws {
        let (status, sentence) = try await status(of: ClosureApplication { _ in }, ["--pid-file", "/nonexistent/pid"])
        #expect(status == 2)
        #expect(sentence == "Cannot write /nonexistent/pid: No such file or directory.")
    }

    @Test func `versions are told with the application's name`() {
        #expect(ServerCommand(name: "shop", version: "1.4").title == "shop 1.4 (sagi \(ServerCommand.sagiVersion))")
        #expect(ServerCommand(name: "shop").title == "shop (sagi \(ServerCommand.sagiVersion))")
    }
}
