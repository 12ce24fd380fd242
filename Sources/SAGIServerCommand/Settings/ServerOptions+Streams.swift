import SAGIServer

extension ServerOptions {
    static let webSockets = OptionGroup<ServerSettings>(
        "WebSockets",
        [
            Option(
                "ws-frame-size", \.configuration.webSocket.frameSize, .size(atLeast: 125), "One frame; beyond it: 1009."
            ),
            Option(
                "ws-message-size", \.configuration.webSocket.messageSize, .size(atLeast: 1),
                "One message, after inflating; beyond it: 1009."),
            Option(
                "ws-fragments", \.configuration.webSocket.fragments, .count(1...Int.max),
                "Frames in one message; beyond: 1009."),
            Option(
                "ws-part-size", \.configuration.webSocket.partSize, .size(atLeast: 16),
                "A longer message reaches the application in parts of about this size."),
            Option(
                "ws-queue-messages", \.configuration.webSocket.queuedMessages, .count(1...Int.max),
                "Messages that wait for an application that does not receive; then the socket is not read."),
            Option(
                "ws-queue-size", \.configuration.webSocket.queuedBytes, .size(atLeast: 1),
                "Bytes of them; then the socket is not read."),
            Option(
                "ws-connections", \.configuration.webSocket.connections, .orOff(.count(1...10_000_000)),
                "WebSockets at once; beyond: 503."),
            Option(
                "ws-origin", each: \.configuration.webSocket.origins, .origin,
                default: { settings in
                    let origins = settings.configuration.webSocket.origins
                    return origins.isEmpty ? "all" : origins.joined(separator: ", ")
                },
                "Origin whose pages may open a WebSocket, as in https://example.org; others are answered 403."),
            Option(
                "ws-handshake-timeout", \.configuration.webSocket.handshakeTimeout, .orOff(.duration()),
                "For the application to accept or deny; then: 503."),
            Option(
                "ws-idle-timeout", \.configuration.webSocket.idleTimeout, .orOff(.duration()),
                "Without a message in either direction; then: 1001."),
            Option(
                "ws-close-timeout", \.configuration.webSocket.closeTimeout, .duration(allowsZero: true),
                "For the client to answer a Close frame; then the connection is closed."),
            Option(
                "ws-ping-interval", \.configuration.webSocket.pingInterval, .orOff(.duration()),
                "A ping is sent when nothing has arrived for this long."),
            Option(
                "ws-ping-timeout", \.configuration.webSocket.pingTimeout, .orOff(.duration()),
                "For anything to arrive after a ping; then the client counts as gone."),
            Option("ws-deflate", \.compressesMessages, .toggle, "Compresses messages for clients that offer it."),
            Option(
                "ws-deflate-threshold", \.deflate.threshold, .size(atLeast: 0), "Shorter messages are not compressed."),
            Option(
                "ws-deflate-window", \.deflate.serverWindowBits, .count(9...15),
                "Window that the server compresses with, as a power of two."),
            Option(
                "ws-deflate-client-window", \.deflate.clientWindowBits, .count(9...15),
                "Window that clients which can limit it are asked to compress with."),
            Option(
                "ws-deflate-context", \.deflate.contextTakeover, .toggle,
                "Whether messages may refer to those before them: smaller messages for more memory."),
            Option(
                "ws-deflate-level", \.deflate.level, .count(1...9),
                "How hard it compresses: 1 is the fastest, 9 makes the smallest messages."),
            Option(
                "ws-deflate-memory", \.deflate.memoryLevel, .count(1...9),
                "Memory for the compression of a socket: 1 is 1 KiB, 9 is 256 KiB."),
            Option(
                "ws-deflate-release", \.deflate.releaseAfter, .orOff(.duration()),
                "Gives the memory of a compression back after so long without a message."),
        ])

    static let eventStreams = OptionGroup<ServerSettings>(
        "Event streams",
        [
            Option(
                "sse-keepalive", \.configuration.eventStream.keepalive, .orOff(.duration()),
                "A comment is sent when the application has sent nothing for this long."),
            Option(
                "sse-idle-timeout", \.configuration.eventStream.idleTimeout, .orOff(.duration()),
                "Without an event of the application; then the stream is ended."),
        ])
}
