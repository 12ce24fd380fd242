import SAGI

extension RequestScope {
    /// Whether as much waits to be sent as may wait.
    var isBehind: Bool { transport.map { $0.bufferedBytes >= $0.highWaterMark } ?? false }

    /// Calls `body` when the exchange has ended: with `nil` when it is complete, or else with why.
    func onClose(_ body: @escaping @Sendable (DisconnectReason?) -> Void) {
        connection.onComplete { body(nil) }
        connection.onDisconnect { body($0) }
    }
}
