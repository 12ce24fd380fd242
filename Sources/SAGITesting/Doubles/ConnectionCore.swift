import SAGI

/// Something to call once a lock has been left.
typealias Action = @Sendable () -> Void

/// What ``ConnectionState`` and ``TransportState`` promise, as a value: each change returns what has to be called.
struct ConnectionCore: Sendable {
    enum Ending: Sendable, Equatable {
        case open
        case completed
        case disconnected(DisconnectReason)
    }

    private(set) var ending = Ending.open
    var responseStarted = false
    private(set) var bufferedBytes = 0
    let highWaterMark: Int
    let lowWaterMark: Int
    /// The high-water mark has been reached, and the low one has not been since.
    private(set) var isAboveHighWater = false

    private var disconnectBodies: [@Sendable (DisconnectReason) -> Void] = []
    private var completeBodies: [Action] = []
    private var highWaterBodies: [Action] = []
    private var drainBodies: [Action] = []

    init(highWaterMark: Int, lowWaterMark: Int) {
        self.highWaterMark = highWaterMark
        self.lowWaterMark = lowWaterMark
    }

    var isOpen: Bool { ending == .open }

    var reason: DisconnectReason? { if case .disconnected(let reason) = ending { reason } else { nil } }

    mutating func complete() -> [Action] {
        guard isOpen else { return [] }
        ending = .completed
        return takeBodies().complete
    }

    mutating func disconnect(_ reason: DisconnectReason) -> [Action] {
        guard isOpen else { return [] }
        ending = .disconnected(reason)
        return takeBodies().disconnect.map { body in { body(reason) } }
    }

    mutating func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void) -> [Action] {
        if isOpen { disconnectBodies.append(body) }
        return reason.map { reason in [{ body(reason) }] } ?? []
    }

    mutating func onComplete(_ body: @escaping Action) -> [Action] {
        if isOpen { completeBodies.append(body) }
        return ending == .completed ? [body] : []
    }

    mutating func fill(_ bytes: Int) -> [Action] {
        bufferedBytes += bytes
        guard !isAboveHighWater, bufferedBytes >= highWaterMark else { return [] }
        isAboveHighWater = true
        return highWaterBodies
    }

    mutating func drain(_ bytes: Int) -> [Action] {
        bufferedBytes = max(0, bufferedBytes - bytes)
        // "Below" the low mark; a low mark of 0 is reached when nothing waits.
        guard isAboveHighWater, bufferedBytes < max(lowWaterMark, 1) else { return [] }
        isAboveHighWater = false
        return drainBodies
    }

    mutating func onHighWater(_ body: @escaping Action) -> [Action] {
        highWaterBodies.append(body)
        return isAboveHighWater ? [body] : []
    }

    mutating func onDrain(_ body: @escaping Action) { drainBodies.append(body) }

    /// Each body runs once at most, so none is kept.
    private mutating func takeBodies() -> (
        disconnect: [@Sendable (DisconnectReason) -> Void], complete: [Action]
    ) {
        defer {
            disconnectBodies = []
            completeBodies = []
        }
        return (disconnectBodies, completeBodies)
    }
}
