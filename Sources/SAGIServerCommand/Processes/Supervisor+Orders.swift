import Logging
import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What an operator can have it do.
extension Supervisor {
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
        guard let workers = new.processes.workers ?? (reloader == nil ? nil : .count(1)) else {
            throw ConfigurationError("It says nothing of workers any more; SIGUSR2 starts the whole program anew.")
        }
        guard new.reusePort == configuration.reusePort else {
            throw ConfigurationError(
                "Whether each worker has sockets of its own (--reuse-port) can change only when the program is stopped."
            )
        }
        if new.listeners != configuration.listeners {
            try sockets.change(to: new)
            if new.reusePort { try sockets.spread(over: pool.count, backlog: new.backlog) }
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
        narrowSockets(to: count)
        perform(pool.scale(to: count, loop.now))
    }

    /// No socket stays of which no worker takes connections.
    func narrowSockets(to count: Int) { sockets.narrow(to: configuration.reusePort ? count : 1) }

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
        succession.begin(sockets) { [self] process in
            launch.manager.tell(.ready)
            guard let process else { return }
            launch.manager.tell(.mainProcess(process))
            sockets.handOver()
            phase = .stopping
            perform(pool.stop(loop.now))
        }
        return nil
    }
}
