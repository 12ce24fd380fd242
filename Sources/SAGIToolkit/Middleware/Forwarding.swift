public import SAGI

/// What ``ProxyHeaders`` has replaced in a scope, as it was before: the facts of the connection to the proxy.
public struct Forwarding: Sendable, Hashable {
    /// The address of the proxy that the request came from.
    public var peer: PeerAddress?
    /// The scheme of the connection to it.
    public var scheme: String
    /// The host and port that it asked for.
    public var authority: String?
    /// The root path before ``prefix`` was put in front of it.
    public var rootPath: String
    /// The prefix of the path that the proxy has taken away; empty when there is none.
    public var prefix: String
    /// What the client calls itself at its proxy where no address is told: `unknown`, or a name such as `_hidden`
    /// (RFC 7239 §6). `RequestScope.client` is `nil` then.
    public var clientName: String?
    /// How many proxies' words were taken.
    public var hops: Int
}

enum ForwardingKey: ValueKey { typealias Value = Forwarding }

extension RequestScope {
    /// What `ProxyHeaders` has replaced in this scope; `nil` when the request did not come from a trusted proxy.
    public var forwarding: Forwarding? { values[ForwardingKey.self] }
}
