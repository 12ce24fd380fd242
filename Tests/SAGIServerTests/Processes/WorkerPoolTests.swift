import Testing

@testable import SAGIServer

/// The rules by which workers are started, replaced and ended.
@Suite("Worker pool")
struct WorkerPoolTests {
    /// A pool that is told what happens, with a clock that stands still until it is moved.
    private struct Bench {
        var pool: WorkerPool
        var now = Duration.zero
        /// What was said since it was last asked.
        var actions: [WorkerPool.Action] = []

        init(_ count: Int, _ change: (inout WorkerPool.Policy) -> Void = { _ in }) {
            var policy = WorkerPool.Policy()
            policy.startup = .seconds(60)
            policy.jitter = 0
            change(&policy)
            pool = WorkerPool(count: count, policy: policy)
            actions = pool.tick(now)
        }

        /// All workers of the first moment are ready.
        static func serving(_ count: Int, _ change: (inout WorkerPool.Policy) -> Void = { _ in }) -> Bench {
            var bench = Bench(count, change)
            for id in 1...count { bench.tell { $0.ready(id, $1) } }
            bench.actions = []
            return bench
        }

        mutating func tell(_ body: (inout WorkerPool, Duration) -> [WorkerPool.Action]) {
            actions += body(&pool, now)
        }

        mutating func wait(_ time: Duration) {
            now += time
            tell { $0.tick($1) }
        }

        /// What it says without what it only notes.
        mutating func take() -> [WorkerPool.Action] {
            defer { actions = [] }
            return actions.filter { if case .note = $0 { false } else { true } }
        }

        var notes: [WorkerPool.Note] {
            actions.compactMap { if case .note(let note) = $0 { note } else { nil } }
        }
    }

    @Test("All workers are started at once, and it is ready when all serve")
    func start() {
        var bench = Bench(2)
        #expect(bench.take() == [.start(worker: 1, slot: 0), .start(worker: 2, slot: 1)])
        bench.tell { $0.ready(2, $1) }
        #expect(bench.take() == [])
        bench.tell { $0.ready(1, $1) }
        #expect(bench.take() == [.ready])
        bench.tell { $0.ready(1, $1) }
        #expect(bench.take() == [])
    }

    @Test("A worker that cannot start does not keep the others from being ready, and is tried again later and later")
    func oneFails() {
        var bench = Bench(2)
        bench.tell { $0.ready(1, $1) }
        _ = bench.take()
        bench.tell { $0.ended(2, .exit(status: 3), $1) }
        #expect(bench.notes == [.startFailed(2, .exit(status: 3), .milliseconds(500))])
        #expect(bench.take() == [.ready])
        var id = 3
        for wait in [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000] {
            bench.wait(.milliseconds(wait - 1))
            #expect(bench.take() == [])
            bench.wait(.milliseconds(1))
            #expect(bench.take() == [.start(worker: id, slot: 1)])
            bench.tell { $0.ended(id, .exit(status: 3), $1) }
            #expect(bench.take() == [])
            id += 1
        }
    }

    @Test("When no worker can start, it is over at once")
    func allFail() {
        var bench = Bench(2)
        _ = bench.take()
        bench.tell { $0.ended(1, .exit(status: 3), $1) }
        #expect(bench.take() == [])
        bench.tell { $0.ended(2, .exit(status: 3), $1) }
        #expect(bench.take() == [.over(failure: .exit(status: 3))])
        bench.wait(.seconds(100))
        #expect(bench.take() == [])
    }

    @Test("When workers have served and none can start any more, it is over after some tries")
    func allFailLater() {
        var bench = Bench.serving(1)
        bench.wait(.seconds(10))
        bench.tell { $0.ended(1, .signal(9), $1) }
        #expect(bench.take() == [.start(worker: 2, slot: 0)])
        for id in 2...5 {
            bench.tell { $0.ended(id, .exit(status: 3), $1) }
            #expect(bench.take() == [])
            bench.wait(.seconds(30))
            #expect(bench.take() == [.start(worker: id + 1, slot: 0)])
        }
        bench.tell { $0.ended(6, .exit(status: 3), $1) }
        #expect(bench.take() == [.over(failure: .exit(status: 3))])
    }

