import HPACK
import HTTP2
import HTTPSemantics
import Testing

/// A peer that does one thing again and again.
struct Flood: Sendable, CustomTestStringConvertible {
    let name: String
    /// What it says first.
    var first: [Frame] = []
    /// What it says each time.
    let frames: @Sendable (UInt32) -> [Frame]
    /// Bytes that are written for each time, at most.
    let answer: Int
    /// What the server does after each time.
    var after: @Sendable (inout Conversation, UInt32) -> Void = { _, _ in }

    var testDescription: String { name }

    private static let open = Frame.headers(1, .post, end: false)

    /// The number of the stream of each time, when each has its own.
    private static func stream(_ time: UInt32) -> UInt32 { 2 * time + 3 }

    static let all: [Flood] = [
        Flood(name: "rapid reset", frames: { [.headers(stream($0)), .reset(stream($0))] }, answer: 0),
        Flood(
            name: "resets of streams that were reset", first: [.headers(1), .reset(1)], frames: { _ in [.reset(1)] },
            answer: 0),
        Flood(
            name: "our own resets, by increments of zero",
            frames: { [.headers(stream($0)), .windowUpdate(stream($0), 0)] }, answer: 13),
        Flood(
            name: "our own resets, by windows that are too large",
            frames: { [.headers(stream($0)), .windowUpdate(stream($0), 0x7FFF_FFFF)] }, answer: 13),
        Flood(
            name: "our own resets, by content after the end",
            frames: { [.headers(stream($0)), .data(stream($0), "a")] }, answer: 13),
        Flood(
            name: "our own resets, by malformed requests", frames: { [.headers(stream($0), .get.without(":path"))] },
            answer: 13),
        Flood(
            name: "our own resets, by lengths that are wrong",
            frames: {
                [
                    .headers(stream($0), .post.adding(("content-length", "5")), end: false),
                    .data(stream($0), "a", end: true),
                ]
            }, answer: 13),
        Flood(
            name: "our own resets, by priorities", frames: { [.headers(stream($0)), Frame(2, stream: stream($0))] },
            answer: 13),
        Flood(
            name: "our own resets, by trailers that end nothing",
            frames: { [.headers(stream($0), .post, end: false), .headers(stream($0), [], end: false)] }, answer: 13),
        Flood(
            name: "refused streams", first: (1...100).map { .headers(2 * $0 + 99_999) },
            frames: { [.headers(2 * $0 + 200_001)] }, answer: 13),
        Flood(
            name: "refused requests", frames: { [.headers(stream($0), .get.adding(("expect", "miracles")))] },
            answer: 13,
            after: { $0.reset(stream($1), .noError) }),
        Flood(name: "SETTINGS", frames: { _ in [.settings()] }, answer: 9),
        Flood(
            name: "SETTINGS that move windows", first: [open], frames: { [.settings((4, $0 % 1000), (1, $0 % 5000))] },
            answer: 9),
        Flood(name: "acknowledgements of SETTINGS", frames: { _ in [.acknowledgement] }, answer: 0),
        Flood(name: "PING", frames: { _ in [.ping()] }, answer: 17),
        Flood(name: "acknowledgements of PING", frames: { _ in [.ping(acknowledgement: true)] }, answer: 0),
        Flood(name: "PRIORITY of an open stream", first: [open], frames: { _ in [.priority(1)] }, answer: 0),
        Flood(name: "PRIORITY of idle streams", frames: { [.priority(stream($0))] }, answer: 0),
        Flood(
            name: "PRIORITY that is wrong, of a closed stream", first: [open, .reset(1)],
            frames: { _ in [.priority(1, on: 1)] }, answer: 13),
        Flood(name: "PRIORITY_UPDATE", first: [open], frames: { _ in [.priorityUpdate(1, "u=1")] }, answer: 0),
        Flood(name: "PRIORITY_UPDATE of idle streams", frames: { [.priorityUpdate(stream($0), "u=1")] }, answer: 0),
        Flood(name: "WINDOW_UPDATE", frames: { _ in [.windowUpdate(0, 1)] }, answer: 0),
        Flood(name: "WINDOW_UPDATE of a stream", first: [open], frames: { _ in [.windowUpdate(1, 1)] }, answer: 0),
        Flood(
            name: "WINDOW_UPDATE of a closed stream", first: [open, .reset(1)], frames: { _ in [.windowUpdate(1, 0)] },
            answer: 13),
        Flood(
            name: "windows of one byte", first: [.settings((4, 0)), .headers(1)],
            frames: { _ in [.windowUpdate(1, 1)] },
            answer: 10, after: { conversation, _ in _ = conversation.send(1, 100) }),
        Flood(name: "empty DATA", first: [open], frames: { _ in [.data(1)] }, answer: 0),
        Flood(
            name: "DATA of nothing but padding", first: [open], frames: { _ in [.data(1, padding: 255)] }, answer: 26),
        Flood(
            name: "empty CONTINUATION", first: [.headers(1, whole: false)],
            frames: { _ in [.continuation(1, [], whole: false)] }, answer: 0),
        Flood(
            name: "CONTINUATION", first: [.headers(1, whole: false)],
            frames: { _ in [.continuation(1, [0x84], whole: false)] }, answer: 0),
        Flood(name: "unknown frames", frames: { _ in [Frame(0x77, stream: 0, [1, 2, 3])] }, answer: 0),
        Flood(name: "GOAWAY", frames: { _ in [.goAway()] }, answer: 0),
    ]

