import HTTP2
import Testing

@Suite("Windows of the peer") struct SendWindowTests {
    private func begun(_ frames: Frame...) -> Conversation {
        var conversation = Conversation.begun()
        for frame in frames { conversation.feed(frame) }
        conversation.clear()
        return conversation
    }

    private func lengths(_ conversation: Conversation) -> [Int] {
        conversation.frames.filter { $0.type == 0 }.map(\.payload.count)
    }

    @Test("RFC 9113 §6.9.1: content waits for both windows")
    func both() throws {
        var conversation = begun(.headers(1), .headers(3))
        let first = try #require(conversation.slots[1])
        let second = try #require(conversation.slots[3])
        #expect(conversation.send(1, 100_000) == 65535)
        #expect(lengths(conversation) == [16384, 16384, 16384, 16383])
        #expect(conversation.session.sendable(second) == 0)
        conversation.clear()
        conversation.feed(.windowUpdate(1, 1000))
        #expect(conversation.events == [.windowGrew(1)])
        #expect(conversation.session.sendable(first) == 0)
        conversation.feed(.windowUpdate(0, 500))
        #expect(conversation.events == [.windowGrew(1), .windowGrew(nil)])
        #expect(conversation.session.sendable(second) == 500)
        #expect(conversation.send(1, 600) == 500)
        #expect(conversation.session.sendable(second) == 0 && conversation.session.sendable(first) == 0)
        #expect(conversation.frames == [.data(1, String(repeating: "x", count: 500))])
    }

    @Test("RFC 9113 §6.9.2: settings make a window negative, and it has to grow from there")
    func negative() throws {
        var conversation = begun(.headers(1))
        #expect(conversation.send(1, 60000) == 60000)
        conversation.feed(.windowUpdate(0, 1_000_000))
        conversation.clear()
        conversation.feed(.settings((4, 100)))
        #expect(conversation.events.isEmpty && conversation.frames == [.acknowledgement])
        #expect(conversation.send(1, 1) == 0)
        conversation.feed(.windowUpdate(1, 59900))
        #expect(conversation.send(1, 1) == 0)
        conversation.feed(.windowUpdate(1, 1))
        #expect(conversation.send(1, 5) == 1)
        conversation.clear()
        conversation.feed(.settings((4, 107)))
        #expect(conversation.events == [.windowGrew(nil)])
        #expect(conversation.send(1, 9) == 7)
    }

    @Test("A stream without a window may still end")
    func emptyEnd() {
        var conversation = begun(.settings((4, 0)), .headers(1))
        #expect(conversation.send(1, 1, end: true) == 0)
        #expect(conversation.send(1, 0, end: true) == 0)
        #expect(conversation.frames == [.data(1, end: true)])
        #expect(conversation.session.usedStreams == 0)
    }

    @Test("RFC 9113 §6.5.3: the last of several values counts, and streams that are opened next begin with it")
    func lastValue() {
        var conversation = begun(.settings((4, 100), (4, 1)), .headers(1))
        #expect(conversation.send(1, 3) == 1)
        #expect(conversation.frames == [.data(1, "x")])
    }

    @Test("RFC 9113 §4.2: frames are as large as the peer takes")
    func frameSize() {
        var conversation = begun(.settings((5, 20000)), .headers(1))
        #expect(conversation.send(1, 50000, end: true) == 50000)
        #expect(lengths(conversation) == [20000, 20000, 10000])
        #expect(conversation.frames.map(\.endsStream) == [false, false, true])
        conversation.feed(.settings((5, 16384)), .headers(3))
        conversation.clear()
        #expect(conversation.send(3, 50000) == 15535)
        #expect(lengths(conversation) == [15535])
    }
}

@Suite("Windows of the server") struct ReceiveWindowTests {
    private func begun(window: Int, connection: Int = 1 << 20) -> Conversation {
        var settings = HTTP2Settings()
        settings.initialWindow = window
        var limits = HTTP2Limits()
        limits.connectionWindow = connection
        var conversation = Conversation.begun(settings, limits)
        conversation.consumes = false
        return conversation
    }

    private func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test("The peer is told of what was taken once it is half of a window")
    func thresholds() throws {
        var conversation = begun(window: 1000, connection: 70000)
        conversation.feed(.headers(1, .post, end: false), .data(1, text(1000)))
        let slot = try #require(conversation.slots[1])
        conversation.session.consumed(slot, 499, conversation.output)
        #expect(conversation.frames.isEmpty)
        conversation.session.consumed(slot, 1, conversation.output)
        #expect(conversation.frames == [.windowUpdate(1, 500)])
        conversation.clear()
        for stream in stride(from: UInt32(3), to: 77, by: 2) {
            conversation.feed(.headers(stream, .post, end: false), .data(stream, text(1000), end: true))
        }
        conversation.session.giveBack(34499, conversation.output)
        #expect(conversation.frames.isEmpty)
        conversation.session.giveBack(1, conversation.output)
        #expect(conversation.frames == [.windowUpdate(0, 35000)])
    }