    @Test("A worker that is not ready in its time is killed, and counts as one that cannot start")
    func startTimeout() {
        var bench = Bench(1) { $0.startup = .seconds(5) }
        _ = bench.take()
        #expect(bench.pool.deadline == .seconds(5))
        bench.wait(.seconds(5))
        #expect(bench.notes == [.startTimeout(1, .seconds(5))])
        #expect(bench.take() == [.kill(worker: 1)])
        bench.tell { $0.ended(1, .signal(9), $1) }
        #expect(bench.take() == [.over(failure: .signal(9))])
    }

    @Test("A worker that crashes is replaced at once; one that crashes again and again, later and later")
    func crash() {
        var bench = Bench.serving(1)
        bench.wait(.seconds(2))
        bench.tell { $0.ended(1, .signal(11), $1) }
        #expect(bench.notes == [.crashed(1, .signal(11), .zero)])
        #expect(bench.take() == [.start(worker: 2, slot: 0)])
        // The first quick crash costs no time either.
        bench.tell { $0.ready(2, $1) }
        bench.tell { $0.ended(2, .signal(11), $1) }
        #expect(bench.take() == [.start(worker: 3, slot: 0)])
        bench.tell { $0.ready(3, $1) }
        bench.tell { $0.ended(3, .signal(11), $1) }
        #expect(bench.take() == [])
        bench.wait(.milliseconds(500))
        #expect(bench.take() == [.start(worker: 4, slot: 0)])
        // Who serves for a while has not crashed at once.
        bench.tell { $0.ready(4, $1) }
        bench.wait(.seconds(1))
        bench.tell { $0.ended(4, .signal(11), $1) }
        #expect(bench.take() == [.start(worker: 5, slot: 0)])
    }

    @Test("A worker that by turns crashes and cannot start is tried later and later, until one serves for a while")
    func crashOrFailure() {
        var bench = Bench.serving(1)
        bench.tell { $0.ended(1, .exit(status: 1), $1) }
        #expect(bench.take() == [.start(worker: 2, slot: 0)])
        bench.tell { $0.ended(2, .exit(status: 1), $1) }
        #expect(bench.notes.last == .startFailed(1, .exit(status: 1), .seconds(1)))
        bench.wait(.seconds(1))
        #expect(bench.take() == [.start(worker: 3, slot: 0)])
        bench.tell { $0.ready(3, $1) }
        bench.tell { $0.ended(3, .exit(status: 1), $1) }
        #expect(bench.notes.last == .crashed(1, .exit(status: 1), .seconds(1)))
        bench.wait(.seconds(1))
        #expect(bench.take() == [.start(worker: 4, slot: 0)])
        // One that served and was told to stop had nothing wrong with it.
        bench.tell { $0.ready(4, $1) }
        bench.tell { $0.retire(4, .requests, $1) }
        bench.tell { $0.ready(5, $1) }
        bench.tell { $0.ended(4, .exit(status: 0), $1) }
        _ = bench.take()
        bench.tell { $0.ended(5, .exit(status: 1), $1) }
        #expect(bench.notes.last == .crashed(1, .exit(status: 1), .zero))
    }

    @Test("A worker whose event loops are blocked is killed and replaced")
    func heartbeat() {
        var bench = Bench.serving(2) { $0.heartbeat = .seconds(10) }
        bench.wait(.seconds(6))
        bench.pool.beat(1, bench.now)
        #expect(bench.pool.deadline == .seconds(10))
        bench.wait(.seconds(4))
        #expect(bench.notes == [.stuck(2, .seconds(10))])
        #expect(bench.take() == [.kill(worker: 2)])
        bench.tell { $0.ended(2, .signal(9), $1) }
        #expect(bench.take() == [.start(worker: 3, slot: 1)])
        // It has as much time to start as any.
        bench.wait(.seconds(5))
        #expect(bench.take() == [])
    }

