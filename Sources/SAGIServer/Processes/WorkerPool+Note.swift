package import Logging

extension WorkerPool {
    /// What an operator wants to know.
    package enum Note: Sendable, Equatable {
        case scaled(from: Int, to: Int)
        case retiring(Int, Reason)
        case stopped(Int, Ending)
        case crashed(Int, Ending, Duration)
        case startFailed(Int, Ending, Duration)
        case startTimeout(Int, Duration)
        case stopTimeout(Int)
        case stuck(Int, Duration)

        /// Why a worker is to be replaced.
        package enum Reason: Sendable, Equatable {
            case requests
            case age
            case memory(Int)
        }

        package var level: Logger.Level {
            switch self {
            case .scaled, .retiring: .notice
            case .stopped: .debug
            case .stopTimeout: .warning
            case .crashed, .startFailed, .startTimeout, .stuck: .error
            }
        }

        package var text: String {
            switch self {
            case .scaled(let from, let to): "\(to) workers from now on, instead of \(from)."
            case .retiring(let number, .requests):
                "Worker \(number) has served its share of requests, and is replaced."
            case .retiring(let number, .age): "Worker \(number) has reached its age, and is replaced."
            case .retiring(let number, .memory(let bytes)):
                "Worker \(number) takes \(bytes >> 20) MiB of memory, and is replaced."
            case .stopped(let number, let ending): "Worker \(number) has stopped (\(ending))."
            case .crashed(let number, let ending, let wait):
                "Worker \(number) ended while it served (\(ending)); another one is started\(Self.time(wait))."
            case .startFailed(let number, let ending, let wait):
                "Worker \(number) could not start (\(ending)); it is tried again\(Self.time(wait))."
            case .startTimeout(let number, let limit):
                "Worker \(number) was not ready within \(limit), and is killed."
            case .stopTimeout(let number): "Worker \(number) did not stop in its time, and is killed."
            case .stuck(let number, let limit):
                "Worker \(number) has not answered for \(limit): something blocks its event loops. It is killed."
            }
        }

        private static func time(_ wait: Duration) -> String { wait == .zero ? " at once" : " in \(wait)" }
    }
}

extension WorkerPool.Ending: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exit(let status): "exit status \(status)"
        case .signal(let number): "signal \(number)"
        }
    }

    /// What a shell would say.
    package var status: CInt {
        switch self {
        case .exit(let status): status
        case .signal(let number): 128 + number
        }
    }
}
