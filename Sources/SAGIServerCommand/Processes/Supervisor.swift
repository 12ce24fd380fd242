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

/// The process that opens the listeners, and keeps workers that serve. It serves nothing itself, so that nothing a
/// request does can reach it.
///
/// ``WorkerPool`` decides; this does what it says. `@unchecked Sendable`: used in the thread of the loop only, once that
/// runs.
final class Supervisor: @unchecked Sendable {
    let launch: Launch
    let loop = PollLoop()
    var configuration: ServerConfiguration
    var sockets: ListeningSockets
    var pool: WorkerPool
    var children: [Int: Child] = [:]
    let succession: Succession
    /// What is started as a worker.
    private var program: ProgramStart
    private let development: Development?
    private var reloader: Reloader?
    private var build = BuildState(.done)
    var control: ControlSocket?
    var pidFile: PIDFile?
    private let started = ContinuousClock.now
    private var timer: PollLoop.Timer?
    private(set) var phase = Phase.starting
    /// What ends ``run()``.
    private var completion: ((Result<CInt, any Error>) -> Void)?
    private var signalStatus: CInt?

    enum Phase: String { case starting, serving, restarting, stopping }

    /// A worker's process.
    struct Child {
        let process: CInt
        let channel: ProcessChannel
        let started: Duration
        var pulse = Pulse()
    }

    /// How a program under development is built.
    struct Development {
        let build: PackageBuild
        /// The program when it has been built.
        let program: ProgramStart
        /// What serves until then; nil when it has been built already.
        let placeholder: ProgramStart?
    }

    init(_ launch: Launch, _ development: Development? = nil) throws {
        self.launch = launch
        self.development = development
        program = development?.placeholder ?? launch.start
        configuration = launch.configuration
        sockets = try launch.openSockets()
        let count = configuration.processes.workers?.number ?? 1
        pool = WorkerPool(count: count, policy: WorkerPool.Policy(configuration))
        succession = Succession(launch, loop)
        if configuration.reusePort { try sockets.spread(over: count, backlog: configuration.backlog) }
    }

    /// Keeps workers until it is told to stop.
    ///
    /// - Returns: the exit status of the program.
    func run() async throws -> CInt {
        try await withCheckedThrowingContinuation { continuation in
            completion = { continuation.resume(with: $0) }
            loop.watch(
                signals: [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGCHLD]
            ) { [unowned self] in handle($0) }
            loop.post { [self] in
                develop()
                perform(pool.tick(loop.now))
                measure()
                feedWatchdog()
            }
            loop.runInThread()
        }
    }

    // MARK: What happens

    private func handle(_ signal: CInt) {
        switch signal {
        case SIGCHLD: reap()
        case SIGHUP: restart()
        case SIGUSR1: reopenLogs()
        case SIGUSR2: succeed()
        case SIGTTIN: scale(to: pool.count + 1)
        case SIGTTOU: scale(to: pool.count - 1)
        default:
            if phase == .stopping {
                // The second time nothing is waited for.
                signalStatus = 128 + signal
                perform(pool.kill(loop.now))
            } else {
                stop(SignalName.of(signal), word: signal == SIGQUIT ? "quit" : "stop")
            }
        }
    }

    private func reap() {
        for (process, ending) in Reaper.reap() {
            guard let id = children.first(where: { $0.value.process == process })?.key else {
                succession.ended(process)
                reloader?.ended(process, ending)
                continue
            }
            children.removeValue(forKey: id)?.channel.close()
            perform(pool.ended(id, ending, loop.now))
        }
    }

    private func take(_ line: String?, from id: Int) {
        let words = line?.split(separator: " ") ?? []
        switch words.first {
        case "ready": perform(pool.ready(id, loop.now))
        case "beat":
            pool.beat(id, loop.now)
            let numbers = words.dropFirst().compactMap { Int($0) }
            if numbers.count == 2 {
                children[id]?.pulse.connections = numbers[0]
                children[id]?.pulse.requests = numbers[1]
            }
        case "retire": perform(pool.retire(id, .requests, loop.now))
        default: break
        }
    }

    // MARK: What is to be done

    func stop(_ reason: String, word: String = "stop") {
        if phase != .stopping {
            launch.logger.notice("\(reason): stopping \(children.count) workers; a second signal ends them at once.")
            launch.manager.tell(.stopping)
            phase = .stopping
            succession.cancel()
        }
        if word != "stop" { for child in children.values { child.channel.send(word) } }
        perform(pool.stop(loop.now))
    }

