import SAGI

/// What stands between an exchange and an application that is served something else than plain HTTP: a WebSocket or an
/// event stream. Used on the event loop only.
protocol ExchangeLayer: AnyObject {
    /// The time that was asked for with ``MessageStream/setTimer(_:)`` has come.
    func timerFired()
    /// The exchange has ended before its response was whole.
    func disconnected(_ reason: DisconnectReason)
    /// The server is shutting down, and the client should go elsewhere.
    func shutDown()
    /// The stream has done with the exchange: nothing may be asked of it any more.
    func detach()
}
