/// What a server does about streams of server-sent events.
public struct EventStreamConfiguration: Sendable, Equatable {
    /// A comment is sent when the application has sent nothing for this long, unless it says otherwise: proxies close
    /// connections on which nothing moves. Default 15 s; `nil` sends none.
    public var keepalive: Duration? = .seconds(15)
    /// Without an event of the application. Then the stream is ended. Default `nil`: for ever.
    public var idleTimeout: Duration?

    public init() {}
}
