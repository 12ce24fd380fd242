import SAGIServer

extension ServerOptions {
    static let limits = OptionGroup<ServerSettings>(
        "Limits",
        [
            Option(
                "limit-request-line", \.configuration.limits.requestLine, .size(atLeast: 64),
                "The request line; beyond it: 414."),
            Option(
                "limit-header-size", \.configuration.limits.headerSection, .size(atLeast: 64),
                "The request line and all header fields; beyond it: 431."),
            Option(
                "limit-header-count", \.configuration.limits.headerCount, .count(1...100_000),
                "Header fields; beyond: 431."),
            Option(
                "limit-body", \.configuration.limits.body, .orOff(.size(atLeast: 0)),
                "The content of a request; beyond it: 413."),
            Option(
                "limit-trailer-size", \.configuration.limits.trailerSection, .size(atLeast: 0),
                "The trailer fields of a request; beyond it: 431."),
            Option(
                "limit-chunk-extensions", \.configuration.limits.chunkExtensions, .size(atLeast: 0),
                "Chunk extensions in one request; beyond it: 400."),
            Option(
                "limit-input-buffer", \.configuration.limits.inputBuffer, .size(atLeast: 1024),
                "What waits for an application that does not receive; then the socket is not read."),
            Option(
                "limit-drain", \.configuration.limits.drain, .size(atLeast: 0),
                "Unwanted content that is read to keep a connection; beyond it, it is closed."),
            Option(
                "limit-rate", \.configuration.limits.minimumRate, .orOff(.size()),
                "Bytes a second that a peer must at least send of its content, or take of a response."),
            Option(
                "limit-connections", \.configuration.limits.connections, .orOff(.count(1...10_000_000)),
                "Connections at once; beyond: 503."),
            Option(
                "limit-requests", \.configuration.limits.requestsPerConnection, .orOff(.count(1...Int.max)),
                "Requests on one connection; then it is closed."),
            Option(
                "limit-high-water", \.configuration.limits.highWaterMark, .size(),
                "What waits to be sent from which on the application has to wait."),
            Option(
                "limit-low-water", \.configuration.limits.lowWaterMark, .size(atLeast: 0),
                "What waits to be sent below which the application goes on."),
            Option(
                "allow-bare-lf", \.configuration.allowsBareLineFeed, .toggle,
                "Accepts lines that end with LF alone (RFC 9112, section 2.2)."),
        ])

    static let timeouts = OptionGroup<ServerSettings>(
        "Timeouts",
        [
            Option(
                "timeout-header", \.configuration.timeouts.requestHeader, .orOff(.duration()),
                "For the whole head of a request; then: 408."),
            Option(
                "timeout-body", \.configuration.timeouts.bodyStall, .orOff(.duration()),
                "For more content while the application waits for it; then: 408."),
            Option(
                "timeout-keep-alive", \.configuration.timeouts.keepAlive, .orOff(.duration()),
                "For the next request on an idle connection."),
            Option(
                "timeout-write", \.configuration.timeouts.writeStall, .orOff(.duration()),
                "For the client to take anything of what waits to be sent; then the connection is reset."),
            Option(
                "timeout-connection-age", \.configuration.timeouts.connectionAge, .orOff(.duration()),
                "Age from which on a connection serves no further request."),
            Option(
                "timeout-handshake", \.configuration.timeouts.handshake, .orOff(.duration()),
                "For a TLS handshake, and for a PROXY protocol header."),
            Option(
                "timeout-half-closed", \.configuration.timeouts.halfClosed, .orOff(.duration()),
                "For a response to begin after the client has closed its sending half."),
            Option(
                "timeout-linger", \.configuration.timeouts.linger, .duration(allowsZero: true),
                "For the client to close after the last response on a connection."),
            Option(
                "timeout-startup", \.configuration.timeouts.startup, .orOff(.duration()),
                "For the application's startup."),
            Option(
                "timeout-shutdown", \.configuration.timeouts.shutdown, .duration(allowsZero: true),
                "For running exchanges to end at shutdown, and again for the application's shutdown."),
            Option(
                "timeout-shutdown-grace", \.configuration.timeouts.shutdownGrace, .duration(allowsZero: true),
                "At shutdown, for a request that is on its way on an idle connection."),
        ])
}