    @Test("A worker that has served enough goes when another one is ready", arguments: [0, 1, 2])
    func retire(_ kind: Int) {
        var bench = Bench.serving(2) {
            if kind == 1 { $0.maxAge = .seconds(100) }
            $0.maxMemory = 1000
        }
        switch kind {
        case 0: bench.tell { $0.retire(2, .requests, $1) }
        case 1:
            bench.pool.beat(1, bench.now)
            bench.wait(.seconds(100))
        default:
            bench.tell { $0.memory(2, 1000, $1) }
            #expect(bench.take() == [])
            bench.tell { $0.memory(2, 1001, $1) }
        }
        // With the age both are due, and one is replaced after the other.
        let first = kind == 1 ? 0 : 1
        #expect(bench.take() == [.start(worker: 3, slot: first)])
        bench.tell { $0.memory(first + 1, 2000, $1) }
        #expect(bench.take() == [])
        bench.tell { $0.ready(3, $1) }
        let then: [WorkerPool.Action] = [.stop(worker: first + 1)] + (kind == 1 ? [.start(worker: 4, slot: 1)] : [])
        #expect(bench.take() == then)
        bench.tell { $0.ended(first + 1, .exit(status: 0), $1) }
        #expect(bench.take() == [])
    }

    @Test("Ages differ by the jitter")
    func jitter() {
        var bench = Bench(64) { ($0.maxAge, $0.jitter) = (.seconds(100), 50) }
        for id in 1...64 { bench.tell { $0.ready(id, $1) } }
        let ages = Set(bench.pool.workers.compactMap(\.maxAge))
        #expect(ages.count > 5)
        #expect(ages.allSatisfy { (.seconds(100)...Duration.seconds(150)).contains($0) })
    }

    @Test("A worker that does not stop in its time is killed")
    func stopTimeout() {
        var bench = Bench.serving(1) { $0.stop = .seconds(5) }
        bench.tell { $0.stop($1) }
        #expect(bench.take() == [.stop(worker: 1)])
        bench.wait(.seconds(4))
        #expect(bench.take() == [])
        bench.wait(.seconds(1))
        #expect(bench.take() == [.kill(worker: 1)])
        bench.tell { $0.ended(1, .signal(9), $1) }
        #expect(bench.take() == [.over(failure: nil)])
    }

    @Test("A restart replaces one worker after the other")
    func restart() {
        var bench = Bench.serving(2)
        bench.tell { $0.restart($0.policy, $1) }
        #expect(bench.take() == [.start(worker: 3, slot: 0)])
        bench.wait(.seconds(1))
        #expect(bench.take() == [])
        bench.tell { $0.ready(3, $1) }
        #expect(bench.take() == [.stop(worker: 1), .start(worker: 4, slot: 1)])
        bench.tell { $0.ready(4, $1) }
        #expect(bench.take() == [.stop(worker: 2), .restarted])
        bench.tell { $0.ended(1, .exit(status: 0), $1) }
        bench.tell { $0.ended(2, .exit(status: 0), $1) }
        #expect(bench.take() == [])
    }

    @Test("A restart during a restart replaces what has just been started, too")
    func restartTwice() {
        var bench = Bench.serving(2)
        bench.tell { $0.restart($0.policy, $1) }
        bench.tell { $0.ready(3, $1) }
        _ = bench.take()
        bench.tell { $0.restart($0.policy, $1) }
        // The replacement that is on its way is of the old kind: it is replaced when it is ready.
        #expect(bench.take() == [])
        bench.tell { $0.ready(4, $1) }
        #expect(bench.take() == [.stop(worker: 2), .start(worker: 5, slot: 0)])
        bench.tell { $0.ready(5, $1) }
        #expect(bench.take() == [.stop(worker: 3), .start(worker: 6, slot: 1)])
        bench.tell { $0.ready(6, $1) }
        #expect(bench.take() == [.stop(worker: 4), .restarted])
    }

