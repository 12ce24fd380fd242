import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("EventStreamRetry", .timeLimit(.minutes(1)))
struct EventStreamRetryTests {
    private let app = EventStreamHandler { stream in
        try await stream.comment("hello")
        try await stream.send("1")
        try await stream.send("2", event: "e", id: "i", retry: 7)
        try await stream.send("3")
    }

    private func events(_ middleware: EventStreamRetry) async throws -> [String] {
        let got = Monitor<[String]>([])
        try await StreamScript.run(app.wrapped(by: middleware)) { client async throws in
            for _ in 0..<5 {
                let next = try await client.next()
                got.update { $0.append(next) }
            }
        }
        return Array(got.withLock { $0 }.dropFirst(2))
    }

    @Test("the first event says how long to wait")
    func first() async throws {
        #expect(try await events(EventStreamRetry(.seconds(3))) == ["retry=3000 1", "event=e id=i retry=7 2", "3"])
    }

    @Test("or each one that has no time of its own")
    func every() async throws {
        let got = try await events(EventStreamRetry(.milliseconds(20), onEveryEvent: true))
        #expect(got == ["retry=20 1", "event=e id=i retry=7 2", "retry=20 3"])
    }

    @Test(
        "a time is never below zero, nor beyond what a number can be",
        arguments: [
            (Duration.seconds(-1), "0"), (.microseconds(1500), "1"), (.seconds(Int64.max), "31536000000"),
        ])
    func bounds(time: Duration, expected: String) async throws {
        #expect(try await events(EventStreamRetry(time)).first == "retry=\(expected) 1")
    }

    @Test("what could not be sent has told nothing, and other kinds pass")
    func others() async throws {
        let refused = EventStreamHandler { stream in
            try await stream.start()
            try await stream.close()
            await #expect(throws: ExchangeError.self) { try await stream.send("x") }
        }
        try await StreamScript.run(refused.wrapped(by: EventStreamRetry(.seconds(1))), leaves: false) {
            client async throws in
            #expect(try await [client.next(), client.next()] == ["start", "close "])
        }
        for kind in RequestKind.allCases {
            let told = accepting.wrapped(by: EventStreamRetry(.seconds(1)))
            #expect(try await outcome(of: told, kind, RequestScope()).isAccepted, "\(kind)")
        }
    }
}
