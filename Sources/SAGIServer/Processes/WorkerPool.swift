/// Which workers there are: decides when one is started, replaced and ended.
///
/// It has no clock and no processes. It is told what happens and what time it is, and says what to do. A worker
/// belongs to a slot, of which there are as many as workers are wanted; one that is to go keeps serving until another
/// one of its slot is ready.
package struct WorkerPool {
    /// How long things may take, and when a worker has served long enough.
    package struct Policy: Sendable, Equatable {
        package var startup: Duration?
        package var heartbeat: Duration?
        /// For a worker to end after it has been told to.
        package var stop = Duration.seconds(65)
        package var maxAge: Duration?
        package var maxMemory: Int?
        package var jitter = 10

        package init() {}
    }

    package enum Action: Equatable {
        case start(worker: Int, slot: Int)
        /// It ends what it serves, and then itself.
        case stop(worker: Int)
        case kill(worker: Int)
        case note(Note)
        /// For the first time there is nothing more to wait for, and at least one worker serves.
        case ready
        /// All workers have been replaced by new ones.
        case restarted
        /// Workers that were to replace others cannot start: the others go on.
        case restartFailed
        /// No worker is left, and none is started any more. With nil they have stopped as they were told.
        case over(failure: Ending?)
    }

    /// How a process has ended.
    package enum Ending: Sendable, Equatable {
        case exit(status: CInt)
        case signal(CInt)
    }

    enum Phase: Equatable {
        case starting(since: Duration)
        case serving(since: Duration, beat: Duration)
        case stopping(until: Duration)
        case killed
    }

    struct Worker {
        let id: Int
        let slot: Int
        let generation: Int
        var phase: Phase
        /// It has been ready.
        var hasServed = false
        /// It has been told to stop.
        var isLeaving = false
        /// It is to be replaced.
        var isRetiring = false
        let maxAge: Duration?
    }

    struct Slot {
        /// Starts that failed, one after the other.
        var failures = 0
        /// Workers that could not start, or ended soon after they were ready, one after the other. From outside the two
        /// are hard to tell apart: a request that waits can end a worker before it says that it is ready.
        var quickEnds = 0
        var notBefore = Duration.zero
        var lastFailure: Ending?
    }

    package private(set) var policy: Policy
    /// How many workers are wanted.
    package private(set) var count: Int
    private(set) var workers: [Worker] = []
    private var slots: [Slot]
    private var nextID = 1
    private var generation = 0
    /// Workers of this generation could not start: nothing more is replaced by them.
    private var failedGeneration: Int?
    private var isRestarting = false
    private var isReady = false
    private var isStopping = false
    private var isOver = false
    private var random: any RandomNumberGenerator & Sendable
    private var actions: [Action] = []

    /// A worker that ends sooner than this after it was ready has crashed at once.
    private static let soon = Duration.seconds(1)
    /// Once workers have served, so many starts may fail in every slot, one after the other, before it is over.
    private static let patience = 5

    package init(
        count: Int, policy: Policy, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.count = count
        self.policy = policy
        self.random = random
        slots = Array(repeating: Slot(), count: count)
    }

    // MARK: What happens

    /// Looks at the time: starts what is missing, replaces what is old, and ends what takes too long.
    package mutating func tick(_ now: Duration) -> [Action] {
        reconcile(now)
        return take()
    }

    /// A worker accepts connections.
    package mutating func ready(_ id: Int, _ now: Duration) -> [Action] {
        guard let index = index(of: id), case .starting = workers[index].phase else { return [] }
        workers[index].phase = .serving(since: now, beat: now)
        workers[index].hasServed = true
        let slot = workers[index].slot
        slots[slot].failures = 0
        for other in workers where other.slot == slot && other.id != id { stop(other.id, now) }
        reconcile(now)
        return take()
    }

    /// The event loops of a worker go round.
    package mutating func beat(_ id: Int, _ now: Duration) {
        guard let index = index(of: id), case .serving(let since, _) = workers[index].phase else { return }
        workers[index].phase = .serving(since: since, beat: now)
    }

    /// The resident memory of a worker has been measured.
    package mutating func memory(_ id: Int, _ bytes: Int, _ now: Duration) -> [Action] {
        guard let limit = policy.maxMemory, bytes > limit else { return [] }
        return retire(id, .memory(bytes), now)
    }

    /// A worker has served enough.
    package mutating func retire(_ id: Int, _ reason: Note.Reason, _ now: Duration) -> [Action] {
        retire(id, reason)
        reconcile(now)
        return take()
    }

    /// A worker's process has ended, or could not be made.
    package mutating func ended(_ id: Int, _ ending: Ending, _ now: Duration) -> [Action] {
        guard let index = index(of: id) else { return [] }
        let worker = workers.remove(at: index)
        if worker.isLeaving || isStopping {
            if worker.hasServed { slots[worker.slot].quickEnds = 0 }
            note(.stopped(number(worker), ending))
        } else if worker.hasServed {
            crashed(worker, ending, now)
        } else {
            couldNotStart(worker, ending, now)
        }
        reconcile(now)
        return take()
    }

    // MARK: What is wanted

    /// So many workers from now on, at least one.
    package mutating func scale(to count: Int, _ now: Duration) -> [Action] {
        guard !isStopping, count != self.count, count > 0 else { return [] }
        note(.scaled(from: self.count, to: count))
        self.count = count
        while slots.count < count { slots.append(Slot()) }
        reconcile(now)
        return take()
    }

    /// Every worker is replaced by a new one, one after the other.
    package mutating func restart(_ policy: Policy, _ now: Duration) -> [Action] {
        guard !isStopping else { return [] }
        self.policy = policy
        generation += 1
        isRestarting = true
        for slot in slots.indices { (slots[slot].notBefore, slots[slot].quickEnds) = (.zero, 0) }
        reconcile(now)
        return take()
    }

    /// All workers end what they serve; then it is over.
    package mutating func stop(_ now: Duration) -> [Action] {
        isStopping = true
        for worker in workers { stop(worker.id, now) }
        reconcile(now)
        return take()
    }

    /// All workers end at once.
    package mutating func kill(_ now: Duration) -> [Action] {
        isStopping = true
        for worker in workers { kill(worker.id) }
        reconcile(now)
        return take()
    }

    // MARK: What can be seen

    /// When to look at the time again, if nothing happens before.
    package var deadline: Duration? {
        var times = workers.compactMap { worker -> Duration? in
            switch worker.phase {
            case .starting(let since): policy.startup.map { since + $0 }
            case .serving(let since, let beat):
                [policy.heartbeat.map { beat + $0 }, worker.isRetiring ? nil : worker.maxAge.map { since + $0 }]
                    .compactMap(\.self).min()
            case .stopping(let until): until
            case .killed: nil
            }
        }
        if !isStopping { times += slots.prefix(count).map(\.notBefore).filter { $0 > .zero } }
        return times.min()
    }

    package func state(of id: Int) -> String? {
        index(of: id).map { index in
            switch workers[index].phase {
            case .starting: "starting"
            case .serving: workers[index].isRetiring ? "retiring" : "serving"
            case .stopping, .killed: "stopping"
            }
        }
    }

    package func slot(of id: Int) -> Int? { index(of: id).map { workers[$0].slot } }

    // MARK: Decisions

    private mutating func reconcile(_ now: Duration) {
        guard !isOver else { return }
        watch(now)
        if isStopping {
            if workers.isEmpty { finish(nil) }
            return
        }
        for worker in workers where worker.slot >= count { stop(worker.id, now) }
        for slot in 0..<count { fill(slot, now) }
        conclude()
    }

    /// What takes too long is ended; what is too old is replaced.
    private mutating func watch(_ now: Duration) {
        for worker in workers {
            switch worker.phase {
            case .starting(let since):
                guard let limit = policy.startup, now >= since + limit else { continue }
                note(.startTimeout(number(worker), limit))
                kill(worker.id)
            case .serving(let since, let beat):
                if let limit = policy.heartbeat, now >= beat + limit {
                    note(.stuck(number(worker), limit))
                    kill(worker.id)
                } else if let limit = worker.maxAge, now >= since + limit {
                    retire(worker.id, .age)
                }
            case .stopping(let until):
                guard now >= until else { continue }
                note(.stopTimeout(number(worker)))
                kill(worker.id)
            case .killed: break
            }
        }
    }

    /// Starts a worker where one is missing, or where the one that is there is to be replaced: then one at a time.
    private mutating func fill(_ slot: Int, _ now: Duration) {
        if slots[slot].notBefore <= now { slots[slot].notBefore = .zero }
        guard slots[slot].notBefore == .zero else { return }
        var isServed = false
        for worker in workers where worker.slot == slot {
            switch worker.phase {
            case .starting: return
            case .serving:
                isServed = true
                let isOld = worker.generation < generation && failedGeneration != generation
                guard worker.isRetiring || isOld else { return }
            case .killed:
                // How it ends says when the next one may come.
                guard worker.isLeaving else { return }
            case .stopping: break
            }
        }
        guard !isServed || !workers.contains(where: isReplacing) else { return }
        let age = policy.maxAge.map { $0 * (100 + Int.random(in: 0...max(0, policy.jitter), using: &random)) / 100 }
        workers.append(
            Worker(id: nextID, slot: slot, generation: generation, phase: .starting(since: now), maxAge: age))
        actions.append(.start(worker: nextID, slot: slot))
        nextID += 1
    }

    /// Whether a worker is starting in a slot where another one still serves.
    private func isReplacing(_ worker: Worker) -> Bool {
        guard case .starting = worker.phase else { return false }
        return workers.contains { other in
            if other.slot == worker.slot, case .serving = other.phase { true } else { false }
        }
    }

    /// Says what has been reached.
    private mutating func conclude() {
        let serving = workers.filter { if case .serving = $0.phase { true } else { false } }
        let isStarting = workers.contains { if case .starting = $0.phase { true } else { false } }
        if serving.isEmpty, !isStarting {
            let tries = isReady ? Self.patience : 1
            if slots.prefix(count).allSatisfy({ $0.failures >= tries }), workers.isEmpty {
                return finish(slots.first?.lastFailure ?? .exit(status: 1))
            }
        }
        let served = Set(serving.map(\.slot))
        if !isReady, !serving.isEmpty,
            (0..<count).allSatisfy({ served.contains($0) || slots[$0].failures > 0 })
        {
            isReady = true
            actions.append(.ready)
        }
        guard isRestarting else { return }
        if failedGeneration == generation {
            isRestarting = false
            actions.append(.restartFailed)
        } else if !serving.isEmpty, serving.allSatisfy({ $0.generation == generation }),
            (0..<count).allSatisfy({ served.contains($0) || slots[$0].failures > 0 })
        {
            isRestarting = false
            actions.append(.restarted)
        }
    }

    private mutating func finish(_ failure: Ending?) {
        isOver = true
        actions.append(.over(failure: failure))
    }

    private mutating func crashed(_ worker: Worker, _ ending: Ending, _ now: Duration) {
        var isQuick = false
        if case .serving(let since, _) = worker.phase { isQuick = now < since + Self.soon }
        let slot = worker.slot
        slots[slot].quickEnds = isQuick ? slots[slot].quickEnds + 1 : 0
        let wait = Self.wait(after: slots[slot].quickEnds - 1)
        slots[slot].notBefore = wait > .zero ? now + wait : .zero
        note(.crashed(number(worker), ending, wait))
    }

    private mutating func couldNotStart(_ worker: Worker, _ ending: Ending, _ now: Duration) {
        let slot = worker.slot
        slots[slot].failures += 1
        slots[slot].quickEnds += 1
        slots[slot].lastFailure = ending
        let wait = Self.wait(after: slots[slot].quickEnds)
        slots[slot].notBefore = now + wait
        note(.startFailed(number(worker), ending, wait))
        let isReplacement = workers.contains { $0.slot == slot && $0.generation < worker.generation }
        if isReplacement, isRestarting, worker.generation == generation { failedGeneration = generation }
    }

    /// 0, and then 0.5 s, 1 s, 2 s … 30 s.
    private static func wait(after failures: Int) -> Duration {
        failures <= 0 ? .zero : min(.milliseconds(500) * (1 << min(failures - 1, 10)), .seconds(30))
    }

    private mutating func retire(_ id: Int, _ reason: Note.Reason) {
        guard let index = index(of: id), case .serving = workers[index].phase, !workers[index].isRetiring else {
            return
        }
        workers[index].isRetiring = true
        note(.retiring(number(workers[index]), reason))
    }

    private mutating func stop(_ id: Int, _ now: Duration) {
        guard let index = index(of: id) else { return }
        switch workers[index].phase {
        case .starting, .serving:
            workers[index].phase = .stopping(until: now + policy.stop)
            workers[index].isLeaving = true
            actions.append(.stop(worker: id))
        case .stopping, .killed: break
        }
    }

    private mutating func kill(_ id: Int) {
        guard let index = index(of: id), workers[index].phase != .killed else { return }
        workers[index].phase = .killed
        actions.append(.kill(worker: id))
    }

    private func index(of id: Int) -> Int? { workers.firstIndex { $0.id == id } }

    /// Workers are counted from 1.
    private func number(_ worker: Worker) -> Int { worker.slot + 1 }

    private mutating func note(_ note: Note) { actions.append(.note(note)) }

    private mutating func take() -> [Action] {
        defer { actions = [] }
        return actions
    }
}
