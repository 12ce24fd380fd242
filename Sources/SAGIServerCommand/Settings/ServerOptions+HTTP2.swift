import SAGIServer

extension ServerOptions {
    static let http2 = OptionGroup<ServerSettings>(
        "HTTP/2",
        [
            Option(
                "http2", \.configuration.http2.isEnabled, .toggle,
                "Serves HTTP/2, by ALPN under TLS and by prior knowledge in cleartext; for one listener: --bind ADDRESS,http1."
            ),
            Option(
                "http2-streams", \.configuration.http2.concurrentStreams, .count(1...1_000_000),
                "Streams that a client may have open at once on a connection; beyond: REFUSED_STREAM."),
            Option(
                "http2-stream-window", \.configuration.http2.streamWindow, .size(1...0x7FFF_FFFF),
                "Content that a client may send on a stream before the application takes any."),
            Option(
                "http2-connection-window", \.configuration.http2.connectionWindow, .size(65_535...0x7FFF_FFFF),
                "The same over all streams of a connection."),
            Option(
                "http2-frame-size", \.configuration.http2.frameSize, .size(16_384...0xFF_FFFF),
                "The largest frame that a client may send."),
            Option(
                "http2-header-table", \.configuration.http2.headerTableSize, .size(0...0xFF_FFFF),
                "The dynamic table for the fields of requests."),
            Option(
                "http2-useless-frames", \.configuration.http2.uselessFrames, .count(1...1_000_000),
                "Frames that serve no request, beyond what requests earn; then: ENHANCE_YOUR_CALM."),
            Option(
                "http2-ping-interval", \.configuration.http2.pingInterval, .orOff(.duration()),
                "A PING is sent when nothing has arrived for this long while streams are open."),
            Option(
                "http2-ping-timeout", \.configuration.http2.pingTimeout, .orOff(.duration()),
                "For anything to arrive after a PING; then the client counts as gone."),
        ])
}
