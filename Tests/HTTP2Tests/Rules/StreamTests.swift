import HTTP2
import Testing

extension Rule {
    private static let open = Frame.headers(1, .post, end: false)
    private static let trailers = Frame.headers(1, [Field("a", "b")])

    static let streams: [Rule] = [
        // Idle.
        Rule("RFC 9113 §5.1", "DATA, idle", [.data(1, "test", end: true)], .connection(.idleStream, .protocolError)),
        Rule("RFC 9113 §5.1", "RST_STREAM, idle", [.reset(1)], .connection(.idleStream, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "WINDOW_UPDATE, idle", [.windowUpdate(1, 100)], .connection(.idleStream, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "CONTINUATION, idle", [.continuation(1, block(.get))],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule("RFC 9113 §5.1", "PRIORITY, idle", [.priority(1, on: 5)], .fine([])),
        Rule(
            "RFC 9113 §5.1", "DATA of a stream that only the server could open", [.headers(5), .data(2, "a")],
            .connection(.idleStream, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "RST_STREAM of a stream that only the server could open", [.headers(5), .reset(2)],
            .connection(.idleStream, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "WINDOW_UPDATE of a stream that only the server could open",
            [.headers(5), .windowUpdate(4, 1)], .connection(.idleStream, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "PRIORITY, idle, and then a stream before it", [.priority(3), .headers(1)],
            .fine([.requests([1])])),

        // Half-closed (remote).
        Rule(
            "RFC 9113 §5.1", "DATA, half-closed", [.headers(1), .data(1, "test", end: true)],
            .stream(1, .streamClosed)),
        Rule("RFC 9113 §5.1", "HEADERS, half-closed", [.headers(1), .headers(1)], .stream(1, .streamClosed)),
        Rule("RFC 9113 §5.1", "trailers, half-closed", [.headers(1), trailers], .stream(1, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "CONTINUATION, half-closed", [.headers(1), .continuation(1, block(.get))],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "DATA after the last DATA", [open, .data(1, "a", end: true), .data(1, "b")],
            .stream(1, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "WINDOW_UPDATE, PRIORITY, half-closed", [.headers(1), .windowUpdate(1, 5), .priority(1)],
            .fine([.requests([1])])),
        Rule(
            "RFC 9113 §5.1", "RST_STREAM, half-closed", [.headers(1), .reset(1)], .fine([.requests([1])])),

        // Closed by a reset of the client.
        Rule(
            "RFC 9113 §5.1", "DATA after RST_STREAM", [open, .reset(1), .data(1, "test", end: true)],
            .connection(.closedStream, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "HEADERS after RST_STREAM", [open, .reset(1), .headers(1)],
            .connection(.closedStream, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "CONTINUATION after RST_STREAM", [open, .reset(1), .continuation(1, block(.get))],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "what may come after RST_STREAM",
            [open, .reset(1), .windowUpdate(1, 1), .priority(1), .reset(1)], .fine([.requests([1])])),

        // Closed by both ends.
        Rule(
            "RFC 9113 §5.1", "DATA, closed",
            [.says([.headers(1)]), .answers(1), .says([.data(1, "test", end: true)])],
            .connection(.closedStream, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "HEADERS, closed", [.says([.headers(1)]), .answers(1), .says([.headers(1)])],
            .connection(.closedStream, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "HEADERS, closed long ago",
            [.says([.headers(1)]), .answers(1), .says([.headers(1001), .headers(1)])],
            .connection(.closedStream, .streamClosed)),
        Rule(
            "RFC 9113 §5.1", "CONTINUATION, closed",
            [.says([.headers(1)]), .answers(1), .says([.continuation(1, block(.get))])],
            .connection(.unexpectedContinuation, .protocolError)),
        Rule(
            "RFC 9113 §5.1", "what may come for a closed stream",
            [.says([.headers(1)]), .answers(1), .says([.windowUpdate(1, 1), .priority(1), .reset(1)])],
            .fine([.requests([1])])),
        Rule(
            "RFC 9113 §5.1", "a stream that the server has ended and the client not",
            [.says([open]), .answers(1), .says([.data(1, "a"), .windowUpdate(1, 1), trailers])],
            .fine([.content(1, "a"), .trailers(1, ["a: b"])])),

        // Closed by a reset of the server: what was on its way is ignored.
        Rule(
            "RFC 9113 §5.1", "all that may be on its way when the server resets a stream",
            [
                .says([open]), .resets(1, .cancel),
                .says([.data(1, "abc"), .data(1), .windowUpdate(1, 1), .priority(1), trailers, .reset(1)]),
            ], .fine([.requests([1]), .content(1, ""), .resets, .wrote(.reset(1, 8))])),
        Rule(
            "RFC 9113 §4.3", "trailers that are ignored are still decoded",
            [
                .says([open]), .resets(1, .cancel),
                .says([
                    .headers(1, block: [0x40, 1, 0x61, 1, 0x62]), .headers(3, block: block(.get) + [0xBE]),
                ]),
            ], .fine([.resets, .requests([1, 3]), .fields(["a: b", "host: a"])])),
        Rule(
            "RFC 9113 §5.1", "DATA on its way when the stream was refused",
            [.headers(1), .headers(3, .post, end: false), .data(3, "abc"), .headers(3, [Field("a", "b")])],
            .stream(3, .refusedStream)
        ) { settings, _ in settings.concurrentStreams = 1 },

        // Numbers.
        Rule("RFC 9113 §5.1.1", "an even number", [.headers(2)], .connection(.clientStreamNumber, .protocolError)),
        Rule(
            "RFC 9113 §5.1.1", "a number that shrinks", [.headers(5), .headers(3)],
            .connection(.shrinkingStreamNumber, .protocolError)),
        Rule(
            "RFC 9113 §5.1.1", "a number that was skipped some time ago",
            [.headers(1), .headers(5), .headers(7), .headers(9), .headers(3)],
            .connection(.shrinkingStreamNumber, .protocolError)),
        Rule(
            "RFC 9113 §5.1.1", "DATA for a number that was skipped", [.headers(5), .data(3)],
            .connection(.closedStream, .streamClosed)),
        Rule(
            "RFC 9113 §5.1.1", "numbers that grow", [.headers(1), .headers(5), .headers(101)],
            .fine([.requests([1, 5, 101])])),
        Rule(
            "RFC 9113 §5.1.1", "the largest number", [.headers(0x7FFF_FFFF)], .fine([.requests([0x7FFF_FFFF])])),

        // Concurrency.
        Rule(
            "RFC 9113 §5.1.2", "more streams than allowed", [.headers(1), .headers(3, .post, end: false), .headers(5)],
            .stream(5, .refusedStream)
        ) { settings, _ in settings.concurrentStreams = 2 },
        Rule(
            "RFC 9113 §5.1.2", "as many streams as allowed, again and again",
            [
                .says([.headers(1), .headers(3)]), .answers(1), .says([.headers(5)]), .answers(3),
                .says([.headers(7), .reset(7), .headers(9)]),
            ], .fine([.requests([1, 3, 5, 7, 9])])
        ) { settings, _ in settings.concurrentStreams = 2 },

        // Priorities.
        Rule(
            "RFC 7540 §5.3.1", "HEADERS that depend on themselves", [.headers(1, dependency: 1)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 7540 §5.3.1", "PRIORITY that depends on itself", [.headers(1), .priority(1, on: 1)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 7540 §5.3.1", "PRIORITY that depends on itself, idle", [.priority(1, on: 1)],
            .connection(.selfDependency, .protocolError)),
        Rule(
            "RFC 7540 §5.3.1", "PRIORITY that depends on itself, exclusively",
            [.headers(1), .priority(1, on: 0x8000_0001)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §5.3.2", "other dependencies",
            [
                .headers(1, dependency: 0), .headers(3, dependency: 0x8000_0001), .priority(3, on: 1),
                .priority(1, on: 77),
            ],
            .fine([.requests([1, 3])])),

        // Errors and extensions.
        Rule(
            "RFC 9113 §5.4.1", "a wrong frame ends the connection", [Frame(6, stream: 3, latin("12345678"))],
            .connection(.needsConnection, .protocolError)),
        Rule(
            "RFC 9113 §5.5", "an unknown frame within a header block",
            [.headers(1, whole: false), Frame(0x16, stream: 0), .continuation(1, [])],
            .connection(.interruptedHeaderBlock, .protocolError)),
    ]

    static let goingAway: [Rule] = [
        Rule(
            "RFC 9113 §6.8", "a stream after the last one is not looked at",
            [.says([.headers(1)]), .goesAway, .says([.headers(3)])], .fine([.requests([1])])),
        Rule(
            "RFC 9113 §6.8", "nor is anything else of it",
            [
                .says([.headers(1)]), .goesAway,
                .says([
                    .headers(3, .post, end: false), .data(3, "abc"), .windowUpdate(3, 1), .priority(3),
                    .headers(3, [Field("a", "b")]), .reset(3),
                ]),
            ], .fine([.requests([1])])),
        Rule(
            "RFC 9113 §6.8", "its header block is decoded all the same",
            [
                .says([open]), .goesAway,
                .says([.headers(3, block: [0x40, 1, 0x61, 1, 0x62]), .headers(1, block: [0xBE])]),
            ], .fine([.requests([1]), .trailers(1, ["a: b"])])),
        Rule(
            "RFC 9113 §6.8", "streams before it go on",
            [.says([open]), .goesAway, .says([.data(1, "abc"), .headers(3), .data(1, "d", end: true)])],
            .fine([.content(1, "abcd")])),
    ]
}

@Suite("Streams") struct StreamTests {
    @Test("A stream takes what its state allows", arguments: Rule.streams)
    func streams(_ rule: Rule) { rule.check() }

    @Test("After GOAWAY no stream is begun", arguments: Rule.goingAway)
    func goingAway(_ rule: Rule) { rule.check() }
}
