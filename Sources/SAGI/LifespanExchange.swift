/// The life of the server, or of one of its workers: one exchange that lasts from before the first
/// connection is accepted until after the last exchange has ended.
public struct LifespanExchange: Sendable {
    /// The facts of this process.
    public var scope: LifespanScope
    /// Returns `startup` at once, and `shutdown` when the server has served its last exchange.
    public var receive: Receive<LifespanEvent>
    /// Answers them.
    public var send: Send<LifespanReply>

    public init(scope: LifespanScope, receive: Receive<LifespanEvent>, send: Send<LifespanReply>) {
        self.scope = scope
        self.receive = receive
        self.send = send
    }
}

/// The facts of the process that serves.
public struct LifespanScope: Sendable {
    /// The number of this worker, from 1; `nil` when one process serves alone.
    public var worker: Int?

    public init(worker: Int? = nil) { self.worker = worker }
}

/// What an application receives of its server's life.
public enum LifespanEvent: Sendable, Hashable {
    /// The server is about to accept connections, and waits for the answer.
    case startup
    /// The server has served its last exchange, and waits for the answer before it ends.
    case shutdown
}

/// What an application answers.
public enum LifespanReply: Sendable {
    /// Serve now. Every exchange gets its own copy of `State`; share what changes through a reference in it.
    case startupComplete(State = State())
    /// Do not serve: the server logs the message and ends with an error.
    case startupFailed(String)
    /// Everything is put away.
    case shutdownComplete
    /// Something could not be put away: the server logs the message and ends.
    case shutdownFailed(String)
}
