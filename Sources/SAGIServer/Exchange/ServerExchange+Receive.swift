import NIOCore
import SAGI
import Synchronization

extension ServerExchange {
    func poll() throws -> HTTPRequestEvent? {
        guard loop.isInThisTurn, !toldEnd else { return nil }
        return try pollOnLoop()
    }

    private func pollOnLoop() throws -> HTTPRequestEvent? {
        guard receiver == nil else { throw ExchangeError.concurrentReceive }
        guard hasEnded || rules.phase == .complete else { return stream?.nextEvent() }
        toldEnd = true
        return .disconnect(isDisconnected ? reason ?? .clientClosed : .completed)
    }

    func wait(_ pending: PendingReceive<HTTPRequestEvent>) {
        let continuation = pending.continuation
        if toldEnd {
            return inAnotherTurn {
                continuation.resume(with: Result { try self.pollOnLoop() ?? .disconnect(.completed) })
            }
        }
        do {
            if let event = try pollOnLoop() { return continuation.resume(returning: event) }
        } catch {
            return continuation.resume(throwing: error)
        }
        if let waiter = pending.waiter, waiter.isCancelled.load(ordering: .acquiring) {
            return continuation.resume(throwing: CancellationError())
        }
        receiver = pending
        stream?.isAwaited(true)
    }

    func cancelReceive(_ waiter: Waiter) {
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
}
