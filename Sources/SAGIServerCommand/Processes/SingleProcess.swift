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

/// A program that is one process, which serves.
///
/// `@unchecked Sendable`: what changes is used in the thread of the loop only.
final class SingleProcess: @unchecked Sendable {
    private let launch: Launch
    private let sockets: ListeningSockets
    private let loop = PollLoop()
    private let stage = ServingStage()
    private let succession: Succession
    private let started = ContinuousClock.now
    private var control: ControlSocket?
    private var pulse = Pulse()

    /// Why it stops.
    private enum Order: Sendable {
        case gracefully(CInt)
        case atOnce(CInt)
        case handedOver
    }

    private let orders: AsyncStream<Order>
    private let order: AsyncStream<Order>.Continuation

    init(_ launch: Launch) throws {
        self.launch = launch
        sockets = try launch.openSockets()
        succession = Succession(launch, loop)
        (orders, order) = AsyncStream.makeStream()
    }

    /// Serves until it is told to stop.
    ///
    /// - Returns: the exit status of the program.
    func run(_ makeApplication: () async throws -> any Application) async throws -> CInt {
        loop.watch(signals: [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2]) { [self] in handle($0) }
        loop.runInThread()
        defer { loop.post { [loop] in loop.end() } }
        let server: Server
        do {
            server = Server(
                try await launch.make(makeApplication), configuration: launch.configuration, logger: launch.logger)
            try await server.start(on: sockets)
        } catch {
            sockets.close()
            throw error
        }
        var pidFile: PIDFile?
        do {
            pidFile = try launch.writePIDFile()
            try await openControl()
        } catch {
            pidFile?.remove()
            await server.shutdown()
            throw error
        }
        _ = stage.serve(server)
        launch.show(server.addresses)
        launch.manager.tell(.ready, .status("Serving."))
        launch.takeOver(sockets)
        watchOver(server)

        for await order in orders {
            await stop(server, order)
            break
        }
        await closeControl()
        pidFile?.remove()
        launch.logger.notice("Stopped.")
        return 0
    }

    private func stop(_ server: Server, _ order: Order) async {
        switch order {
        case .gracefully(let signal):
            let time = DurationText.format(launch.configuration.timeouts.shutdown)
            launch.logger.notice(
                "\(SignalName.of(signal)): stopping; what is running has \(time) to end, a second signal ends it at once."
            )
            launch.manager.tell(.stopping)
            await server.shutdown()
        case .atOnce(let signal):
            launch.logger.notice("\(SignalName.of(signal)): stopping at once.")
            launch.manager.tell(.stopping)
            await server.shutdown(within: .zero)
        case .handedOver:
            await server.shutdown()
        }
    }

    // MARK: In the loop's thread

    private func handle(_ signal: CInt) {
        switch signal {
        case SIGHUP where launch.hasLostTerminal: handle(SIGTERM)
        case SIGHUP, SIGUSR2: succeed()
        case SIGUSR1: stage.server?.reopenLogs(launch)
        default:
            // While it starts or stops, there is nothing to wait for that the sender has not waited for.
            guard stage.stop() else {
                launch.reading.settings.pidFile.map(PIDFile.init)?.remove()
                exit(128 + signal)
            }
            succession.cancel()
            order.yield(signal == SIGQUIT ? .atOnce(signal) : .gracefully(signal))
        }
    }

    /// Has a new process take the place of this one.
    ///
    /// - Returns: why it cannot, if so.
    @discardableResult private func succeed() -> String? {
        if let obstacle = stage.server == nil ? "The program does not serve now." : succession.obstacle {
            launch.logger.error("\(obstacle)")
            return obstacle
        }
        launch.manager.tell(.reloading)
        succession.begin(sockets) { [self] process in
            if let process {
                launch.manager.tell(.mainProcess(process), .ready)
                sockets.handOver()
                if stage.stop() { order.yield(.handedOver) }
            } else {
                launch.manager.tell(.ready)
            }
        }
        return nil
    }

    /// Tells the service manager that the event loops go round, and counts for whoever asks.
    private func watchOver(_ server: Server) {
        if let interval = launch.manager.watchdogInterval {
            watch(server, every: interval) { [launch] _ in launch.manager.tell(.watchdog) }
        }
        if launch.configuration.processes.controlSocket != nil {
            watch(server, every: .seconds(1)) { [self] in pulse = $0 }
        }
    }

    private func watch(_ server: Server, every interval: Duration, _ body: @escaping @Sendable (Pulse) -> Void) {
        loop.post { [self] in
            server.pulse { [loop] pulse in loop.post { body(pulse) } }
            loop.after(interval) { [self] in watch(server, every: interval, body) }
        }
    }

    private func openControl() async throws {
        guard let path = launch.configuration.processes.controlSocket else { return }
        try await inLoop { [self] in
            control = try ControlSocket(
                path, mode: launch.configuration.processes.controlMode, replaces: launch.handover != nil, on: loop
            ) { [self] in answer($0) }
        }
    }

    private func closeControl() async {
        try? await inLoop { [self] in control?.close() }
    }

    private func inLoop(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            loop.post { continuation.resume(with: Result { try body() }) }
        }
    }

    private func answer(_ line: String) -> String {
        switch ControlCommand(line) {
        case .status?: return ControlAnswer.status(status).text
        case .restart?, .reload?:
            if let obstacle = succeed() { return ControlAnswer.refused(obstacle).text }
            return ControlAnswer.done("A new process is started to take the place of this one.").text
        case .reopenLogs?:
            stage.server?.reopenLogs(launch)
            return ControlAnswer.done("The logs are opened again.").text
        case .stop?:
            loop.post { [self] in handle(SIGTERM) }
            return ControlAnswer.done("The program stops.").text
        case .scale?: return ControlAnswer.refused("This program runs without --workers.").text
        case nil: return ControlAnswer.refused("The command is not known.").text
        }
    }

    private var status: ProgramStatus {
        let memory = ProcessMemory.resident(getpid()) ?? 0
        let uptime = (ContinuousClock.now - started).seconds
        return ProgramStatus(
            name: launch.command.name, version: launch.command.title, process: Int(getpid()), mode: .single,
            state: stage.server == nil ? "stopping" : succession.isUnderWay ? "restarting" : "serving", uptime: uptime,
            addresses: sockets.addresses.map(\.description), wanted: nil,
            workers: [
                WorkerStatus(
                    number: nil, process: Int(getpid()), state: "serving", uptime: uptime, memory: memory,
                    connections: pulse.connections, requests: pulse.requests)
            ])
    }
}

extension Duration {
    /// Whole seconds.
    var seconds: Int { Int(components.seconds) }
}
