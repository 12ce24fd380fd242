import HPACK
import HTTP2
import HTTPSemantics
import Testing

@Suite("Responses") struct ResponseTests {
    /// The fields of the header block that some frames are.
    private func fields(_ frames: [Frame], _ decoder: HPACKDecoder = HPACKDecoder()) throws -> [String] {
        var head = RequestHead()
        var limits = FieldListLimits()
        limits.size = .max
        _ = try frames.flatMap(\.payload).withUnsafeBytes { try decoder.decode($0, limits: limits, into: &head) }
        return decoder.fields.map { "\(head.text($0.name)): \(head.text($0.value))" }
    }

    @Test("A response is a header section, content and trailers")
    func whole() throws {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1))
        let slot = try #require(conversation.slots[1])
        conversation.respond(1, [Field("a", "b")], end: false)
        #expect(conversation.send(1, 3) == 3)
        let start = conversation.session.beginHeaders(conversation.output)
        latin("c").withUnsafeBytes { name in
            conversation.session.fieldEncoder.encode(name: name, value: name, into: conversation.output)
        }
        conversation.session.endHeaders(slot, from: start, end: true, conversation.output)
        let frames = conversation.frames
        #expect(frames.map(\.type) == [1, 0, 1])
        #expect(frames.map(\.flags) == [4, 0, 5])
        #expect(frames.allSatisfy { $0.stream == 1 })
        let decoder = HPACKDecoder()
        #expect(try fields([frames[0]], decoder) == [":status: 200", "a: b"])
        #expect(frames[1].payload == latin("xxx"))
        #expect(try fields([frames[2]], decoder) == ["c: c"])
        #expect(conversation.session.isLocalEnded(slot) && conversation.session.isRemoteEnded(slot))
        #expect(!conversation.session.isReset(slot))
    }

    @Test("A response without content ends with its header section")
    func empty() {
        var conversation = Conversation.begun()
        conversation.feed(.headers(1))
        conversation.respond(1)
        #expect(conversation.frames == [.headers(1, block: [0x88])])
    }

    @Test("RFC 9113 §6.10: a header block larger than a frame goes on in others", arguments: [1, 2, 4])
    func split(_ frames: Int) throws {
        var exact = false
        var beyond = false
        for count in stride(from: frames * 16384 * 8 / 7 - 40, to: frames * 16384 * 8 / 7 + 40, by: 1) {
            var conversation = Conversation.begun()
            conversation.feed(.headers(1))
            let value = String(repeating: "x", count: count)
            conversation.respond(1, [Field("a", value)])
            let sent = conversation.frames
            #expect(sent.map(\.type) == [1] + Array(repeating: 9, count: sent.count - 1))
            #expect(sent.map { $0.flags & 4 } == Array(repeating: 0, count: sent.count - 1) + [4])
            #expect(sent.map { $0.flags & 1 } == [1] + Array(repeating: 0, count: sent.count - 1))
            #expect(sent.dropLast().allSatisfy { $0.payload.count == 16384 })
            let last = try #require(sent.last)
            #expect((1...16384).contains(last.payload.count))
            #expect(try fields(sent) == [":status: 200", "a: \(value)"])
            exact = exact || sent.count == frames && last.payload.count == 16384
            beyond = beyond || sent.count == frames + 1 && last.payload.count == 1
        }
        #expect(exact && beyond)
    }

    @Test("A header block is in one frame where the peer takes as much")
    func largeFrame() throws {
        var conversation = Conversation.begun()
        conversation.feed(.settings((5, 60000)), .headers(1))
        conversation.clear()
        conversation.respond(1, [Field("a", String(repeating: "x", count: 60000))])
        #expect(conversation.frames.map(\.type) == [1])
    }

    @Test("RFC 7541 §4.2: the smallest size of a table that the peer has named is used first")
    func tableSizes() throws {
        for sizes: [UInt32] in [[0], [0, 4096], [100, 0, 50], [4096], [65536, 200]] {
            var conversation = Conversation.begun()
            let decoder = HPACKDecoder()
            conversation.feed(.headers(1), .headers(3))
            conversation.clear()
            conversation.respond(1)
            _ = try fields(conversation.frames, decoder)
            conversation.feed(.settings((1, sizes[0]), sizes.count > 1 ? (1, sizes[1]) : (0xFF, 0)))
            if sizes.count > 2 { conversation.feed(.settings((1, sizes[2]))) }
            for size in sizes { decoder.setMaximumTableSize(Int(size)) }
            conversation.clear()
            conversation.respond(3)
            #expect(try fields(conversation.frames, decoder) == [":status: 200"], "\(sizes)")
        }
    }
}
