import HTTP2
import Testing

extension Rule {
    private static let open = Frame.headers(1, .post, end: false)

    static let settingsFrames: [Rule] = [
        Rule(
            "RFC 9113 §6.5", "an acknowledgement with content", [Frame(4, flags: 1, stream: 0, [0, 1, 0, 0, 0, 0])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule("RFC 9113 §6.5", "a stream", [Frame(4, stream: 1)], .connection(.needsConnection, .protocolError)),
        Rule(
            "RFC 9113 §6.5", "an acknowledgement on a stream", [Frame(4, flags: 1, stream: 1)],
            .connection(.needsConnection, .protocolError)),
        Rule(
            "RFC 9113 §6.5", "a length that is no multiple of six", [Frame(4, stream: 0, [0, 3, 0])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule("RFC 9113 §6.5", "settings are acknowledged", [.settings((3, 100))], .fine([.wrote(.acknowledgement)])),
        Rule("RFC 9113 §6.5", "an acknowledgement that nobody waits for", [.acknowledgement], .fine([])),
        Rule(
            "RFC 9113 §6.5.2", "ENABLE_PUSH that is no bit", [.settings((2, 2))],
            .connection(.invalidSetting, .protocolError)),
        Rule("RFC 9113 §6.5.2", "ENABLE_PUSH", [.settings((2, 0)), .settings((2, 1))], .fine([])),
        Rule(
            "RFC 9113 §6.5.2", "INITIAL_WINDOW_SIZE beyond its maximum", [.settings((4, 0x8000_0000))],
            .connection(.initialWindowTooLarge, .flowControlError)),
        Rule("RFC 9113 §6.5.2", "INITIAL_WINDOW_SIZE at its maximum", [.settings((4, 0x7FFF_FFFF))], .fine([])),
        Rule(
            "RFC 9113 §6.5.2", "MAX_FRAME_SIZE below its minimum", [.settings((5, 16383))],
            .connection(.invalidSetting, .protocolError)),
        Rule(
            "RFC 9113 §6.5.2", "MAX_FRAME_SIZE beyond its maximum", [.settings((5, 0x100_0000))],
            .connection(.invalidSetting, .protocolError)),
        Rule(
            "RFC 9113 §6.5.2", "MAX_FRAME_SIZE at its limits", [.settings((5, 16384)), .settings((5, 0xFF_FFFF))],
            .fine([])),
        Rule(
            "RFC 9113 §6.5.2", "settings of any value",
            [.settings((1, .max), (3, .max), (6, .max)), .settings((1, 0), (3, 0), (6, 0))], .fine([])),
        Rule("RFC 9113 §6.5.2", "unknown settings", [.settings((0xFF, 1), (0, 7), (0xFFFF, .max))], .fine([])),
        Rule(
            "RFC 8441 §3", "ENABLE_CONNECT_PROTOCOL that is no bit", [.settings((8, 2))],
            .connection(.invalidSetting, .protocolError)),
        Rule(
            "RFC 8441 §3", "ENABLE_CONNECT_PROTOCOL that is taken back", [.settings((8, 1)), .settings((8, 0))],
            .connection(.invalidSetting, .protocolError)),
        Rule("RFC 8441 §3", "ENABLE_CONNECT_PROTOCOL of a client", [.settings((8, 0)), .settings((8, 1))], .fine([])),
        Rule(
            "RFC 9218 §2.1", "NO_RFC7540_PRIORITIES that is no bit", [.settings((9, 2))],
            .connection(.invalidSetting, .protocolError)),
        Rule("RFC 9218 §2.1", "NO_RFC7540_PRIORITIES", [.settings((9, 1))], .fine([])),
    ]

    static let control: [Rule] = [
        Rule("RFC 9113 §6.3", "PRIORITY on stream 0", [.priority(0)], .connection(.needsStream, .protocolError)),
        Rule(
            "RFC 9113 §6.3", "PRIORITY that is too short", [.headers(1), Frame(2, stream: 1, [0x80, 0, 0, 1])],
            .stream(1, .frameSizeError)),
        Rule(
            "RFC 9113 §6.3", "PRIORITY that is too long", [.headers(1), Frame(2, stream: 1, [0, 0, 0, 0, 1, 0])],
            .stream(1, .frameSizeError)),
        Rule(
            "RFC 9113 §6.3", "PRIORITY that is too short, idle", [Frame(2, stream: 1, [0x80, 0, 0, 1])],
            .connection(.wrongFrameSize, .frameSizeError)),

        Rule("RFC 9113 §6.4", "RST_STREAM on stream 0", [.reset(0)], .connection(.needsStream, .protocolError)),
        Rule(
            "RFC 9113 §6.4", "RST_STREAM that is too short", [.headers(1), Frame(3, stream: 1, [0, 0, 0])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.4", "RST_STREAM that is too long", [.headers(1), Frame(3, stream: 1, [0, 0, 0, 0, 8])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §7", "RST_STREAM with an unknown code", [.headers(1), .reset(1, 0xFF)], .fine([.requests([1])])),

        Rule(
            "RFC 9113 §6.6", "PUSH_PROMISE", [Frame(5, flags: 4, stream: 1, big(2) + block(.get))],
            .connection(.pushFromClient, .protocolError)),
        Rule(
            "RFC 9113 §8.4", "PUSH_PROMISE on an open stream", [open, Frame(5, flags: 4, stream: 1, big(2))],
            .connection(.pushFromClient, .protocolError)),

        Rule(
            "RFC 9113 §6.7", "PING", [.ping("abcdefgh")], .fine([.wrote(.ping("abcdefgh", acknowledgement: true))])),
        Rule(
            "RFC 9113 §6.7", "PING with an acknowledgement", [.ping("abcdefgh", acknowledgement: true)],
            .fine([.events([])])),
        Rule(
            "RFC 9113 §6.7", "PING on a stream", [Frame(6, stream: 1, latin("abcdefgh"))],
            .connection(.needsConnection, .protocolError)),
        Rule(
            "RFC 9113 §6.7", "PING that is too short", [.ping("abcdef")], .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.7", "PING that is too long", [.ping("abcdefghi")],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.7", "an acknowledgement that is too short", [.ping("", acknowledgement: true)],
            .connection(.wrongFrameSize, .frameSizeError)),

        Rule(
            "RFC 9113 §6.8", "GOAWAY on a stream", [Frame(7, stream: 1, big(0) + big(0))],
            .connection(.needsConnection, .protocolError)),
        Rule(
            "RFC 9113 §6.8", "GOAWAY that is too short", [Frame(7, stream: 0, big(0) + [0, 0, 0])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.8", "GOAWAY, and a stream that goes on",
            [open, .goAway(0, 0, "bye"), .data(1, "x", end: true)], .fine([.content(1, "x")])),
        Rule("RFC 9113 §7", "GOAWAY with an unknown code", [.goAway(0, 0xFF)], .fine([])),

        Rule(
            "RFC 9113 §6.9", "an increment of zero", [.windowUpdate(0, 0)],
            .connection(.zeroWindowIncrement, .protocolError)),
        Rule(
            "RFC 9113 §6.9", "an increment of zero, of a stream", [.headers(1), .windowUpdate(1, 0)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §6.9", "WINDOW_UPDATE that is too short", [Frame(8, stream: 0, [0, 0, 1])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.9", "WINDOW_UPDATE that is too long, of a stream",
            [.headers(1), Frame(8, stream: 1, [0, 0, 0, 1, 0])], .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9113 §6.9.1", "a window beyond its maximum",
            [.windowUpdate(0, 0x7FFF_FFFF), .windowUpdate(0, 0x7FFF_FFFF)],
            .connection(.windowTooLarge, .flowControlError)),
        Rule(
            "RFC 9113 §6.9.1", "a window at its maximum", [.windowUpdate(0, 0x7FFF_FFFF - 65535)], .fine([])),
        Rule(
            "RFC 9113 §6.9.1", "a window one beyond its maximum", [.windowUpdate(0, 0x7FFF_FFFF - 65534)],
            .connection(.windowTooLarge, .flowControlError)),
        Rule(
            "RFC 9113 §6.9.1", "a stream's window beyond its maximum",
            [.headers(1), .windowUpdate(1, 0x7FFF_FFFF)], .stream(1, .flowControlError)),
        Rule(
            "RFC 9113 §6.9.1", "a stream's window at its maximum",
            [.headers(1), .windowUpdate(1, 0x7FFF_FFFF - 65535)], .fine([])),
        Rule(
            "RFC 9113 §6.9.2", "settings that make a stream's window too large",
            [.settings((4, 100)), .headers(1), .windowUpdate(1, 0x7FFF_FFFF - 100), .settings((4, 101))],
            .connection(.windowTooLarge, .flowControlError)),
        Rule(
            "RFC 9113 §6.9.2", "settings that make the window of a stream that is over too large",
            [
                .says([.settings((4, 100)), open, .windowUpdate(1, 0x7FFF_FFFF - 100)]), .answers(1),
                .says([.settings((4, 101))]),
            ], .fine([])),

        Rule(
            "RFC 9218 §7.1", "PRIORITY_UPDATE on a stream",
            [.headers(1), Frame(0x10, stream: 1, big(1) + latin("u=1"))],
            .connection(.needsConnection, .protocolError)),
        Rule(
            "RFC 9218 §7.1", "PRIORITY_UPDATE that is too short", [Frame(0x10, stream: 0, [0, 0, 1])],
            .connection(.wrongFrameSize, .frameSizeError)),
        Rule(
            "RFC 9218 §7.1", "PRIORITY_UPDATE of stream 0", [.priorityUpdate(0, "u=1")],
            .connection(.needsStream, .protocolError)),
        Rule(
            "RFC 9218 §7.1", "PRIORITY_UPDATE of a stream that is not there", [.priorityUpdate(7, "u=1"), .headers(7)],
            .fine([.requests([7])])),
        Rule(
            "RFC 9218 §7.1", "PRIORITY_UPDATE of nothing, of another form, with what is unknown",
            [
                .headers(1), .priorityUpdate(1, ""), .priorityUpdate(1, "\u{0}=,,;u=9"),
                .priorityUpdate(1, "x, u=7;a, i=?1"),
            ],
            .fine([.requests([1])])),
    ]
}

@Suite("Control frames") struct ControlTests {
    @Test("SETTINGS are as RFC 9113 §6.5 says", arguments: Rule.settingsFrames)
    func settings(_ rule: Rule) { rule.check() }

    @Test("Frames that carry no message are as RFC 9113 §6 says", arguments: Rule.control)
    func control(_ rule: Rule) { rule.check() }

    @Test("A priority is that of the field, and then that of the last PRIORITY_UPDATE")
    func priority() {
        var conversation = Conversation.begun()
        conversation.feed(
            .headers(1), .headers(3, .get.adding(("priority", "u=0, i"))),
            .headers(5, .get.adding(("priority", "i=?1;x=y ,\tu=7"))),
            .headers(7, .get.adding(("priority", "u=8, i=?2"))))
        let priorities = conversation.events.map { event in
            if case .request(_, let message, _) = event { message.priority } else { Priority?.none }
        }
        #expect(priorities == [Priority(), made(0, true), made(7, true), made(3, false)])
        conversation.clear()
        conversation.feed(.priorityUpdate(3, "u=5"), .priorityUpdate(1, "i, u=1"))
        #expect(conversation.events == [.reprioritized(3, made(5, false)), .reprioritized(1, made(1, true))])
    }

    @Test("A PRIORITY_UPDATE that comes before its stream counts for more than the field")
    func earlyPriority() {
        var conversation = Conversation.begun()
        conversation.feed(.priorityUpdate(3, "u=1"), .priorityUpdate(3, "u=2"), .priorityUpdate(1, "i"))
        // Of many such streams the last ones are remembered.
        for number in 0..<31 { conversation.feed(.priorityUpdate(UInt32(101 + 2 * number), "u=7")) }
        conversation.feed(
            .headers(1, .get.adding(("priority", "u=6"))), .headers(3, .get.adding(("priority", "u=6"))), .headers(5))
        let priorities = conversation.events.map { event in
            if case .request(_, let message, _) = event { message.priority } else { Priority?.none }
        }
        #expect(priorities == [made(3, true), made(6, false), Priority()])
    }

    private func made(_ urgency: UInt8, _ isIncremental: Bool) -> Priority {
        var priority = Priority()
        priority.isGiven = true
        priority.urgency = urgency
        priority.isIncremental = isIncremental
        return priority
    }

    @Test("A PING's acknowledgement and a GOAWAY are told")
    func told() {
        var conversation = Conversation.begun()
        conversation.session.ping(0x0102_0304_0506_0708, conversation.output)
        #expect(conversation.frames == [.ping("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}")])
        conversation.feed(
            .ping("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}", acknowledgement: true), .goAway(7, 11, "calm"))
        #expect(conversation.events == [.pong(0x0102_0304_0506_0708), .goAway(.enhanceYourCalm)])
    }
}
