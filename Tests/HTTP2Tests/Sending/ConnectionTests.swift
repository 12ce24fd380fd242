import HPACK
import HTTP2
import HTTPSemantics
import NIOCore
import Testing

@Suite("The connection") struct ConnectionTests {
    @Test("RFC 9113 §3.4: a server begins with its settings, and with the window of the connection")
    func start() {
        var settings = HTTP2Settings()
        let output = OutputBuffer()
        var session = HTTP2Session(settings: settings)
        session.start(output)
        #expect(Frame.parse(Array(output.bytes)) == [.settings((9, 1)), .windowUpdate(0, (1 << 20) - 65535)])
        #expect(session.unacknowledgedSettings == 1)

        settings.headerTableSize = 0
        settings.concurrentStreams = 100
        settings.initialWindow = 1 << 18
        settings.frameSize = 1 << 15
        settings.headerListSize = 9000
        settings.connectProtocol = true
        var limits = HTTP2Limits()
        limits.connectionWindow = 65535
        output.removeAll()
        session = HTTP2Session(settings: settings, limits: limits)
        session.start(output)
        #expect(
            Frame.parse(Array(output.bytes)) == [
                .settings((1, 0), (3, 100), (4, 1 << 18), (5, 1 << 15), (6, 9000), (8, 1), (9, 1))
            ])
    }

    @Test("RFC 9113 §6.5.3: the settings are acknowledged once")
    func acknowledged() {
        var conversation = Conversation()
        conversation.session.start(conversation.output)
        conversation.feed(Conversation.preface)
        conversation.feed(.settings(), .acknowledgement, .acknowledgement)
        #expect(conversation.events == [.acknowledged])
        #expect(conversation.session.unacknowledgedSettings == 0 && conversation.error == nil)
    }

    @Test("RFC 9113 §6.5.3: until the peer knows a smaller table, it may use the default")
    func tableBeforeAcknowledgement() {
        var settings = HTTP2Settings()
        settings.headerTableSize = 0
        let inserting = block(.get) + [0x40, 1, 0x61, 1, 0x62]
        for update in [[0x20], []] as [[UInt8]] {
            var conversation = Conversation(settings)
            conversation.session.start(conversation.output)
            conversation.feed(Conversation.preface)
            conversation.feed(.settings(), .headers(1, block: inserting), .headers(3, block: block(.get) + [0xBE]))
            #expect(conversation.error == nil && conversation.events.count == 2)
            conversation.feed(.acknowledgement, .headers(5, block: update + inserting))
            #expect(conversation.error == (update.isEmpty ? .compression(.missingTableSizeUpdate) : nil))
        }
    }

    @Test("RFC 9113 §6.8: GOAWAY names the last stream, or leaves it open")
    func goAway() {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1), .headers(7))
        conversation.clear()
        conversation.session.goAway(.noError, last: false, conversation.output)
        #expect(conversation.frames == [.goAway(0x7FFF_FFFF)])
        conversation.feed(.headers(9))
        #expect(conversation.session.lastStream == 9 && conversation.slots[9] != nil)
        conversation.clear()
        conversation.session.goAway(.noError, sentence: "bye", conversation.output)
        conversation.feed(.headers(11))
        #expect(conversation.slots[11] == nil)
        conversation.session.goAway(
            .enhanceYourCalm, sentence: String(repeating: "a", count: 2000), conversation.output)
        #expect(
            conversation.frames == [.goAway(9, 0, "bye"), .goAway(9, 11, String(repeating: "a", count: 1024))])
    }

    @Test("Nothing is read after an error")
    func afterAnError() throws {
        var session = HTTP2Session()
        var input = ByteBuffer(bytes: Conversation.preface + Frame.settings().bytes + Frame.windowUpdate(0, 0).bytes)
        input.writeBytes(Frame.headers(1).bytes)
        var head = RequestHead()
        let output = OutputBuffer()
        #expect(throws: HTTP2Error.zeroWindowIncrement) { try session.next(&input, into: &head, output) }
        output.removeAll()
        #expect(try session.next(&input, into: &head, output) == nil)
        #expect(output.isEmpty && session.lastStream == 0)
    }

    @Test("A header block that has begun is known")
    func inHeaderBlock() {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1, block: [], whole: false))
        #expect(conversation.session.isInHeaderBlock)
        conversation.feed(.continuation(1, block(.get)))
        #expect(!conversation.session.isInHeaderBlock)
    }

    // MARK: Upgrade

    @Test("RFC 7540 §3.2: a connection may begin with the request of an HTTP/1.1 connection")
    func upgrade() throws {
        var conversation = Conversation()
        let slot = try Frame.settings((4, 5)).payload.withUnsafeBytes { try conversation.session.upgrade($0) }
        conversation.session.start(conversation.output)
        #expect(conversation.session.number(slot) == 1 && conversation.session.isRemoteEnded(slot))
        #expect(conversation.session.sendable(slot) == 5 && conversation.session.lastStream == 1)
        conversation.feed(Conversation.preface)
        conversation.feed(.settings((4, 7)), .acknowledgement, .windowUpdate(1, 3), .headers(3))
        #expect(conversation.session.sendable(slot) == 10)
        #expect(conversation.slots[3] != nil && conversation.error == nil)
        conversation.feed(.data(1, "a"))
        #expect(conversation.resets == [.reset(1, ErrorCode.streamClosed.rawValue)])
        conversation.feed(.headers(1))
        #expect(conversation.error == nil)
    }

    @Test("RFC 7540 §3.2.1: settings that are wrong are refused")
    func wrongUpgrade() {
        var session = HTTP2Session()
        #expect(throws: HTTP2Error.wrongFrameSize) { try latin("abc").withUnsafeBytes { try session.upgrade($0) } }
        #expect(throws: HTTP2Error.invalidSetting) {
            try Frame.settings((5, 1)).payload.withUnsafeBytes { try session.upgrade($0) }
        }
    }

    // MARK: Slots

    @Test("A slot is another stream's once it is released, and nothing of the first is left in it")
    func slots() throws {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1, .post.adding(("content-length", "1")), end: false), .headers(3))
        let first = try #require(conversation.slots[1])
        _ = conversation.send(1, 100)
        conversation.reset(1, .cancel)
        #expect(conversation.session.usedStreams == 1)
        conversation.clear()
        conversation.feed(.headers(5, .post.adding(("priority", "u=1")), end: false), .data(5, "abcdef"))
        #expect(conversation.slots[5] == first && conversation.session.usedStreams == 2)
        #expect(conversation.session.sendable(first) == 16384 && !conversation.session.isReset(first))
        #expect(!conversation.session.isLocalEnded(first) && !conversation.session.isRemoteEnded(first))
        #expect(conversation.session.priority(first).urgency == 1)
        #expect(conversation.resets.isEmpty)
    }

    @Test("Streams that the peer gave up and that are still at work are not unlimited")
    func usedStreams() {
        var settings = HTTP2Settings()
        settings.concurrentStreams = 10
        var conversation = Conversation.begun(settings)
        conversation.releases = false
        for index in 0..<UInt32(100) { conversation.feed(.headers(2 * index + 1), .reset(2 * index + 1)) }
        #expect(conversation.error == nil)
        #expect(conversation.session.usedStreams == 20)
        #expect(conversation.resets.count == 80)
        #expect(conversation.resets.allSatisfy { $0.number == ErrorCode.refusedStream.rawValue })
    }

    @Test("A request that is one too many leaves no slot behind")
    func noSlotAfterAnError() {
        var limits = HTTP2Limits()
        limits.noise = 2
        var conversation = Conversation.begun(HTTP2Settings(), limits)
        let refused = [Field].get.adding(("expect", "miracles"))
        conversation.feed(.headers(1, refused), .headers(3, refused))
        #expect(conversation.error == .tooMuchNoise && conversation.slots.count == 1)
        #expect(conversation.session.usedStreams == 1)
    }

    @Test("A stream is reset once")
    func resetOnce() throws {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1))
        conversation.clear()
        let slot = try #require(conversation.slots[1])
        conversation.session.reset(slot, .cancel, conversation.output)
        conversation.session.reset(slot, .internalError, conversation.output)
        #expect(conversation.session.isReset(slot))
        #expect(conversation.frames == [.reset(1, ErrorCode.cancel.rawValue)])
    }
}
