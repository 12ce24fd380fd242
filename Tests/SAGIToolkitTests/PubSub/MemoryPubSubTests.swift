import Dispatch
import NIOCore
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

/// The next messages of a subscription, as texts.
func read(_ count: Int, of subscription: MemorySubscription) async throws -> [String] {
    try await within(.seconds(20), "\(count) messages") {
        var texts: [String] = []
        var iterator = subscription.makeAsyncIterator()
        while texts.count < count, let publication = try await iterator.next() { texts.append(publication.text) }
        return texts
    }
}

extension MemoryPubSub {
    /// Publishes texts, one after the other.
    func say(_ texts: some Sequence<String>, on channel: String = "a") {
        for text in texts { publish(ByteBuffer(string: text), to: channel, from: nil) }
    }
}

@Suite("Channels in memory", .timeLimit(.minutes(1)))
struct MemoryPubSubTests {
    @Test("a subscriber gets what is said from then on, in order, with ids and who says it")
    func order() async throws {
        let channels = MemoryPubSub()
        channels.say(["too early"])
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        let other = channels.subscribe(to: "b", replaying: .nothing)
        channels.say((0..<100).map(String.init))
        channels.publish(ByteBuffer(bytes: [0xFF]), to: "b", from: "me")
        #expect(try await read(100, of: subscription) == (0..<100).map(String.init))
        var iterator = other.makeAsyncIterator()
        let publication = try #require(try await iterator.next())
        #expect(publication.bytes == ByteBuffer(bytes: [0xFF]))
        #expect((publication.text, publication.origin) == ("\u{FFFD}", "me"))
    }

    @Test("a subscriber that waits gets what is said at once")
    func waiting() async throws {
        let channels = MemoryPubSub(capacity: 1)
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        let heard = Monitor<[String]>([])
        let task = Task { for try await next in subscription { heard.update { $0.append(next.text) } } }
        for (index, text) in ["x", "y", "z"].enumerated() {
            channels.say([text])
            // Room for one: the next is said when that has been heard.
            try await within(.seconds(10), text) { try await heard.wait { $0.count > index ? () : nil } }
        }
        #expect(heard.withLock { $0 } == ["x", "y", "z"])
        task.cancel()
        try await task.value
    }

    @Test("many publishers are heard by many subscribers in the same order, and each in its own")
    func crowd() async throws {
        let channels = MemoryPubSub(capacity: 10_000)
        let subscriptions = (0..<8).map { _ in channels.subscribe(to: "a", replaying: .nothing) }
        let heard = try await withThrowingTaskGroup(of: [String].self) { group in
            for subscription in subscriptions { group.addTask { try await read(8 * 200, of: subscription) } }
            await withTaskGroup(of: Void.self) { publishers in
                for publisher in 0..<8 {
                    publishers.addTask { channels.say((0..<200).map { "\(publisher) \($0)" }) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(heard.count == 8)
        #expect(heard.allSatisfy { $0 == heard[0] })
        for publisher in 0..<8 {
            #expect(heard[0].filter { $0.hasPrefix("\(publisher) ") } == (0..<200).map { "\(publisher) \($0)" })
        }
    }

    @Test("a subscriber that comes to what waits does not suspend, and stays on its executor")
    func hops() async throws {
        let channels = MemoryPubSub()
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        channels.say((0..<200).map(String.init))
        let executor = CountingExecutor()
        let before = try await Task(executorPreference: executor) {
            let before = executor.count
            var count = 0
            for try await _ in subscription {
                count += 1
                if count == 200 { break }
            }
            return executor.count - before
        }.value
        #expect(before == 0)
    }

    // MARK: Overflow

    @Test("whoever is too slow loses its subscription, after what waits")
    func disconnect() async throws {
        let channels = MemoryPubSub(capacity: 3)
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        channels.say(["1", "2", "3", "4", "5"])
        #expect(try await read(3, of: subscription) == ["1", "2", "3"])
        let error = await #expect(throws: SlowSubscriber.self) { try await read(1, of: subscription) }
        #expect(error?.waiting == 3)
        // And goes on being told so.
        channels.say(["6"])
        await #expect(throws: SlowSubscriber.self) { try await read(1, of: subscription) }
    }

    @Test(
        "or loses messages, the oldest or the newest",
        arguments: [(MemoryPubSub.Overflow.dropOldest, ["3", "4", "5"]), (.dropNewest, ["1", "2", "3"])])
    func drop(overflow: MemoryPubSub.Overflow, expected: [String]) async throws {
        let channels = MemoryPubSub(capacity: 3, overflow: overflow)
        let subscription = channels.subscribe(to: "a", replaying: .nothing)
        channels.say(["1", "2", "3", "4", "5"])
        #expect(try await read(3, of: subscription) == expected)
        channels.say(["6"])
        #expect(try await read(1, of: subscription) == ["6"])
    }

    @Test("a slow subscriber takes nothing from the others")
    func others() async throws {
        let channels = MemoryPubSub(capacity: 10)
        let slow = channels.subscribe(to: "a", replaying: .nothing)
        let fast = channels.subscribe(to: "a", replaying: .nothing)
        for round in 0..<10 {
            channels.say((0..<10).map { "\(round) \($0)" })
            #expect(try await read(10, of: fast).last == "\(round) 9")
        }
        #expect(try await read(10, of: slow).first == "0 0")
        await #expect(throws: SlowSubscriber.self) { try await read(1, of: slow) }
    }

    // MARK: The end

    @Test("a task that is cancelled gets nothing more, and unsubscribes when it lets go")
    func cancellation() async throws {
        let channels = MemoryPubSub()
        let task = Task {
            var count = 0
            for try await _ in channels.subscribe(to: "a", replaying: .nothing) { count += 1 }
            return count
        }
        try await until("the subscription") { channels.subscribers(of: "a") == 1 }
        task.cancel()
        #expect(try await task.value == 0)
        #expect(channels.subscribers(of: "a") == 0)
        #expect(channels.names == [])
        // One that was cancelled before it began ends too.
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let subscription = channels.subscribe(to: "a", replaying: .nothing)
            channels.say(["x"])
            var iterator = subscription.makeAsyncIterator()
            return try await iterator.next()
        }
        #expect(try await late.value == nil)
    }

    @Test("subscriptions that come and go while others talk leave nothing behind")
    func churn() async throws {
        let channels = MemoryPubSub(capacity: 10_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<200 {
                        let subscription = channels.subscribe(to: "a", replaying: .nothing)
                        channels.publish(ByteBuffer(string: "x"), to: "a", from: "\(number) \(round)")
                        // Its own comes, whoever else talks.
                        var iterator = subscription.makeAsyncIterator()
                        while let next = try await iterator.next(), next.origin != "\(number) \(round)" {}
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(channels.names == [])
    }
}

/// Runs jobs on a thread, and counts them.
private final class CountingExecutor: TaskExecutor {
    private let jobs = Atomic<Int>(0)
    private let queue = DispatchQueue(label: "counting")

    var count: Int { jobs.load(ordering: .relaxed) }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