    /// Reads the configuration, and the program, once more, and replaces one worker after the other.
    ///
    /// - Returns: why it cannot, if so.
    @discardableResult func restart() -> String? {
        guard phase != .stopping, !succession.isUnderWay else {
            return refuse("The workers are not replaced: the whole program stops, or is replaced, now.")
        }
        do {
            let (_, configuration) = try launch.readAgain()
            try change(to: configuration)
        } catch {
            return refuse(
                "The workers go on as they are: the configuration cannot be used. \(String(describing: error))")
        }
        launch.logger.notice("Replacing all workers, one after the other.")
        launch.manager.tell(.reloading)
        phase = .restarting
        perform(pool.restart(WorkerPool.Policy(configuration), loop.now))
        return nil
    }

    private func refuse(_ sentence: String) -> String {
        launch.logger.error("\(sentence)")
        return sentence
    }

    private func change(to new: ServerConfiguration) throws {
        guard let workers = new.processes.workers else {
            throw ConfigurationError("It says nothing of workers any more; SIGUSR2 starts the whole program anew.")
        }
        if new.listeners != configuration.listeners || new.reusePort != configuration.reusePort {
            try sockets.change(to: new)
        }
        let isScaled = new.processes.workers != configuration.processes.workers
        configuration = new
        if isScaled { scale(to: workers.number) }
    }

    func scale(to count: Int) {
        guard count > 0, count <= 1024, phase != .stopping else { return }
        if configuration.reusePort {
            do {
                try sockets.spread(over: count, backlog: configuration.backlog)
            } catch {
                return launch.logger.error("No more workers can be started: \(String(describing: error))")
            }
        }
        perform(pool.scale(to: count, loop.now))
    }

    func reopenLogs() {
        for child in children.values { kill(child.process, SIGUSR1) }
        launch.logger.notice("The workers open their logs again.")
    }

    /// Has a new program take the place of this one and its workers.
    ///
    /// - Returns: why it cannot, if so.
    @discardableResult func succeed() -> String? {
        guard phase == .serving else {
            return refuse("The program is not replaced: it is \(phase.rawValue) now.")
        }
        if let obstacle = succession.obstacle { return refuse(obstacle) }
        launch.manager.tell(.reloading)
        succession.begin(sockets) { [unowned self] process in
            launch.manager.tell(.ready)
            guard let process else { return }
            launch.manager.tell(.mainProcess(process))
            sockets.handOver()
            phase = .stopping
            perform(pool.stop(loop.now))
        }
        return nil
    }

    // MARK: What the pool says

    func perform(_ actions: [WorkerPool.Action]) {
        for action in actions {
            switch action {
            case .start(let id, let slot): start(id, slot)
            case .stop(let id): children[id]?.channel.send("stop")
            case .kill(let id): if let child = children[id] { kill(child.process, SIGKILL) }
            case .note(let note): launch.logger.log(level: note.level, "\(note.text)")
            case .ready: ready()
            case .restarted:
                phase = .serving
                launch.logger.notice("All workers have been replaced.")
                launch.manager.tell(.ready)
            case .restartFailed:
                phase = .serving
                if reloader != nil { tell(BuildState(.failed, text: Self.cannotStart, count: build.count)) }
                launch.logger.error("The new workers cannot start: the old ones go on.")
                launch.manager.tell(.ready)
            case .over(let failure): finish(failure)
            }
        }
        launch.manager.tell(.status("\(children.count) of \(pool.count) workers, \(phase.rawValue)."))
        lookAgain()
    }

    private func start(_ id: Int, _ slot: Int) {
        do {
            let (channel, other) = try ProcessChannel.pair()
            defer { close(other) }
            let handover = Handover(
                worker: slot + 1, channel: other, sockets: sockets.offer(slot: configuration.reusePort ? slot : 0))
            let process = try program.spawn(
                environment: launch.environment(for: handover), descriptors: handover.descriptors)
            children[id] = Child(process: process, channel: channel, started: loop.now)
            channel.watch(loop) { [unowned self] in take($0, from: id) }
            if reloader != nil { channel.send("build \(build.line)") }
        } catch {
            launch.logger.error("\(String(describing: error))")
            loop.post { [self] in perform(pool.ended(id, .exit(status: 1), loop.now)) }
        }
    }

    /// For the first time workers serve.
    private func ready() {
        do {
            pidFile = try launch.writePIDFile()
            if let path = configuration.processes.controlSocket {
                control = try ControlSocket(
                    path, mode: configuration.processes.controlMode, replaces: launch.handover != nil, on: loop
                ) { [unowned self] in answer($0) }
            }
        } catch {
            return fail(error)
        }
        phase = .serving
        launch.show(sockets.addresses)
        launch.manager.tell(.ready)
        launch.takeOver(sockets)
    }

