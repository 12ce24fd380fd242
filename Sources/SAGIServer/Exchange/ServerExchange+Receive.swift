import NIOCore
import SAGI
import Synchronization

extension ServerExchange: EventSource {
    func poll() throws -> HTTPRequestEvent? {
        guard loop.isInThisTurn else { return nil }
        return try pollOnLoop()
    }

    nonisolated(nonsending) func next() async throws -> HTTPRequestEvent {
        let waiter = Waiter()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                onLoop { self.wait(waiter, continuation) }
            }
        } onCancel: {
            waiter.isCancelled.store(true, ordering: .releasing)
            onLoop { self.cancelReceive(waiter) }
        }
    }

    private func pollOnLoop() throws -> HTTPRequestEvent? {
        guard receiver == nil else { throw ExchangeError.concurrentReceive }
        switch ending.load(ordering: .relaxed) {
        case Ending.completed: return .disconnect(.completed)
        case Ending.disconnected: return .disconnect(reason ?? .clientClosed)
        default: break
        }
        if rules.phase == .complete { return .disconnect(.completed) }
        return stream?.nextEvent()
    }

    private func wait(_ waiter: Waiter, _ continuation: UnsafeContinuation<HTTPRequestEvent, any Error>) {
        do {
            if let event = try pollOnLoop() { return continuation.resume(returning: event) }
        } catch {
            return continuation.resume(throwing: error)
        }
        if waiter.isCancelled.load(ordering: .acquiring) {
            return continuation.resume(throwing: CancellationError())
        }
        receiver = PendingReceive(waiter: waiter, continuation: continuation)
        stream?.isAwaited(true)
    }

    private func cancelReceive(_ waiter: Waiter) {
        guard let receiver, receiver.waiter === waiter else { return }
        self.receiver = nil
        stream?.isAwaited(false)
        receiver.continuation.resume(throwing: CancellationError())
    }

    /// Something of the request has arrived.
    func requestArrived() {
        // Bad content ends the exchange while it is read, and that has resumed the receiver.
        guard receiver != nil, let event = stream?.nextEvent(), let receiver = receiver.take() else { return }
        stream?.isAwaited(false)
        receiver.continuation.resume(returning: event)
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.eventLoop.inEventLoop {
            loop.turn(body)
        } else {
            loop.eventLoop.execute { self.loop.turn(body) }
        }
    }
}
