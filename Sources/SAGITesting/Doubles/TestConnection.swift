public import SAGI
import Synchronization

/// A connection that a test drives: for the scope of an exchange that no server made.
///
/// ```swift
/// let connection = TestConnection()
/// let scope = RequestScope(request: request, connection: connection)
/// connection.disconnect(.clientClosed)      // what the application registered runs now
/// connection.fill(100_000)                  // and the output is above its high-water mark
/// ```
public final class TestConnection: ConnectionState, TransportState {
    private let core: Mutex<ConnectionCore>

    /// Makes a connection that is open, with nothing waiting.
    ///
    /// - Parameters:
    ///   - highWaterMark: see `TransportState`. Default 64 KiB.
    ///   - lowWaterMark: see `TransportState`. Default 16 KiB.
    public init(highWaterMark: Int = 64 * 1024, lowWaterMark: Int = 16 * 1024) {
        core = Mutex(ConnectionCore(highWaterMark: highWaterMark, lowWaterMark: lowWaterMark))
    }

    // MARK: What a test does

    /// A response has been started.
    public func startResponse() { core.withLock { $0.responseStarted = true } }

    /// The response is complete. Does nothing when the exchange has ended already.
    public func complete() {
        change { core in
            if core.isOpen { core.responseStarted = true }
            return core.complete()
        }
    }

    /// The exchange ends before its response is complete. Does nothing when it has ended already.
    public func disconnect(_ reason: DisconnectReason = .clientClosed) { change { $0.disconnect(reason) } }

    /// So many bytes more wait to be sent.
    public func fill(_ bytes: Int) { change { $0.fill(bytes) } }

    /// So many bytes have been sent; `nil`, the default, is everything that waits.
    public func drain(_ bytes: Int? = nil) { change { $0.drain(bytes ?? $0.bufferedBytes) } }

    // MARK: What an application sees

    public var isConnected: Bool { core.withLock { $0.isOpen } }
    public var disconnectReason: DisconnectReason? { core.withLock { $0.reason } }
    public var responseStarted: Bool { core.withLock { $0.responseStarted } }
    public var responseComplete: Bool { core.withLock { $0.ending == .completed } }
    public var bufferedBytes: Int { core.withLock { $0.bufferedBytes } }
    public var highWaterMark: Int { core.withLock { $0.highWaterMark } }
    public var lowWaterMark: Int { core.withLock { $0.lowWaterMark } }

    public func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void) {
        change { $0.onDisconnect(body) }
    }

    public func onComplete(_ body: @escaping @Sendable () -> Void) { change { $0.onComplete(body) } }

    public func onHighWater(_ body: @escaping @Sendable () -> Void) { change { $0.onHighWater(body) } }

    public func onDrain(_ body: @escaping @Sendable () -> Void) { core.withLock { $0.onDrain(body) } }

    private func change(_ body: (inout ConnectionCore) -> [Action]) {
        // Called when the lock has been left, for they may ask the connection.
        for action in core.withLock({ body(&$0) }) { action() }
    }
}
