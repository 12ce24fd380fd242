import NIOCore
import SAGITesting
import SAGIToolkit
import Testing

@Suite("History of channels", .timeLimit(.minutes(1)))
struct ReplayTests {
    /// The ids and texts of what a new subscriber gets before "end".
    private func replayed(_ replay: Replay, _ channels: MemoryPubSub) async throws -> [Publication] {
        let subscription = channels.subscribe(to: "a", replaying: replay)
        channels.say(["end"])
        return try await within(.seconds(10), "The end") {
            var result: [Publication] = []
            for try await publication in subscription {
                if publication.text == "end" { break }
                result.append(publication)
            }
            return result
        }
    }

    private func texts(_ replay: Replay, _ channels: MemoryPubSub) async throws -> [String] {
        try await replayed(replay, channels).map(\.text)
    }

    @Test("the last messages come first, as many as are kept")
    func last() async throws {
        for (replay, expected) in [
            (Replay.nothing, []), (.last(0), []), (.last(-1), []), (.last(2), ["4", "5"]),
            (.last(100), ["3", "4", "5"]),
            (.after(nil), []),
        ] {
            let channels = MemoryPubSub(history: 3)
            channels.say(["1", "2", "3", "4", "5"])
            #expect(try await texts(replay, channels) == expected, "\(replay)")
        }
        let none = MemoryPubSub()
        none.say(["1"])
        #expect(try await texts(.last(5), none) == [])
    }

    @Test("what comes after an id is what somebody has missed")
    func after() async throws {
        let channels = MemoryPubSub(history: 4)
        channels.say(["1", "2", "3"])
        let ids = try await replayed(.last(3), channels).map(\.id)
        #expect(Set(ids).count == 3)
        // Kept are 1, 2, 3 and "end".
        #expect(try await texts(.after(ids[0]), channels) == ["2", "3"])
    }

    @Test("the last id of all misses nothing")
    func newest() async throws {
        let channels = MemoryPubSub(history: 4)
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        channels.say(["1"])
        var iterator = subscription.makeAsyncIterator()
        let id = try #require(try await iterator.next()).id
        #expect(try await texts(.after(id), channels) == [])
    }

    @Test("everything that is kept comes after an id that is not known, or not any more")
    func unknown() async throws {
        let channels = MemoryPubSub(history: 3)
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        channels.say(["1", "2", "3", "4"])
        var iterator = subscription.makeAsyncIterator()
        let old = try #require(try await iterator.next()).id
        let epoch = old.prefix { $0 != "-" }
        for id in [
            old, "", "x", "-", "\(epoch)-", "\(epoch)-0", "\(epoch)--1", "\(epoch)-5000", "\(epoch)-\(Int.min)",
            "\(epoch)-\(Int.max)", "\(epoch)-99999999999999999999", "other-3", String(repeating: "9", count: 10_000),
        ] {
            let fresh = channels.subscribe(to: "a", replaying: .after(id))
            #expect(try await read(3, of: fresh) == ["2", "3", "4"], "\(id.prefix(30))")
        }
    }

    @Test("an id of another process, or of a channel that was forgotten, is not known")
    func epochs() async throws {
        let first = MemoryPubSub(history: 10, channels: 1)
        func id() async throws -> String {
            let subscription = first.subscribe(to: "a", replaying: .nothing)
            first.say(["old"])
            var iterator = subscription.makeAsyncIterator()
            return try #require(try await iterator.next()).id
        }
        let old = try await id()
        let second = MemoryPubSub(history: 10)
        second.say(["1", "2"])
        #expect(try await texts(.after(old), second) == ["1", "2"])
        // There is room for one channel without subscribers.
        first.say(["x"], on: "b")
        #expect(first.names == ["b"])
        first.say(["1", "2"])
        #expect(try await texts(.after(old), first) == ["1", "2"])
    }

    @Test("what is replayed takes no room from what follows")
    func room() async throws {
        let channels = MemoryPubSub(capacity: 2, history: 100)
        channels.say((0..<100).map(String.init))
        let subscription = channels.subscribe(to: "a", replaying: .last(100))
        channels.say(["x", "y"])
        #expect(try await read(102, of: subscription).suffix(3) == ["99", "x", "y"])
    }

    @Test("only so many channels are kept for their history: those that were quiet for longest go first")
    func limit() async throws {
        let channels = MemoryPubSub(history: 1, channels: 3)
        let listener = channels.subscribe(to: "listened to", replaying: .nothing)
        channels.say(["x"], on: "listened to")
        for name in ["a", "b", "c"] { channels.say(["x"], on: name) }
        channels.say(["again"], on: "a")
        channels.say(["x"], on: "d")
        #expect(Set(channels.names) == ["listened to", "a", "c", "d"])
        for number in 0..<1000 { channels.say(["x"], on: "\(number)") }
        #expect(channels.names.count == 4)
        #expect(channels.names.contains("listened to"))
        #expect(try await read(1, of: listener) == ["x"])
        let none = MemoryPubSub(history: 5, channels: 0)
        none.say(["x"])
        #expect(none.names == [])
        do {
            let subscription = none.subscribe(to: "a", replaying: .nothing)
            none.say(["y"])
            #expect(try await read(1, of: subscription) == ["y"])
        }
        #expect(none.names == [])
    }

    @Test("nothing that was said is lost while channels come and go")
    func churn() async throws {
        let channels = MemoryPubSub(capacity: 10_000, history: 5000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<100 {
                        let (name, text) = ("\(round)", "\(number) \(round)")
                        if number.isMultiple(of: 2) { _ = channels.subscribe(to: name, replaying: .nothing) }
                        channels.say([text], on: name)
                        let subscription = channels.subscribe(to: name, replaying: .last(5000))
                        var iterator = subscription.makeAsyncIterator()
                        while try await iterator.next()?.text != text {}
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(channels.names.count == 100)
    }
}
