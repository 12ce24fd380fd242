package import NIOCore

/// What a connection has received. A slot stands for a stream until it is released.
package enum HTTP2Event: Sendable {
    /// A request: its head has been filled. `end`: it has no content.
    case request(slot: Int, end: Bool)
    /// A request that is not served, and waits for an answer with this status.
    case refused(slot: Int, status: Int, end: Bool)
    /// A part of the content. The window is given back with ``HTTP2Session/consumed(_:_:into:)``.
    case data(slot: Int, ByteBuffer, end: Bool)
    /// The trailer fields, which end the request.
    case trailers(slot: Int, [(name: String, value: String)])
    /// Trailer fields beyond the limit, which end the request. It waits for an answer with 431.
    case trailersTooLarge(slot: Int)
    /// The stream is over: the peer gave it up, or broke a rule.
    case reset(slot: Int, ErrorCode, byPeer: Bool)
    /// The stream may send more; nil: any may.
    case windowGrew(slot: Int?)
    /// The priority of a stream has changed.
    case reprioritized(slot: Int)
    /// The peer opens no more streams.
    case goAway(ErrorCode)
    /// The peer has answered a PING.
    case pong(UInt64)
    /// The peer has acknowledged the settings.
    case acknowledged
}
