import Logging
import SAGIServer
import Synchronization

/// Whether a process is starting, serving or stopping.
final class ServingStage: Sendable {
    private enum Phase {
        case starting
        case serving(Server)
        case stopping
    }

    private let phase = Mutex(Phase.starting)

    /// False when it has been told to stop before.
    func serve(_ server: Server) -> Bool {
        phase.withLock { phase in
            guard case .starting = phase else { return false }
            phase = .serving(server)
            return true
        }
    }

    /// The server, while it serves.
    var server: Server? {
        phase.withLock { if case .serving(let server) = $0 { server } else { nil } }
    }

    var isStarting: Bool {
        phase.withLock { if case .starting = $0 { true } else { false } }
    }

    /// False when it did not serve.
    func stop() -> Bool {
        phase.withLock { phase in
            defer { phase = .stopping }
            return if case .serving = phase { true } else { false }
        }
    }
}

extension Server {
    /// Opens the logs again, and says so.
    func reopenLogs(_ launch: Launch) {
        do {
            try reopenLogs()
            launch.logger.notice("SIGUSR1: the logs have been opened again.")
        } catch {
            launch.logger.error("SIGUSR1: the old logs stay in use: \(String(describing: error))")
        }
    }
}
