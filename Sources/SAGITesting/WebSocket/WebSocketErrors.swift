import HTTPTypes

/// The handshake of a WebSocket was answered with an ordinary response.
public struct WebSocketDenied: Error, CustomStringConvertible {
    /// The response.
    public let response: TestResponse

    public var description: String {
        "The WebSocket was denied with \(response.status.code): \(response.text.prefix(1000))"
    }
}

/// A test wants something of a WebSocket that is closed.
public struct WebSocketClosed: Error, Hashable, CustomStringConvertible {
    /// How it was closed.
    public let close: WebSocketClose
    /// What the server did wrong; `nil` when it did nothing wrong.
    public let failure: String?

    public var description: String {
        "The WebSocket is closed with \(close)\(failure.map { ": \($0)" } ?? ".")"
    }
}
