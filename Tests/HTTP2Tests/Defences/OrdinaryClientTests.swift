import HPACK
import HTTP2
import HTTPSemantics
import Testing

@Suite("An ordinary client") struct OrdinaryClientTests {
    /// How a client behaves that means no harm.
    struct Habits: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// It gives back both windows after each frame of content.
        var updatesWindows = false
        /// It enlarges the window of each stream when it opens it.
        var enlargesWindows = false
        /// It sends PRIORITY for each stream.
        var prioritizes = false
        /// It gives up one of so many requests, once a part of the content has come.
        var cancels = Int.max
        /// It sends content, in frames of so many bytes.
        var sends = 0
        /// The content of a response.
        var takes = 40_000
    }

    private static let habits = [
        Habits(testDescription: "that reads", takes: 100),
        Habits(testDescription: "that updates windows after every frame", updatesWindows: true),
        Habits(testDescription: "that cancels some requests", updatesWindows: true, cancels: 5),
        Habits(testDescription: "that sends content", updatesWindows: true, sends: 1000, takes: 10),
        Habits(
            testDescription: "of many words", updatesWindows: true, enlargesWindows: true, prioritizes: true,
            cancels: 7,
            sends: 100, takes: 20_000),
        Habits(testDescription: "that gets no content", enlargesWindows: true, takes: 0),
    ]

    @Test("is never disturbed over 20,000 requests, whatever its habits", arguments: habits)
    func requests(_ habits: Habits) {
        var settings = HTTP2Settings()
        settings.concurrentStreams = 100
        var conversation = Conversation.begun(settings)
        let encoder = HPACKEncoder()
        var untold = 0
        for index in 0..<UInt32(20_000) {
            let stream = 2 * index + 1
            conversation.clear()
            let hasContent = habits.sends > 0 && index % 4 == 0
            conversation.feed(.headers(stream, block: encoder.block(hasContent ? .post : .get), end: !hasContent))
            if habits.enlargesWindows { conversation.feed(.windowUpdate(stream, 1000)) }
            if habits.prioritizes { conversation.feed(.priority(stream, on: 0)) }
            if hasContent {
                for part in 0..<4 {
                    conversation.feed(
                        .data(stream, String(repeating: "b", count: habits.sends), end: part == 3))
                }
            }
            let isCancelled = Int(index) % habits.cancels == habits.cancels - 1
            conversation.respond(stream, end: habits.takes == 0)
            var sent = 0
            while sent < habits.takes {
                let before = conversation.output.count
                sent += conversation.send(stream, habits.takes - sent, end: !isCancelled)
                let written = (Frame.parse(Array(conversation.output.bytes[before...])) ?? []).filter { $0.type == 0 }
                guard !written.isEmpty else { break }
                for count in written.map(\.payload.count) where count > 0 {
                    untold += count
                    guard habits.updatesWindows || untold > 30000 else { continue }
                    conversation.feed(.windowUpdate(0, UInt32(untold)))
                    untold = 0
                    if habits.updatesWindows { conversation.feed(.windowUpdate(stream, UInt32(count))) }
                }
            }
            if isCancelled { conversation.feed(.reset(stream)) }
            guard conversation.error == nil, conversation.resets.isEmpty else {
                Issue.record("\(index): \(String(describing: conversation.error)), \(conversation.resets)")
                return
            }
        }
        #expect(conversation.session.usedStreams == 0 && conversation.slots.isEmpty)
    }

    @Test("may send content that the server does not want, again and again, on many streams at once")
    func unwantedContent() {
        var conversation = Conversation.begun()
        for round in 0..<UInt32(200) {
            let streams = (0..<20).map { 2 * (20 * round + $0) + 1 }
            for stream in streams { conversation.feed(.headers(stream, .post, end: false)) }
            for stream in streams {
                conversation.respond(stream)
                conversation.reset(stream, .noError)
            }
            for _ in 0..<40 {
                for stream in streams { conversation.feed(.data(stream, String(repeating: "a", count: 100))) }
            }
            for stream in streams { conversation.feed(.data(stream, "a", end: true)) }
            conversation.clear()
        }
        #expect(conversation.error == nil)
    }
}