    @Test("A stream whose content has ended needs no window, but the connection does")
    func ended() throws {
        var conversation = begun(window: 1000, connection: 65535)
        for stream in stride(from: UInt32(1), to: 201, by: 2) {
            conversation.feed(.headers(stream, .post, end: false), .data(stream, text(1000), end: true))
            let slot = try #require(conversation.slots[stream])
            conversation.session.consumed(slot, 1000, conversation.output)
            conversation.respond(stream)
        }
        #expect(conversation.error == nil)
        let updates = conversation.frames.filter { $0.type == 8 }
        #expect(updates == [.windowUpdate(0, 33000), .windowUpdate(0, 33000), .windowUpdate(0, 33000)])
    }

    @Test("RFC 9113 §6.9: content beyond a stream's window ends the stream, and padding counts")
    func streamWindow() {
        var conversation = begun(window: 1000)
        conversation.feed(.headers(1, .post, end: false), .data(1, text(990), padding: 9))
        conversation.feed(.headers(3, .post, end: false), .data(3, text(990), padding: 10))
        #expect(conversation.resets == [.reset(3, ErrorCode.flowControlError.rawValue)])
        conversation.clear()
        conversation.feed(.data(1), .data(1, "a"))
        #expect(conversation.resets == [.reset(1, ErrorCode.flowControlError.rawValue)])
        #expect(conversation.events == [.reset(1, .flowControlError, byPeer: false)])
    }

    @Test("Padding is given back at once")
    func padding() {
        var conversation = begun(window: 1000)
        conversation.feed(.headers(1, .post, end: false))
        for _ in 0..<8 { conversation.feed(.data(1, "a", padding: 124)) }
        #expect(conversation.error == nil && conversation.frames == [.windowUpdate(1, 500), .windowUpdate(1, 500)])
    }

    @Test("RFC 9113 §6.9: content beyond the connection's window ends the connection")
    func connectionWindow() {
        var conversation = begun(window: 1 << 21)
        conversation.feed(.headers(1, .post, end: false))
        for _ in 0..<64 { conversation.feed(.data(1, text(16384))) }
        conversation.feed(.data(1))
        #expect(conversation.error == nil)
        conversation.feed(.data(1, "a"))
        #expect(conversation.error == .windowExceeded && conversation.error?.code == .flowControlError)
    }

    @Test("What is thrown away of streams that are over does not use up the connection's window")
    func thrownAway() {
        var conversation = begun(window: 65535, connection: 65535)
        let short = [Field].post.adding(("content-length", "1"))
        for stream in stride(from: UInt32(1), to: 101, by: 2) {
            // Malformed, then on its way to a stream that was reset, then after the last one.
            conversation.feed(
                .headers(stream, short, end: false), .data(stream, text(16384)), .data(stream, text(16384)))
        }
        conversation.session.goAway(.noError, conversation.output)
        conversation.feed(.headers(101, .post, end: false))
        for _ in 0..<50 { conversation.feed(.data(101, text(16384))) }
        #expect(conversation.error == nil)
        #expect(conversation.resets.count == 50)
    }

    @Test("RFC 9113 §6.9.3: until the peer knows a smaller window, it may use the default")
    func beforeAcknowledgement() {
        var settings = HTTP2Settings()
        settings.initialWindow = 100
        var conversation = Conversation(settings)
        conversation.session.start(conversation.output)
        conversation.feed(Conversation.preface)
        conversation.consumes = false
        conversation.feed(.settings(), .headers(1, .post, end: false), .data(1, text(16384)))
        #expect(conversation.resets.isEmpty && conversation.error == nil)
        conversation.feed(.acknowledgement, .headers(3, .post, end: false), .data(3, text(100)), .data(1))
        #expect(conversation.resets.isEmpty && conversation.error == nil)
        conversation.feed(.data(3, "a"))
        #expect(conversation.resets == [.reset(3, 3)])
        // 16,284 bytes more than it could have.
        conversation.session.consumed(conversation.slots[1] ?? 0, 16284, conversation.output)
        conversation.feed(.data(1, "a"))
        #expect(conversation.resets == [.reset(3, 3), .reset(1, 3)])
    }

    @Test("Windows so small that half of them is nothing never grow by nothing", arguments: [0, 1])
    func tiny(_ size: Int) throws {
        var conversation = begun(window: size, connection: size)
        conversation.feed(.headers(1, .post, end: false), .data(1, padding: 0), .data(1, text(size)))
        if let slot = conversation.slots[1] { conversation.session.consumed(slot, 0, conversation.output) }
        conversation.session.giveBack(0, conversation.output)
        #expect(conversation.frames.allSatisfy { $0.type != 8 || $0.number > 0 })
    }
}
