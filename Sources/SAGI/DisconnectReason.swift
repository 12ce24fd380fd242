/// Why an exchange ended. One vocabulary for every kind of exchange and every version of HTTP.
public struct DisconnectReason: Sendable, Hashable, CustomStringConvertible {
    /// The reason as it appears in logs, such as "client_closed".
    public let name: String

    private init(_ name: String) { self.name = name }

    /// A reason of a server's own. Its name is `name` with `x-` before it, so that it is none of those below.
    public init(own name: String) { self.init("x-" + name) }

    public var description: String { name }

    /// The response is complete; nothing went wrong.
    public static let completed = DisconnectReason("completed")
    /// The peer closed the connection or reset the stream.
    public static let clientClosed = DisconnectReason("client_closed")
    /// The peer stopped sending its request.
    public static let clientTimeout = DisconnectReason("client_timeout")
    /// Nothing happened for longer than allowed.
    public static let idleTimeout = DisconnectReason("idle_timeout")
    /// The peer did not answer a keepalive.
    public static let keepaliveTimeout = DisconnectReason("keepalive_timeout")
    /// The peer stopped reading.
    public static let writeTimeout = DisconnectReason("write_timeout")
    /// Writing failed.
    public static let writeError = DisconnectReason("write_error")
    /// Reading failed.
    public static let readError = DisconnectReason("read_error")
    /// The peer broke the protocol.
    public static let protocolError = DisconnectReason("protocol_error")
    /// The server is shutting down.
    public static let serverShutdown = DisconnectReason("server_shutdown")
    /// The server or the application failed.
    public static let serverError = DisconnectReason("server_error")
    /// The content was longer than the server accepts.
    public static let bodyTooLarge = DisconnectReason("body_too_large")
    /// More messages waited than the server keeps.
    public static let queueOverflow = DisconnectReason("queue_overflow")
}
