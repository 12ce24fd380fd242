package import SAGI
import SAGIServer

/// One run of a program that serves, as the process that it is: alone, a supervisor, or a worker of one.
package struct Serving: Sendable {
    private let command: ServerCommand
    private let reading: Reading
    private let read: @Sendable () throws -> Reading

    /// - Parameter read: reads the options of the program, now and each time when it is told to.
    package init(_ command: ServerCommand, read: @escaping @Sendable () throws -> Reading) throws {
        self.command = command
        self.read = read
        reading = try read()
    }

    /// Builds a program, has it serve, and does so again when its sources change, until it is told to stop.
    ///
    /// - Parameters:
    ///   - build: how it is built.
    ///   - arguments: what it is told.
    ///   - placeholder: a program that serves until it has been built.
    /// - Returns: the exit status of the program.
    package func develop(_ build: PackageBuild, _ arguments: [String], placeholder: [String]) async throws -> CInt {
        let launch = try Launch(command, reading, handover: Handover.take(), read: read)
        launch.warn()
        let start = launch.start
        let program = ProgramStart(
            executable: build.executable, arguments: [build.product] + arguments, directory: start.directory)
        let waiting = ProgramStart(
            executable: start.executable, arguments: ["sagi"] + placeholder, directory: start.directory)
        return try await Supervisor(launch, .init(build: build, program: program, placeholder: waiting)).run()
    }

    /// Serves as a worker while there is nothing else to serve.
    package func waitForBuild() async throws -> CInt {
        guard let handover = Handover.take(), let number = handover.worker else { return 2 }
        let news = BuildNews()
        let launch = try Launch(command, reading, handover: handover, read: read)
        return try await WorkerProcess(launch, handover, number: number, news: news).run { BuildPage(news) }
    }

    /// Serves until the program is told to stop.
    ///
    /// - Returns: the exit status of the program.
    package func run(_ makeApplication: () async throws -> any Application) async throws -> CInt {
        let handover = Handover.take()
        let launch = try Launch(command, reading, handover: handover, read: read)
        if let handover, let number = handover.worker {
            return try await WorkerProcess(launch, handover, number: number).run(makeApplication)
        }
        launch.warn()
        if launch.configuration.reload.isEnabled {
            let build = try PackageBuild(of: launch.start)
            return try await Supervisor(launch, .init(build: build, program: launch.start, placeholder: nil)).run()
        }
        if launch.configuration.processes.workers != nil { return try await Supervisor(launch).run() }
        return try await SingleProcess(launch).run(makeApplication)
    }
}
