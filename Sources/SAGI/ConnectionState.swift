/// Whether the peer of an exchange is still there, and how the exchange ended. May be used from any task.
public protocol ConnectionState: AnyObject, Sendable {
    /// True until the exchange ends; then false for good.
    var isConnected: Bool { get }
    /// Why the exchange ended before its response was complete; `nil` while it is open and after it completed.
    var disconnectReason: DisconnectReason? { get }
    /// Whether a response has been started, by the application, a middleware or the server.
    var responseStarted: Bool { get }
    /// Whether the whole response has been handed to the operating system.
    var responseComplete: Bool { get }

    /// Calls `body` if the exchange ends before its response is complete: in the order of registration, at
    /// once when that has happened already. Never when ``onComplete(_:)`` runs.
    func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void)
    /// Calls `body` when the response is complete: in the order of registration, at once when it is already.
    /// Never when ``onDisconnect(_:)`` runs.
    func onComplete(_ body: @escaping @Sendable () -> Void)
}

extension ConnectionState {
    /// Waits until the exchange has ended: the reason, or `nil` when its response was completed or the
    /// waiting task was cancelled.
    public var disconnected: DisconnectReason? {
        get async {
            let (stream, continuation) = AsyncStream<DisconnectReason?>.makeStream()
            onDisconnect { continuation.yield($0) }
            onComplete { continuation.yield(nil) }
            for await reason in stream { return reason }
            return nil
        }
    }
}

/// How much of an exchange's output waits to be sent. May be used from any task.
public protocol TransportState: AnyObject, Sendable {
    /// Bytes accepted by `send` that the operating system has not taken yet.
    var bufferedBytes: Int { get }
    /// The number of waiting bytes from which on `send` suspends.
    var highWaterMark: Int { get }
    /// The number of waiting bytes below which it resumes.
    var lowWaterMark: Int { get }

    /// Calls `body` each time the waiting bytes reach the high-water mark, and at once when they are there.
    func onHighWater(_ body: @escaping @Sendable () -> Void)
    /// Calls `body` each time they fall below the low-water mark after having been at the high one.
    func onDrain(_ body: @escaping @Sendable () -> Void)
}

/// The connection of a scope that no server made: always connected.
public final class DetachedConnection: ConnectionState {
    static let shared = DetachedConnection()

    public init() {}

    public var isConnected: Bool { true }
    public var disconnectReason: DisconnectReason? { nil }
    public var responseStarted: Bool { false }
    public var responseComplete: Bool { false }
    public func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void) {}
    public func onComplete(_ body: @escaping @Sendable () -> Void) {}
}
