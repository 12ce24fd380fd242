import Dispatch

/// Runs the task of one exchange, one job at a time, as an event loop would: a turn ends when the application
/// suspends or returns. Then what has gathered goes out.
final class TurnExecutor: TaskExecutor {
    private static let key = DispatchSpecificKey<ObjectIdentifier>()

    private let queue = DispatchQueue(label: "sagi.testing.exchange")
    private let turnEnded: @Sendable () -> Void

    init(turnEnded: @escaping @Sendable () -> Void) {
        self.turnEnded = turnEnded
        queue.setSpecific(key: Self.key, value: ObjectIdentifier(self))
    }

    /// Whether the caller runs in a turn of this executor.
    var isCurrent: Bool { DispatchQueue.getSpecific(key: Self.key) == ObjectIdentifier(self) }

    /// Runs `body` when the turns have ended that are due by now.
    func afterTurns(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            self.turnEnded()
        }
    }
}
