import CPlatform
import NIOCore
import SAGI
import Synchronization

/// A call of the application that waits and can be cancelled, even before it has come to the loop.
final class Waiter: Sendable {
    let isCancelled = Atomic<Bool>(false)
}

/// A `receive` that waits for the next event.
struct PendingReceive<Event: Sendable> {
    /// Nil when only the end of the exchange ends the waiting.
    var waiter: Waiter?
    var continuation: UnsafeContinuation<Event, any Error>
}

/// A `send` that waits until its event can be taken.
struct PendingSend<Event: Sendable> {
    /// Nil when only the end of the exchange ends the waiting.
    var waiter: Waiter?
    var event: Event
    var continuation: UnsafeContinuation<Void, any Error>
}

/// An exchange that lives on an event loop: what brings the application's `send` and `receive` there when they have to
/// wait, and when they come from somewhere else.
protocol LoopExchange: EventSink, EventSource {
    var loop: LoopContext { get }
    /// The identity of the task that the application was called in.
    var task: UnsafeRawPointer? { get }

    /// Takes the event in its turn. On the loop.
    func enqueue(_ pending: PendingSend<Outbound>)
    func cancelSend(_ waiter: Waiter)
    /// Answers with the next event, now or later. On the loop.
    func wait(_ pending: PendingReceive<Inbound>)
    func cancelReceive(_ waiter: Waiter)
}

extension LoopExchange {
    /// Whether the application calls from the task that it was called in. That one is cancelled by the server alone, and
    /// only when the exchange has ended, which resumes all that wait: it needs no way of its own to be cancelled.
    private var isInOwnTask: Bool { sagi_current_task() == task }

    nonisolated(nonsending) func send(_ event: Outbound) async throws {
        guard !isInOwnTask else {
            return try await withUnsafeThrowingContinuation { continuation in
                let pending = PendingSend(waiter: nil, event: event, continuation: continuation)
                if loop.isInThisTurn { enqueue(pending) } else { onLoop { self.enqueue(pending) } }
            }
        }
        let waiter = Waiter()
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let pending = PendingSend(waiter: waiter, event: event, continuation: continuation)
                onLoop { self.enqueue(pending) }
            }
        } onCancel: {
            waiter.isCancelled.store(true, ordering: .releasing)
            onLoop { self.cancelSend(waiter) }
        }
    }

    nonisolated(nonsending) func next() async throws -> Inbound {
        guard !isInOwnTask else {
            return try await withUnsafeThrowingContinuation { continuation in
                let pending = PendingReceive<Inbound>(waiter: nil, continuation: continuation)
                if loop.isInThisTurn { wait(pending) } else { onLoop { self.wait(pending) } }
            }
        }
        let waiter = Waiter()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let pending = PendingReceive<Inbound>(waiter: waiter, continuation: continuation)
                onLoop { self.wait(pending) }
            }
        } onCancel: {
            waiter.isCancelled.store(true, ordering: .releasing)
            onLoop { self.cancelReceive(waiter) }
        }
    }

    /// Runs `body` in another turn, after what waits: an application that never stops asking or sending after the end of
    /// its exchange must not keep the loop. A call that is answered at once does not even suspend.
    func inAnotherTurn(_ body: @escaping @Sendable () -> Void) {
        loop.eventLoop.execute { self.loop.turn(body) }
    }

    /// Runs `body` on the loop, in a turn: now when this is the loop.
    func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.eventLoop.inEventLoop {
            loop.turn(body)
        } else {
            loop.eventLoop.execute { self.loop.turn(body) }
        }
    }
}
