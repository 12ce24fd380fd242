import CPlatform
import HTTPSemantics
import NIOCore

/// What the connections of one event loop share: the executor of their tasks, the time, and their buffers.
///
/// Work on a loop happens in turns. In a turn bytes arrive or a timer fires, the tasks that this wakes run at
/// once and to their next suspension, and what they sent leaves in one write for each connection.
///
/// `@unchecked Sendable`: everything but `enqueue` is used on the event loop only.
final class LoopContext: TaskExecutor, @unchecked Sendable {
    let eventLoop: any EventLoop
    let serverFields: ServerFields
    let waterMarks: (low: Int, high: Int)
    let accessLog: AccessLogBuffer?

    @exclusivity(unchecked) private var jobs: [UnownedJob] = []
    @exclusivity(unchecked) private var unflushed: [any TurnEndHandler] = []
    @exclusivity(unchecked) private var isInTurn = false
    @exclusivity(unchecked) private var isTurnScheduled = false
    @exclusivity(unchecked) private(set) var now = NIODeadline.now()
    @exclusivity(unchecked) var heads = HeadCache()
    @exclusivity(unchecked) var statuses = StatusMemo()
    /// The memory of buffers that have nothing to send.
    @exclusivity(unchecked) private var memory: [UnsafeMutableRawBufferPointer] = []
    @exclusivity(unchecked) private(set) var connections: [ObjectIdentifier: any ServerConnection] = [:]
    @exclusivity(unchecked) private var whenEmpty: (() -> Void)?
    /// Workers and streams of connections with many streams, which nobody uses now.
    @exclusivity(unchecked) private var workers: [ExchangeWorker] = []
    @exclusivity(unchecked) private var streams: [HTTP2Stream] = []
    /// Set while the server is shutting down, when no connection serves another request: how long an idle one
    /// waits for a request that is on its way.
    @exclusivity(unchecked) private(set) var drainGrace: TimeAmount?

    /// Requests that have begun, and after how many the budget of all loops is asked.
    @exclusivity(unchecked) private(set) var requests = 0
    @exclusivity(unchecked) private var nextReport = Int.max
    @exclusivity(unchecked) private var reported = 0
    @exclusivity(unchecked) private var budget: RequestBudget?

    /// After so many jobs the other connections of the loop have their turn, whatever these tasks still want.
    private static let jobsPerTurn = 256

    /// The memory of at most this many idle buffers is kept.
    static let poolSize = 256

    init(
        eventLoop: any EventLoop, serverFields: ServerFields, waterMarks: (low: Int, high: Int),
        accessLog: AccessLogBuffer? = nil
    ) {
        self.eventLoop = eventLoop
        self.serverFields = serverFields
        self.waterMarks = waterMarks
        self.accessLog = accessLog
        jobs.reserveCapacity(64)
    }

    deinit {
        for memory in memory { memory.deallocate() }
    }

    // MARK: Turns

    /// Runs `body` and everything that it wakes.
    @inline(__always)
    func turn(_ body: () -> Void) {
        if isInTurn { return body() }
        isInTurn = true
        // A turn of another loop context of this thread may be under way.
        let outer = sagi_current_turn()
        sagi_set_current_turn(Unmanaged.passUnretained(self).toOpaque())
        now = .now()
        body()
        drain()
        sagi_set_current_turn(outer)
        isInTurn = false
    }

    /// Whether the caller runs in a turn of this loop. Cheaper to ask than the event loop; a caller that is on the
    /// loop but in no turn gets false.
    var isInThisTurn: Bool { sagi_current_turn() == UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    private func drain() {
        var rest = Self.jobsPerTurn
        repeat {
            var index = 0
            while index < jobs.count, rest > 0 {
                let job = jobs[index]
                index &+= 1
                rest &-= 1
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
            if index == jobs.count { jobs.removeAll(keepingCapacity: true) } else { jobs.removeFirst(index) }
            index = 0
            while index < unflushed.count {
                let handler = unflushed[index]
                index &+= 1
                handler.turnEnded()
            }
            unflushed.removeAll(keepingCapacity: true)
        } while !jobs.isEmpty && rest > 0
        if !jobs.isEmpty { scheduleTurn() }
    }

    /// Has `handler` told when the tasks of this turn have run. Each handler asks once in a turn.
    func atTurnEnd(_ handler: any TurnEndHandler) {
        unflushed.append(handler)
        if !isInTurn { scheduleTurn() }
    }

    // MARK: TaskExecutor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if eventLoop.inEventLoop {
            jobs.append(job)
            if !isInTurn { scheduleTurn() }
        } else {
            eventLoop.execute {
                self.jobs.append(job)
                self.turn {}
            }
        }
    }

    private func scheduleTurn() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        eventLoop.execute {
            self.isTurnScheduled = false
            self.turn {}
        }
    }

    // MARK: Connections

    func add(_ connection: any ServerConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: any ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.isEmpty, let whenEmpty {
            self.whenEmpty = nil
            whenEmpty()
        }
    }

    /// Lets every connection finish what it serves, and calls `completion` when all are gone.
    func drain(grace: TimeAmount, completion: @escaping () -> Void) {
        turn {
            drainGrace = grace
            dropPools()
            if connections.isEmpty { return completion() }
            whenEmpty = completion
            for connection in connections.values { connection.drain(grace: grace) }
        }
    }

    /// Ends every connection that is still there.
    func shutDownNow() {
        turn {
            for connection in connections.values { connection.shutDownNow() }
        }
    }

    // MARK: Requests

    @inline(__always)
    func countRequest() {
        requests &+= 1
        if requests >= nextReport { report() }
    }

    /// Counts against a budget from now on.
    func spend(_ budget: RequestBudget) {
        self.budget = budget
        reported = requests
        report()
    }

    private func report() {
        nextReport = budget?.spend(requests - reported).map { requests + $0 } ?? .max
        reported = requests
    }

    // MARK: Streams

    func takeWorker(_ server: ServerCore) -> ExchangeWorker {
        workers.popLast() ?? ExchangeWorker(server: server, loop: self)
    }

    /// Keeps a worker for the next stream. False when there are enough.
    func park(_ worker: ExchangeWorker) -> Bool {
        guard workers.count < Self.poolSize, drainGrace == nil else { return false }
        workers.append(worker)
        return true
    }

    func takeStream() -> HTTP2Stream { streams.popLast() ?? HTTP2Stream(loop: self) }

    func keep(_ stream: HTTP2Stream) {
        if streams.count < Self.poolSize, drainGrace == nil { streams.append(stream) }
    }

    private func dropPools() {
        for worker in workers { worker.dismiss() }
        workers = []
        streams = []
    }

    // MARK: Buffers

    /// Gives a buffer memory to write to, which ``takeMemory(of:)`` takes back.
    func giveMemory(to buffer: OutputBuffer) {
        buffer.adopt(memory.popLast() ?? .allocate(byteCount: 4096, alignment: 16))
    }

    func takeMemory(of buffer: OutputBuffer) {
        guard let block = buffer.surrender() else { return }
        guard memory.count < Self.poolSize, block.count <= 64 * 1024 else { return block.deallocate() }
        memory.append(block)
    }
}

/// A connection, as far as a server that shuts down is concerned. Used on its event loop only.
protocol ServerConnection: AnyObject {
    /// No request after those that are being served. An idle connection gets `grace` for one that is on its way.
    func drain(grace: TimeAmount)
    /// The time for shutting down is over.
    func shutDownNow()
}

/// Something that sends what has gathered when the tasks of a turn have run.
protocol TurnEndHandler: AnyObject {
    func turnEnded()
}
