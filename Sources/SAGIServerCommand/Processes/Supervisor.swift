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
    var program: ProgramStart
    let development: Development?
    var reloader: Reloader?
    var build = BuildState(.done)
    var control: ControlSocket?
    var pidFile: PIDFile?
    let started = ContinuousClock.now
    private var timer: PollLoop.Timer?
    var phase = Phase.starting
    /// What ends ``run()``.
    var completion: ((Result<CInt, any Error>) -> Void)?
    var signalStatus: CInt?

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
            ) { [self] in handle($0) }
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
        case SIGHUP where launch.hasLostTerminal: if phase != .stopping { stop("The terminal is gone") }
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

    func take(_ line: String?, from id: Int) {
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

    // MARK: Time

    func lookAgain() {
        if let timer { loop.cancel(timer) }
        timer = pool.deadline.map { deadline in
            loop.after(max(.zero, deadline - loop.now)) { [self] in perform(pool.tick(loop.now)) }
        }
    }

    private func measure() {
        loop.after(.seconds(1)) { [self] in
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
        loop.after(interval) { [self] in feedWatchdog() }
    }
}
