import Logging
import SAGI
import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the options of a program came to.
package struct Reading: Sendable {
    package var settings: ServerSettings
    /// Where each option that was given came from.
    package var given: [String: Origin]
    package var warnings: [String]

    package init(_ settings: ServerSettings, given: [String: Origin], warnings: [String]) {
        self.settings = settings
        self.given = given
        self.warnings = warnings
    }
}

/// What every process of a program knows when it starts: the supervisor, each of its workers, or the one that is alone.
struct Launch: Sendable {
    let command: ServerCommand
    let start: ProgramStart
    let handover: Handover?
    let reading: Reading
    let configuration: ServerConfiguration
    let terminal: Terminal
    let manager: ServiceManager
    private let wasInTerminal = isatty(STDIN_FILENO) == 1
    var logger: Logger
    /// How many of the listening sockets come from a service manager.
    private let inherited: Int
    /// Reads the options once more: the configuration file may have changed.
    private let read: @Sendable () throws -> Reading

    /// Reads what the program was told, and becomes what that says: directory, permissions, log.
    init(
        _ command: ServerCommand, _ reading: Reading, handover: Handover?,
        read: @escaping @Sendable () throws -> Reading
    ) throws {
        self.command = command
        self.handover = handover
        self.reading = reading
        self.read = read
        let environment = Program.environment
        start = ProgramStart.current(path: environment["PATH"])
        manager = ServiceManager(environment, isSuccessor: handover != nil)
        // Sockets of a service manager come on from process to process.
        let passed = handover?.sockets.count { $0.key.hasPrefix("fd:") || $0.key.hasPrefix("tls fd:") }
        inherited = passed ?? Program.inheritedSockets(environment)
        configuration = try reading.settings.makeConfiguration(given: reading.given, inherited: inherited)
        var terminal = Terminal.error
        terminal.hasColor = reading.settings.color ?? terminal.hasColor
        self.terminal = terminal
        if command.setsUpLogging { Self.setUpLogging(terminal, configuration.logLevel) }
        logger = Logger(label: "sagi")
        logger.logLevel = configuration.logLevel
        if let worker = handover?.worker { logger[metadataKey: "worker"] = "\(worker)" }
        try enter(configuration.processes.workingDirectory)
        if let mask = configuration.processes.umask { umask(mode_t(mask)) }
        ConfigurationFields.trace(configuration, logger)
    }

    /// Reads the options again.
    ///
    /// - Throws: ``ConfigurationError``; then nothing has changed.
    func readAgain() throws -> (Reading, ServerConfiguration) {
        // The file's path begins where the program was started.
        try enter(start.directory)
        defer { try? enter(configuration.processes.workingDirectory) }
        let reading = try read()
        return (reading, try reading.settings.makeConfiguration(given: reading.given, inherited: inherited))
    }

    private func enter(_ directory: String?) throws {
        guard let directory, chdir(directory) != 0 else { return }
        throw ConfigurationError("Cannot work in \(directory): \(String(cString: strerror(errno))).")
    }

    private static func setUpLogging(_ terminal: Terminal, _ level: Logger.Level) {
        LoggingSystem.bootstrap(
            { _, provider in
                var handler = ConsoleLog(terminal, metadataProvider: provider)
                handler.logLevel = level
                return handler
            }, metadataProvider: nil)
    }

    /// Opens the listeners, and gives up the rights that this may have needed.
    func openSockets() throws -> ListeningSockets {
        let identity = try Identity(configuration.processes)
        let sockets = try ListeningSockets.open(configuration, handover: handover)
        // The sockets have been taken from the environment: nobody looks for them there again.
        Program.claimInheritedSockets()
        do {
            if let identity {
                sockets.give(to: identity)
                try identity.assume()
            }
        } catch {
            sockets.close()
            throw error
        }
        return sockets
    }

    /// Makes the application.
    func make(_ application: () async throws -> any Application) async throws -> any Application {
        do {
            return try await application()
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ApplicationFailure(description: "The application could not be made: \(error)")
        }
    }

    /// Says where the program listens.
    func show(_ addresses: [BoundAddress]) {
        guard !reading.settings.isQuiet else { return }
        terminal.write(Banner(command, addresses).text(terminal))
    }

    func warn() {
        for warning in reading.warnings { logger.warning("\(warning)") }
    }

    /// The file with this process's number, written now.
    func writePIDFile() throws -> PIDFile? {
        let file = reading.settings.pidFile.map(PIDFile.init)
        try file?.write()
        return file
    }

    /// Takes the place of the process that has started this one, if one has: this one serves now.
    func takeOver(_ sockets: ListeningSockets) {
        guard let handover else { return }
        sockets.takeOver()
        ProcessChannel(handover.channel).send("ready")
    }

    /// The environment of another process of this program.
    func environment(for handover: Handover) -> [String: String] {
        var environment = Program.environment
        environment[Handover.variable] = handover.text
        // A worker says nothing to the service manager; a successor is not yet the process that it expects.
        for name in handover.worker == nil ? ["WATCHDOG_PID"] : ServiceManager.variables { environment[name] = nil }
        return environment
    }

    /// Whether the terminal that the program was started in is gone: then `SIGHUP` is what that says of it, and nobody
    /// wants the program anew.
    var hasLostTerminal: Bool { wasInTerminal && isatty(STDIN_FILENO) == 0 }
}

extension ServerConfiguration {
    /// How long a process may take to end after it was told to: what is running, then the application, and some.
    var stopTime: Duration { timeouts.shutdown * 2 + .seconds(5) }
}

/// Signals by their names.
enum SignalName {
    static func of(_ number: CInt) -> String {
        switch number {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGQUIT: "SIGQUIT"
        case SIGHUP: "SIGHUP"
        case SIGUSR1: "SIGUSR1"
        case SIGUSR2: "SIGUSR2"
        case SIGTTIN: "SIGTTIN"
        case SIGTTOU: "SIGTTOU"
        default: "signal \(number)"
        }
    }
}
