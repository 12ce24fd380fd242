import Logging
package import SAGI
import SAGIServer
import Synchronization
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One run of a server in a program: start, signals, stop.
package struct Serving: Sendable {
    private let command: ServerCommand
    private let settings: ServerSettings
    private let given: [String: Origin]
    private let warnings: [String]

    package init(
        command: ServerCommand, settings: ServerSettings, given: [String: Origin], warnings: [String]
    ) {
        self.command = command
        self.settings = settings
        self.given = given
        self.warnings = warnings
    }

    /// Serves until the program is told to stop.
    ///
    /// - Returns: the exit status of the program.
    package func run(_ makeApplication: () async throws -> any Application) async throws -> CInt {
        let inherited = Program.inheritedSockets(Program.environment)
        let configuration = try settings.makeConfiguration(given: given, inherited: inherited)
        if configuration.listeners.contains(where: { if case .descriptor = $0.address { true } else { false } }) {
            Program.claimInheritedSockets()
        }
        var terminal = Terminal.error
        terminal.hasColor = settings.color ?? terminal.hasColor
        if command.setsUpLogging { setUpLogging(terminal, configuration.logLevel) }
        var logger = Logger(label: "sagi")
        logger.logLevel = configuration.logLevel
        for warning in warnings { logger.warning("\(warning)") }

        let stage = Stage()
        let (stops, stop) = AsyncStream<UnixSignal>.makeStream()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        let pidFile = settings.pidFile.map(PIDFile.init)
        let server = Server(try await make(makeApplication), configuration: configuration, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [logger] in
                for await signal in signals {
                    switch signal {
                    case .sighup: reload(server, logger)
                    case .sigusr1: reopen(server, logger)
                    default:
                        // While it starts or stops, there is nothing to wait for that the sender has not waited for.
                        guard stage.stop() else {
                            pidFile?.remove()
                            exit(128 + signal.rawValue)
                        }
                        stop.yield(signal)
                    }
                }
            }
            defer { group.cancelAll() }
            try await server.start()
            do {
                try pidFile?.write()
            } catch {
                await server.shutdown()
                throw error
            }
            stage.serve()
            if !settings.isQuiet { terminal.write(Banner(command, server.addresses).text(terminal)) }
            for await signal in stops {
                let time = DurationText.format(configuration.timeouts.shutdown)
                logger.notice(
                    "\(signal): stopping; what is running has \(time) to end, a second signal ends it at once.")
                break
            }
            await server.shutdown()
            pidFile?.remove()
            logger.notice("Stopped.")
            return 0
        }
    }

    private func make(_ makeApplication: () async throws -> any Application) async throws -> any Application {
        do {
            return try await makeApplication()
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ApplicationFailure(description: "The application could not be made: \(error)")
        }
    }

    private func setUpLogging(_ terminal: Terminal, _ level: Logger.Level) {
        LoggingSystem.bootstrap(
            { _, provider in
                var handler = ConsoleLog(terminal, metadataProvider: provider)
                handler.logLevel = level
                return handler
            }, metadataProvider: nil)
    }

    private func reload(_ server: Server, _ logger: Logger) {
        do {
            try server.reloadCertificates()
            logger.notice("SIGHUP: the certificates have been read again.")
        } catch {
            logger.error("SIGHUP: the old certificates stay in use: \(String(describing: error))")
        }
    }

    private func reopen(_ server: Server, _ logger: Logger) {
        do {
            try server.reopenLogs()
            logger.notice("SIGUSR1: the logs have been opened again.")
        } catch {
            logger.error("SIGUSR1: the old logs stay in use: \(String(describing: error))")
        }
    }
}

/// Whether a server is starting, serving or stopping.
private final class Stage: Sendable {
    private let isServing = Mutex(false)

    func serve() { isServing.withLock { $0 = true } }

    /// False when it did not serve.
    func stop() -> Bool {
        isServing.withLock { isServing in
            defer { isServing = false }
            return isServing
        }
    }
}