    /// The program cannot go on.
    private func fail(_ error: any Error) {
        completion?(.failure(error))
        completion = nil
        stop("The program cannot start")
    }

    private func finish(_ failure: WorkerPool.Ending?) {
        reloader?.stop()
        control?.close()
        pidFile?.remove()
        sockets.close()
        loop.end()
        if let failure {
            launch.logger.error("No worker can start (\(failure)); what they said stands above.")
            completion?(.success(failure.status == 0 ? 1 : failure.status))
        } else {
            launch.logger.notice("Stopped.")
            completion?(.success(signalStatus ?? 0))
        }
    }

    // MARK: Under development

    private static let cannotStart =
        "The program has been built, but it cannot start. What it said stands in the terminal."

    private func develop() {
        guard let development else { return }
        do {
            reloader = try Reloader(development.build, configuration.reload, launch, on: loop) { [unowned self] in
                tell($0)
            }
            if development.placeholder != nil { reloader?.start() }
        } catch {
            fail(error)
        }
    }

    private func tell(_ state: BuildState) {
        build = state
        for child in children.values { child.channel.send("build \(state.line)") }
        guard state.phase == .done, let development, phase != .stopping else { return }
        program = development.program
        perform(pool.restart(WorkerPool.Policy(configuration), loop.now))
    }

    // MARK: Time

    private func lookAgain() {
        if let timer { loop.cancel(timer) }
        timer = pool.deadline.map { deadline in
            loop.after(max(.zero, deadline - loop.now)) { [unowned self] in perform(pool.tick(loop.now)) }
        }
    }

    private func measure() {
        loop.after(.seconds(1)) { [unowned self] in
            if configuration.processes.maxMemory != nil {
                for (id, child) in children {
                    guard let bytes = ProcessMemory.resident(child.process) else { continue }
                    perform(pool.memory(id, bytes, loop.now))
                }
            }
            measure()
        }
    }

    private func feedWatchdog() {
        guard let interval = launch.manager.watchdogInterval else { return }
        launch.manager.tell(.watchdog)
        loop.after(interval) { [unowned self] in feedWatchdog() }
    }

    // MARK: Who asks

    private func answer(_ line: String) -> String {
        guard let command = ControlCommand(line) else {
            return ControlAnswer.refused("The command is not known.").text
        }
        guard command == .status || phase != .stopping else {
            return ControlAnswer.refused("The program is stopping.").text
        }
        switch command {
        case .status: return ControlAnswer.status(status).text
        case .scale(let count):
            scale(to: count)
            return ControlAnswer.done("\(pool.count) workers from now on.").text
        case .reload:
            if let obstacle = restart() { return ControlAnswer.refused(obstacle).text }
            return ControlAnswer.done("The workers are replaced, one after the other.").text
        case .restart:
            if let obstacle = succeed() { return ControlAnswer.refused(obstacle).text }
            return ControlAnswer.done("A new program is started to take the place of this one.").text
        case .reopenLogs:
            reopenLogs()
            return ControlAnswer.done("The logs are opened again.").text
        case .stop:
            stop("sagi ctl")
            return ControlAnswer.done("The program stops.").text
        }
    }

    private var status: ProgramStatus {
        let workers = children.sorted { $0.key < $1.key }.map { id, child in
            WorkerStatus(
                number: pool.slot(of: id).map { $0 + 1 }, process: Int(child.process),
                state: pool.state(of: id) ?? "stopping", uptime: (loop.now - child.started).seconds,
                memory: ProcessMemory.resident(child.process) ?? 0, connections: child.pulse.connections,
                requests: child.pulse.requests)
        }
        return ProgramStatus(
            name: launch.command.name, version: launch.command.title, process: Int(getpid()), mode: .supervisor,
            state: (succession.isUnderWay ? .restarting : phase).rawValue,
            uptime: (ContinuousClock.now - started).seconds,
            addresses: sockets.addresses.map(\.description), wanted: pool.count, workers: workers)
    }
}

extension WorkerPool.Policy {
    init(_ configuration: ServerConfiguration) {
        self.init()
        startup = configuration.timeouts.startup.map { $0 + .seconds(5) }
        heartbeat = configuration.processes.heartbeatTimeout
        stop = configuration.timeouts.shutdown * 2 + .seconds(5)
        maxAge = configuration.processes.maxAge
        maxMemory = configuration.processes.maxMemory
        jitter = configuration.processes.jitter
    }
}
