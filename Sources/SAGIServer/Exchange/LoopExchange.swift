import NIOCore
import SAGI
import Synchronization

/// A call of the application that waits. It can be cancelled before it has come to the loop.
final class Waiter: Sendable {
    let isCancelled = Atomic<Bool>(false)
}

/// A `receive` that waits for the next event.
struct PendingReceive<Event: Sendable> {
    var waiter: Waiter
    var continuation: UnsafeContinuation<Event, any Error>
}

/// A `send` that waits until its event can be taken.
struct PendingSend<Event: Sendable> {
    var waiter: Waiter
    var event: Event
    var continuation: UnsafeContinuation<Void, any Error>
}

/// An exchange that lives on an event loop: what brings the application's `send` and `receive` there when they have to
/// wait, and when they come from somewhere else.
protocol LoopExchange: EventSink, EventSource {
    var loop: LoopContext { get }

    /// Takes the event in its turn. On the loop.
    func enqueue(_ pending: PendingSend<Outbound>)
    func cancelSend(_ waiter: Waiter)
    /// Answers with the next event, now or later. On the loop.
    func wait(_ pending: PendingReceive<Inbound>)
    func cancelReceive(_ waiter: Waiter)
}

extension LoopExchange {
    nonisolated(nonsending) func send(_ event: Outbound) async throws {
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
