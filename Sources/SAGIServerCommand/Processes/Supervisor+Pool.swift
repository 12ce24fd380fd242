import Logging
import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the pool of workers wants done.
extension Supervisor {
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
            channel.watch(loop) { [self] in take($0, from: id) }
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
                ) { [self] in answer($0) }
            }
        } catch {
            return fail(error)
        }
        phase = .serving
        launch.show(sockets.addresses)
        launch.manager.tell(.ready)
        launch.takeOver(sockets)
        // Its predecessor may have had more workers.
        narrowSockets(to: pool.count)
    }

    /// The program cannot go on.
    func fail(_ error: any Error) {
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
}

extension WorkerPool.Policy {
    init(_ configuration: ServerConfiguration) {
        self.init()
        startup = configuration.timeouts.startup.map { $0 + .seconds(5) }
        heartbeat = configuration.processes.heartbeatTimeout
        stop = configuration.stopTime
        maxAge = configuration.processes.maxAge
        maxMemory = configuration.processes.maxMemory
        jitter = configuration.processes.jitter
    }
}
