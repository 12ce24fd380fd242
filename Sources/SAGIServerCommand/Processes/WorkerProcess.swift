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

/// A process that serves for a supervisor, from which it has the listening sockets.
///
/// `@unchecked Sendable`: what changes is used in the thread of the loop only.
final class WorkerProcess: @unchecked Sendable {
    private let launch: Launch
    private let number: Int
    private let sockets: ListeningSockets
    private let loop = PollLoop()
    private let channel: ProcessChannel
    private let stage = ServingStage()
    private let news: BuildNews
    private let orders: AsyncStream<Duration>
    /// Stop, with so much time for what is running.
    private let order: AsyncStream<Duration>.Continuation

    init(_ launch: Launch, _ handover: Handover, number: Int, news: BuildNews = BuildNews()) throws {
        self.news = news
        self.launch = launch
        self.number = number
        channel = ProcessChannel(handover.channel)
        sockets = try ListeningSockets.open(launch.configuration, handover: handover)
        (orders, order) = AsyncStream.makeStream()
    }

    /// Serves until the supervisor says that it is enough, or is gone.
    ///
    /// - Returns: the exit status of the process.
    func run(_ makeApplication: () async throws -> any Application) async throws -> CInt {
        // The supervisor decides. What the terminal sends to all its processes is for the supervisor.
        for signal in [SIGINT, SIGHUP, SIGUSR2, SIGTTIN, SIGTTOU] { Self.ignore(signal) }
        loop.watch(signals: [SIGTERM, SIGQUIT, SIGUSR1]) { [self] in handle($0) }
        channel.watch(loop) { [self] in take($0) }
        loop.runInThread()
        let server = Server(
            try await makeForDevelopment(makeApplication), configuration: configuration, logger: launch.logger)
        try await server.start(on: sockets, worker: number)
        guard stage.serve(server) else {
            await server.shutdown()
            return 0
        }
        begin(server)
        for await limit in orders {
            await server.shutdown(within: limit)
            break
        }
        return 0
    }

    /// The application, and around it what shows errors of the compiler.
    private func makeForDevelopment(_ make: () async throws -> any Application) async throws -> any Application {
        let application = try await launch.make(make)
        let reload = launch.configuration.reload
        guard reload.isEnabled, reload.changesPages else { return application }
        return wrapped(application)
    }

    private func wrapped(_ application: some Application) -> any Application {
        application.wrapped(by: LiveReload(news: news))
    }

    /// Workers share the cores.
    private var configuration: ServerConfiguration {
        var configuration = launch.configuration
        let workers = configuration.processes.workers?.number ?? 1
        configuration.eventLoops =
            configuration.eventLoops ?? max(1, ProcessConfiguration.Workers.auto.number / workers)
        return configuration
    }

    private func begin(_ server: Server) {
        loop.post { [self] in
            channel.send("ready")
            beat(server)
        }
        let processes = launch.configuration.processes
        if let limit = processes.maxRequests {
            let more = limit * Int.random(in: 0...max(0, processes.jitter)) / 100
            server.whenServed(limit + more) { [self] in loop.post { [self] in channel.send("retire") } }
        }
    }

    private static func ignore(_ number: CInt) { signal(number, SIG_IGN) }

    // MARK: In the loop's thread

    /// Tells the supervisor again and again that the event loops go round, and what they do.
    private func beat(_ server: Server) {
        server.pulse { [self] pulse in
            loop.post { [self] in channel.send("beat \(pulse.connections) \(pulse.requests)") }
        }
        let timeout = launch.configuration.processes.heartbeatTimeout ?? .seconds(5)
        loop.after(min(.seconds(1), timeout / 5)) { [self] in beat(server) }
    }

    private func handle(_ signal: CInt) {
        switch signal {
        case SIGUSR1: stage.server?.reopenLogs(launch)
        case SIGQUIT: stop(within: .zero)
        default: stop(within: launch.configuration.timeouts.shutdown)
        }
    }

    private func take(_ line: String?) {
        switch line {
        case "stop": stop(within: launch.configuration.timeouts.shutdown)
        case "quit": stop(within: .zero)
        case nil:
            launch.logger.notice("The supervisor is gone: stopping.")
            stop(within: launch.configuration.timeouts.shutdown)
        case let line?:
            guard line.hasPrefix("build "), let state = BuildState(line: line.dropFirst(6)) else { return }
            news.tell(state)
        }
    }

    /// The second time it does nothing: several may say that it is enough.
    private func stop(within limit: Duration) {
        // While it starts, there is nothing to end.
        if stage.isStarting { exit(0) }
        guard stage.stop() else { return }
        // A blocked event loop must not keep the process, when nobody is left to kill it.
        loop.after(launch.configuration.stopTime) { _exit(1) }
        order.yield(limit)
    }
}