    @Test("When a new worker cannot start, the restart is given up, and the old ones go on")
    func restartFails() {
        var bench = Bench.serving(2)
        bench.tell { $0.restart($0.policy, $1) }
        _ = bench.take()
        bench.tell { $0.ended(3, .exit(status: 2), $1) }
        #expect(bench.take() == [.restartFailed])
        bench.wait(.seconds(100))
        #expect(bench.take() == [])
        // The next one is another try.
        bench.tell { $0.restart($0.policy, $1) }
        #expect(bench.take() == [.start(worker: 4, slot: 0)])
    }

    @Test("A worker of old that crashes after a restart was given up is replaced")
    func crashAfterFailedRestart() {
        var bench = Bench.serving(1)
        bench.tell { $0.restart($0.policy, $1) }
        bench.tell { $0.ended(2, .exit(status: 2), $1) }
        _ = bench.take()
        bench.wait(.seconds(50))
        bench.tell { $0.ended(1, .signal(9), $1) }
        #expect(bench.take() == [.start(worker: 3, slot: 0)])
    }

    @Test("More workers are started, and those that are too many are stopped")
    func scale() {
        var bench = Bench.serving(2)
        bench.tell { $0.scale(to: 3, $1) }
        #expect(bench.take() == [.start(worker: 3, slot: 2)])
        bench.tell { $0.ready(3, $1) }
        bench.tell { $0.scale(to: 1, $1) }
        #expect(bench.take() == [.stop(worker: 2), .stop(worker: 3)])
        bench.tell { $0.scale(to: 0, $1) }
        bench.tell { $0.scale(to: 1, $1) }
        #expect(bench.take() == [])
        // A slot that is wanted again gets a worker, though its last one is still on its way out.
        bench.tell { $0.scale(to: 2, $1) }
        #expect(bench.take() == [.start(worker: 4, slot: 1)])
    }

    @Test("Stopping ends those that are starting, too, and starts none")
    func stop() {
        var bench = Bench(2)
        bench.tell { $0.ready(1, $1) }
        _ = bench.take()
        bench.tell { $0.stop($1) }
        #expect(bench.take() == [.stop(worker: 1), .stop(worker: 2)])
        bench.tell { $0.ended(2, .exit(status: 0), $1) }
        bench.tell { $0.restart($0.policy, $1) }
        bench.tell { $0.scale(to: 5, $1) }
        #expect(bench.take() == [])
        bench.tell { $0.kill($1) }
        #expect(bench.take() == [.kill(worker: 1)])
        bench.tell { $0.ended(1, .signal(9), $1) }
        #expect(bench.take() == [.over(failure: nil)])
    }

    @Test("A pool without workers is over when it is told to stop")
    func stopWithNone() {
        var bench = Bench.serving(1)
        bench.tell { $0.ended(1, .signal(9), $1) }
        bench.tell { $0.ended(2, .exit(status: 3), $1) }
        _ = bench.take()
        bench.tell { $0.stop($1) }
        #expect(bench.take() == [.over(failure: nil)])
    }

    @Test("Every note is a sentence")
    func notes() {
        let ending = WorkerPool.Ending.signal(9)
        let all: [WorkerPool.Note] = [
            .scaled(from: 1, to: 2), .retiring(1, .requests), .retiring(1, .age), .retiring(1, .memory(1 << 30)),
            .stopped(1, ending), .crashed(1, ending, .zero), .crashed(1, ending, .seconds(1)),
            .startFailed(1, ending, .seconds(1)), .startTimeout(1, .seconds(1)), .stopTimeout(1),
            .stuck(1, .seconds(1)),
        ]
        for note in all { #expect(note.text.hasSuffix(".") && !note.text.contains("Optional"), "\(note.text)") }
        #expect(all[6].text == "Worker 1 ended while it served (signal 9); another one is started in 1.0 seconds.")
    }
}
