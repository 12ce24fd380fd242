import HTTPTypes
import NIOCore
import SAGI
import Testing

@Suite("An exchange of any kind")
struct ExchangeTests {
    let exchanges = Exchanges()

    @Test("has the name of its kind")
    func kinds() {
        #expect(exchanges.lifespan.kind == "lifespan")
        #expect(exchanges.requests.map(\.kind) == ["http", "eventStream", "webSocket", "webTransport"])
        let unsupported = Unsupported(exchanges.requests[2])
        #expect(unsupported.description == "This application does not serve webSocket exchanges.")
    }

    @Test("has the scope of its request, and the lifespan has none")
    func request() {
        #expect(exchanges.lifespan.request == nil)
        for exchange in exchanges.requests { #expect(exchange.request?.rawPath == "/a%20b") }
    }

    @Test("a scope is set in one copy of an exchange only, and never taken away")
    func setRequest() throws {
        for original in exchanges.requests {
            var copy = original
            copy.request?.rawPath = "/changed"
            #expect(copy.kind == original.kind)
            #expect(copy.request?.rawPath == "/changed")
            #expect(original.request?.rawPath == "/a%20b")
            copy.request = nil
            #expect(copy.request?.rawPath == "/changed")
        }
        var lifespan = exchanges.lifespan
        lifespan.request = .example
        #expect(lifespan.request == nil)
    }

    @Test("declines in the form of its kind, with the length of the content")
    func declines() async throws {
        for exchange in exchanges.requests {
            try await exchange.decline(with: HTTPResponse(status: .forbidden), body: ByteBuffer(string: "no"))
        }
        #expect(
            exchanges.sent == [
                .init(event: "start", status: 403, length: "2", body: ""),
                .init(event: "body", status: 200, length: nil, body: "no"),
                .init(event: "decline", status: 403, length: "2", body: "no"),
                .init(event: "deny", status: 403, length: "2", body: "no"),
                .init(event: "refuse", status: 403, length: "2", body: "no"),
            ])
    }

    @Test("declines with the length that it is given, and with none where there is no content")
    func declineLength() async throws {
        let given = HTTPResponse(status: .ok, headerFields: [.contentLength: "9"])
        try await exchanges.webSocket.decline(with: given)
        try await exchanges.webSocket.decline(with: HTTPResponse(status: .noContent))
        try await exchanges.webSocket.decline(with: HTTPResponse(status: .notModified))
        try await exchanges.webSocket.decline(with: HTTPResponse(status: .notFound))
        #expect(exchanges.sent.map(\.length) == ["9", nil, nil, "0"])
    }

    @Test("the lifespan cannot be declined")
    func declineLifespan() async {
        await #expect(throws: ExchangeError.self) {
            try await exchanges.lifespan.decline(with: HTTPResponse(status: .ok))
        }
    }
}

@Suite("Send and receive")
struct ChannelTests {
    @Test("pass every event through a closure, in order")
    func closures() async throws {
        var next = 0
        let receive = Receive<Int> { 7 }
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        let send = Send<Int> { continuation.yield($0) }
        for number in 1...5 {
            next = try await receive() + number
            try await send(next)
        }
        continuation.finish()
        var seen: [Int] = []
        for await number in stream { seen.append(number) }
        #expect(seen == [8, 9, 10, 11, 12])
    }

    @Test("let a closure's error through")
    func errors() async {
        let send = Send<Int> { throw ExchangeError.invalidStatus($0) }
        await #expect(throws: ExchangeError.invalidStatus(3)) { try await send(3) }
        let receive = Receive<Int> { throw ExchangeError.concurrentReceive }
        await #expect(throws: ExchangeError.concurrentReceive) { try await receive() }
    }

    @Test("go to a sink and come from a source without a closure in between")
    func sinks() async throws {
        /// Offers and polls by turns.
        final class Pipe: EventSink, EventSource {
            func offer(_ event: Int) throws -> Bool {
                guard event > 0 else { throw ExchangeError.invalidStatus(event) }
                return event % 2 == 0
            }
            nonisolated(nonsending) func send(_ event: Int) async throws { #expect(event % 2 == 1) }
            func poll() -> Int? { nil }
            nonisolated(nonsending) func next() async throws -> Int { 4 }
        }
        let pipe = Pipe()
        try await Send(pipe)(2)
        try await Send(pipe)(3)
        await #expect(throws: ExchangeError.invalidStatus(-1)) { try await Send(pipe)(-1) }
        #expect(try await Receive(pipe)() == 4)
    }
}