    /// What can be sent after the server has sent GOAWAY.
    static let afterGoAway: [Flood] = [
        Flood(name: "HEADERS", frames: { [.headers(stream($0))] }, answer: 0),
        Flood(name: "empty DATA", first: [.headers(3)], frames: { _ in [.data(3)] }, answer: 0),
        Flood(name: "DATA", first: [.headers(3)], frames: { _ in [.data(3, "a")] }, answer: 1),
        Flood(name: "trailers", first: [.headers(3)], frames: { _ in [.headers(3, [])] }, answer: 0),
    ]

    func run(isGoingAway: Bool) {
        var settings = HTTP2Settings()
        settings.concurrentStreams = 100
        var conversation = Conversation.begun(settings)
        if isGoingAway { conversation.session.goAway(.noError, conversation.output) }
        for frame in first { conversation.feed(frame) }
        #expect(conversation.error == nil, "\(name)")
        var times: UInt32 = 0
        var written = 0
        while times < 10_000, conversation.error == nil {
            conversation.clear()
            for frame in frames(times) { conversation.feed(frame) }
            after(&conversation, times)
            written += conversation.output.count
            times += 1
            #expect(conversation.session.usedStreams <= 200, "\(name)")
        }
        #expect(conversation.error?.code == .enhanceYourCalm, "\(name)")
        #expect(times <= 1001, "\(name)")
        #expect(written <= answer * Int(times), "\(name): \(written)")
    }
}

@Suite("Noise") struct NoiseTests {
    @Test("RFC 9113 §10.5: a peer that does nothing else is told to be calm", arguments: Flood.all)
    func flood(_ flood: Flood) { flood.run(isGoingAway: false) }

    @Test("So is one that is told to go away", arguments: Flood.afterGoAway)
    func floodAfterGoAway(_ flood: Flood) { flood.run(isGoingAway: true) }

    @Test("A block in frames that are never the last is too large some time")
    func endlessBlock() {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1, whole: false))
        var frames = 0
        while conversation.error == nil, frames < 10_000 {
            conversation.feed(.continuation(1, Array(repeating: 0x84, count: 16384), whole: false))
            frames += 1
        }
        #expect(conversation.error == .headerBlockTooLarge && frames == 4)
    }

    @Test("What is on its way to a stream that was reset is no noise, as far as its window goes")
    func onItsWay() {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1, .post, end: false))
        conversation.reset(1, .noError)
        for _ in 0..<65535 { conversation.feed(.data(1, "a")) }
        #expect(conversation.error == nil)
        for _ in 0..<900 { conversation.feed(.data(1, "a")) }
        #expect(conversation.error == nil)
        for _ in 0..<200 { conversation.feed(.data(1, "a")) }
        #expect(conversation.error == .tooMuchNoise)
    }

    @Test("Noise is forgiven as time goes by")
    func forgiven() {
        var conversation = Conversation.begun()
        for _ in 0..<100 {
            for _ in 0..<100 { conversation.feed(.ping()) }
            conversation.session.forgive()
        }
        #expect(conversation.error == nil)
        for _ in 0..<2000 { conversation.feed(.ping()) }
        #expect(conversation.error == .tooMuchNoise)
    }

    @Test("Streams that are reset again and again take no more memory")
    func memory() {
        var conversation = Conversation.begun()
        for index in 0..<UInt32(100_000) {
            conversation.feed(.headers(2 * index + 1, .post, end: false))
            conversation.reset(2 * index + 1, .noError)
            conversation.clear()
        }
        #expect(conversation.error == nil && conversation.session.usedStreams == 0)
    }
}
