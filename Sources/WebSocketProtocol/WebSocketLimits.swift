/// What a peer may send. A violation ends the connection with 1009.
package struct WebSocketLimits: Sendable {
    /// Bytes in one frame.
    package var frame = 16 << 20
    /// Bytes in one message, after inflating.
    package var message = 16 << 20
    /// Frames in one message.
    package var fragments = 1 << 17
    /// A message beyond this size is handed on in parts of about this size, as they arrive.
    package var part = 64 << 10

    package init() {}
}
