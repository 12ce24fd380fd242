import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// A connection or stream that carries bytes both ways instead of one request and one response: what a WebSocket needs
/// of the version of HTTP below it. Used on the event loop only.
protocol ByteTunnel: MessageStream {
    /// Accepts the request: 101 over HTTP/1.1, 200 over HTTP/2 and HTTP/3. From now on what arrives goes to `handler`,
    /// what has arrived already first. Throws before anything has been sent.
    ///
    /// - Parameter key: `Sec-WebSocket-Accept`, which HTTP/1.1 sends.
    func openTunnel(_ fields: HTTPFields, key: String, _ handler: any TunnelHandler) throws(InvalidField)
    /// Where what is sent in this turn gathers.
    func outputBuffer() -> OutputBuffer
    /// Notes that so many bytes of the application are sent in this turn: after very many the other connections come.
    func countOutput(_ count: Int)
    /// Sends what has gathered, and `bytes` after it, which are not copied.
    func sendUncopied(_ bytes: ByteBuffer)
    /// Reads, or leaves what arrives to the peer.
    func setReading(_ isReading: Bool)
    /// Ends the tunnel after everything that was sent.
    func closeTunnel()
    /// Ends it at once: the peer is gone, or means harm.
    func abortTunnel()
}

/// What a tunnel tells.
protocol TunnelHandler: AnyObject {
    func received(_ bytes: ByteBuffer)
    /// The peer sends nothing more.
    func receivedEnd()
    /// The tunnel has become writable, or has drained.
    func writabilityChanged()
    /// The tunnel is gone, or has to go at once.
    func closed(_ reason: DisconnectReason)
    /// The application has returned or thrown.
    func applicationReturned(_ failure: (any Error)?)
}
