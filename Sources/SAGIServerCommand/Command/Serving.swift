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
        if launch.configuration.processes.workers != nil { return try await Supervisor(launch).run() }
        return try await SingleProcess(launch).run(makeApplication)
    }
}
