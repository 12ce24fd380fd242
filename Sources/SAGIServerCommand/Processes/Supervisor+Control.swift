import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What `sagi ctl` is answered.
extension Supervisor {
    func answer(_ line: String) -> String {
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
