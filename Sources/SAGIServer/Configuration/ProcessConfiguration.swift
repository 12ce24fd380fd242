import NIOCore

/// How a program that serves is made up of processes, and what it may do.
public struct ProcessConfiguration: Sendable, Equatable {
    /// Processes that serve, kept by a supervisor which serves nothing itself. Default `nil`: one process that serves,
    /// and no supervisor.
    public var workers: Workers?
    /// How long a worker's event loops may do nothing but one thing. Then it counts as stuck, and is killed and
    /// replaced. Default 30 s; `nil` lets it be.
    public var heartbeatTimeout: Duration? = .seconds(30)
    /// Requests after which a worker is replaced. Default `nil`: never.
    public var maxRequests: Int?
    /// The age at which a worker is replaced. Default `nil`: never.
    public var maxAge: Duration?
    /// Bytes of resident memory from which on a worker is replaced. Default `nil`: never.
    public var maxMemory: Int?
    /// By how many per cent `maxRequests` and `maxAge` may be more for one worker than for another, so that they are
    /// not all replaced at once. Default 10.
    public var jitter = 10

    /// The user that the program becomes when its listeners are open. Default `nil`: it stays what it is.
    public var user: String?
    /// The group that it becomes. Default `nil`: the user's own.
    public var group: String?
    /// The permissions that files which the program makes do not get. Default `nil`: as the program was started.
    public var umask: UInt16?
    /// Where relative paths begin, after the configuration file has been read. Default `nil`: where the program was
    /// started.
    public var workingDirectory: String?

    /// The path of a Unix socket where `sagi ctl` can ask and tell the program. Default `nil`: there is none.
    public var controlSocket: String?
    /// The permissions of that socket. Default 0o600.
    public var controlMode: UInt16 = 0o600

    public init() {}

    /// How many workers there are.
    public enum Workers: Sendable, Equatable {
        /// As many as the process may use cores.
        case auto
        case count(Int)

        /// The number that it stands for on this machine.
        package var number: Int {
            switch self {
            case .auto: System.coreCount
            case .count(let count): count
            }
        }
    }
}
