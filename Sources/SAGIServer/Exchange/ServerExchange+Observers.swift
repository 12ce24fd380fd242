import NIOCore
import SAGI
import Synchronization

extension ServerExchange {
    /// What the application wants to be told. Behind the lock, for it may register from any thread.
    struct Observers {
        var disconnect: [@Sendable (DisconnectReason) -> Void] = []
        var complete: [@Sendable () -> Void] = []
        var highWater: [@Sendable () -> Void] = []
        var drain: [@Sendable () -> Void] = []
        var reason: DisconnectReason?
        var isAboveHighWater = false
    }
}

extension ServerExchange: ConnectionState {
    var isConnected: Bool { ending.load(ordering: .acquiring) == Ending.open }

    var disconnectReason: DisconnectReason? {
        ending.load(ordering: .acquiring) == Ending.disconnected ? observers.withLock { $0.reason } : nil
    }

    var responseStarted: Bool { started.load(ordering: .relaxed) }

    var responseComplete: Bool { ending.load(ordering: .acquiring) == Ending.completed }

    func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void) {
        let reason = observers.withLock { observers -> DisconnectReason? in
            touched.store(true, ordering: .sequentiallyConsistent)
            switch ending.load(ordering: .sequentiallyConsistent) {
            case Ending.open:
                if let reason = observers.reason { return reason }
                observers.disconnect.append(body)
                return nil
            case Ending.disconnected: return observers.reason
            default: return nil
            }
        }
        if let reason { body(reason) }
    }

    func onComplete(_ body: @escaping @Sendable () -> Void) {
        let isComplete = observers.withLock { observers in
            touched.store(true, ordering: .sequentiallyConsistent)
            let ending = ending.load(ordering: .sequentiallyConsistent)
            if ending == Ending.open { observers.complete.append(body) }
            return ending == Ending.completed
        }
        if isComplete { body() }
    }

    /// Whether somebody waits to be told that the response is complete, for which it must have left.
    var isObserved: Bool { touched.load(ordering: .relaxed) && observers.withLock { !$0.complete.isEmpty } }
}

extension ServerExchange: TransportState {
    var bufferedBytes: Int {
        loop.eventLoop.inEventLoop ? stream?.bufferedBytes ?? 0 : waitingBytes.load(ordering: .relaxed)
    }

    var highWaterMark: Int { loop.waterMarks.high }
    var lowWaterMark: Int { loop.waterMarks.low }

    func onHighWater(_ body: @escaping @Sendable () -> Void) {
        let isAbove = observers.withLock { observers in
            touched.store(true, ordering: .relaxed)
            observers.highWater.append(body)
            return observers.isAboveHighWater
        }
        if isAbove { body() }
    }

    func onDrain(_ body: @escaping @Sendable () -> Void) {
        observers.withLock { observers in
            touched.store(true, ordering: .relaxed)
            observers.drain.append(body)
        }
    }
}
