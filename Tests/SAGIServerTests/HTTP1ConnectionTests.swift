import HTTPTypes
import NIOCore
import SAGI
import Testing

@testable import SAGIServer

@Suite("An HTTP/1.1 connection", .timeLimit(.minutes(1)))
struct HTTP1ConnectionTests {
    static let hello = http { http in
        try await http.send(.start(HTTPResponse(status: .ok)))
        try await http.send(.body("hi"))
    }

    @Test("answers a request with the length of a body that comes at once")
    func answers() async throws {
        try await MemoryConnection.run(Self.hello) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.sent == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }
    }

    @Test("answers pipelined requests in order and in one write")
    func pipelines() async throws {
        let echoPath = http { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body(http.scope.path))
        }
        try await MemoryConnection.run(echoPath) { connection in
            let requests = (1...16).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            try await connection.receive(requests)
            let expected = (1...16).map { "HTTP/1.1 200 OK\r\nContent-Length: \("/\($0)".utf8.count)\r\n\r\n/\($0)" }
            #expect(try await connection.sent == expected.joined())
            #expect(try await connection.sendCount == 1)
        }
    }

    @Test("sends the head at the end of the turn when the content comes later")
    func flushesHead() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let slow = http { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            for await _ in stream { break }
            try await http.send(.body("late"))
        }
        try await MemoryConnection.run(slow) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            #expect(try await connection.sent == head)
            continuation.yield()
            let all = try await connection.waitForSent { $0.hasSuffix("0\r\n\r\n") }
            #expect(all == head + "4\r\nlate\r\n0\r\n\r\n")
        }
    }

    @Test("answers 500 and closes when the application returns without a response")
    func returnsNothing() async throws {
        try await MemoryConnection.run(http { _ in }) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let sent = try await connection.sent
            #expect(sent.hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
            #expect(sent.contains("\r\nConnection: close\r\n"))
            #expect(try await connection.isOutputClosed)
        }
    }

    @Test("cuts a response off when the application throws in the middle of it")
    func throwsLate() async throws {
        struct Failure: Error {}
        let broken = http { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("part", more: true))
            throw Failure()
        }
        try await MemoryConnection.run(broken) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.isAborted)
            #expect(try await connection.sent.hasSuffix("\r\n\r\n4\r\npart\r\n"))
        }
    }

    @Test("cuts a response off that would look whole without sending it")
    func throwsAfterPromise() async throws {
        struct Failure: Error {}
        let broken = http { http in
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "4"])))
            try await http.send(.body("part", more: true))
            throw Failure()
        }
        try await MemoryConnection.run(broken) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.isAborted)
            #expect(try await connection.sent.isEmpty)
        }
    }

    @Test("cuts a response off that is shorter than its Content-Length")
    func tooShort() async throws {
        let short = http { http in
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "10"])))
            try await http.send(.body("123"))
        }
        try await MemoryConnection.run(short) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.isAborted)
        }
    }

    @Test("refuses more content than the Content-Length, and sends nothing of it")
    func tooLong() async throws {
        let long = http { http in
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "2"])))
            await #expect(throws: ExchangeError.contentLengthExceeded(promised: 2)) {
                try await http.send(.body("123"))
            }
            try await http.send(.body("ok"))
        }
        try await MemoryConnection.run(long) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.sent == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
    }

    @Test("never serves unread content as a request")
    func unreadContent() async throws {
        try await MemoryConnection.run(Self.hello) { connection in
            let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
            try await connection.receive(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(smuggled.utf8.count)\r\n\r\n" + smuggled)
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
            #expect(try await connection.sent == one + one)
        }
    }

    @Test("closes instead of reading on when too much unread content is left, and says so")
    func tooMuchUnread() async throws {
        try await MemoryConnection.run(Self.hello) { connection in
            try await connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
            #expect(try await connection.isOutputClosed)
            // Else the client's next request would be lost.
            let told = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
            #expect(try await connection.sent == told)
        }
        try await MemoryConnection.run(Self.hello) { connection in
            try await connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n")
            #expect(try await connection.sent == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }
    }

    @Test("sends 100 Continue when the application first receives, and not before")
    func continues() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let reader = http { http in
            for await _ in stream { break }
            guard case .body(let bytes, more: false) = try await http.receive() else { return }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body(bytes))
        }
        try await MemoryConnection.run(reader) { connection in
            try await connection.receive(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await connection.sent == "")
            continuation.yield()
            _ = try await connection.waitForSent { $0 == "HTTP/1.1 100 Continue\r\n\r\n" }
            try await connection.receive("ok")
            _ = try await connection.waitForSent { $0.hasSuffix("\r\n\r\nok") }
        }
    }

    @Test("closes after an answer to content that the client may or may not send")
    func unansweredExpectation() async throws {
        try await MemoryConnection.run(Self.hello) { connection in
            try await connection.receive(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await connection.sent.contains("\r\nConnection: close\r\n"))
            #expect(try await connection.isOutputClosed)
        }
    }

    @Test("stops reading while the application does not receive, and reads on when it does")
    func pausesReading() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let late = http { http in
            for await _ in stream { break }
            var isMore = true
            while isMore, case .body(_, let more) = try await http.receive() { isMore = more }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("read"))
        }
        try await MemoryConnection.run(late) { connection in
            let size = 200_000
            try await connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
            try await connection.receive(String(repeating: "x", count: 100_000))
            #expect(try await !connection.isReading)
            continuation.yield()
            while try await !connection.isReading { await Task.yield() }
            try await connection.receive(String(repeating: "x", count: 100_000))
            _ = try await connection.waitForSent { $0.hasSuffix("read") }
        }
    }

    @Test("suspends send while the peer takes nothing")
    func suspendsSend() async throws {
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        let producer = http { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            for count in 1...20 {
                try await http.send(.body(ByteBuffer(repeating: 0x78, count: 32 * 1024), more: count < 20))
                continuation.yield(count)
            }
            continuation.finish()
        }
        try await MemoryConnection.run(producer) { connection in
            try await connection.stall()
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let accepted = try await connection.sent.utf8.count
            #expect(accepted < 200_000)
            try await connection.drain()
            var last = 0
            for await count in stream { last = count }
            #expect(last == 20)
        }
    }

    @Test("tells the application that its peer has gone, and cancels it")
    func disconnects() async throws {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let waiter = http { http in
            http.scope.connection.onDisconnect { continuation.yield("callback \($0)") }
            http.scope.connection.onComplete { continuation.yield("complete") }
            _ = try await http.receive()
            guard case .disconnect(let reason) = try await http.receive() else { return }
            continuation.yield("event \(reason)")
            continuation.yield("cancelled \(Task.isCancelled)")
            try await http.send(.start(HTTPResponse(status: .ok)))
            continuation.yield("connected \(http.scope.connection.isConnected)")
            continuation.finish()
        }
        try await MemoryConnection.run(waiter) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await connection.close()
            var seen: [String] = []
            for await line in stream { seen.append(line) }
            #expect(
                seen == ["callback client_closed", "event client_closed", "cancelled true", "connected false"])
            #expect(try await connection.sent == "")
        }
    }

    @Test("leaves an exchange to an application that keeps it, and refuses what it sends later")
    func escapedExchange() async throws {
        let (stream, continuation) = AsyncStream<HTTPExchange>.makeStream()
        let leaky = http { http in
            continuation.yield(http)
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body(http.scope.path))
        }
        try await MemoryConnection.run(leaky) { connection in
            var kept = stream.makeAsyncIterator()
            try await connection.receive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try #require(await kept.next())
            try await connection.receive("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(first.scope.path == "/1")
            await #expect(throws: ExchangeError.self) { try await first.send(.body("again")) }
            guard case .disconnect(.completed) = try await first.receive() else {
                Issue.record("An exchange that is over has to say so.")
                return
            }
            #expect(try await !connection.sent.contains("again"))
        }
    }

    @Test("answers 408 to a head that does not come to its end, and closes a silent connection without a word")
    func headTimeout() async throws {
        try await MemoryConnection.run(Self.hello, { $0.timeouts.requestHeader = .zero }) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHo")
            try await connection.reachDeadline()
            #expect(try await connection.sent.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        }
        try await MemoryConnection.run(Self.hello, { $0.timeouts.requestHeader = .zero }) { connection in
            try await connection.reachDeadline()
            #expect(try await connection.sent == "")
            #expect(try await connection.isOutputClosed)
        }
    }

    @Test("answers 408 to content that stalls, and to content that trickles below the minimum rate")
    func contentTimeout() async throws {
        let reader = http { http in
            var isMore = true
            while isMore, case .body(_, let more) = try await http.receive() { isMore = more }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("whole"))
        }
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
        try await MemoryConnection.run(reader, { $0.timeouts.bodyStall = .zero }) { connection in
            try await connection.receive(head)
            for _ in 0..<3 { try await connection.receive("x") }
            try await connection.reachDeadline()
            #expect(try await connection.sent.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        }
        try await MemoryConnection.run(reader, { $0.timeouts.bodyStall = .seconds(60) }) { connection in
            try await connection.receive(head)
            try await connection.reachDeadline()
            try await connection.receive(String(repeating: "x", count: 100))
            #expect(try await connection.sent.hasSuffix("whole"))
        }
    }

    @Test("cuts a response off when bad content arrives while the application waits for it")
    func badContent() async throws {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let reader = http { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("part", more: true))
            while case .body = try await http.receive() {}
            continuation.yield("\(http.scope.connection.disconnectReason?.name ?? "none")")
            continuation.finish()
        }
        try await MemoryConnection.run(reader) { connection in
            try await connection.receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await connection.receive("x\r\n")
            var reasons = stream.makeAsyncIterator()
            #expect(await reasons.next() == "protocol_error")
            #expect(try await connection.isAborted)
        }
    }

    @Test("answers a client that has closed its half")
    func halfClosed() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let slow = http { http in
            for await _ in stream { break }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("hi"))
        }
        try await MemoryConnection.run(slow) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await connection.receiveEnd()
            continuation.yield()
            _ = try await connection.waitForSent { $0.hasSuffix("hi") }
            #expect(try await connection.isClosed)
        }
    }

    @Test("refuses an event out of order, and goes on")
    func order() async throws {
        let confused = http { http in
            await #expect(throws: ExchangeError.self) { try await http.send(.body("early")) }
            await #expect(throws: ExchangeError.self) { try await http.send(.trailers([:])) }
            await #expect(throws: ExchangeError.invalidStatus(99)) {
                try await http.send(.start(HTTPResponse(status: .init(code: 99))))
            }
            try await http.send(.start(HTTPResponse(status: .ok)))
            await #expect(throws: ExchangeError.self) { try await http.send(.start(HTTPResponse(status: .ok))) }
            await #expect(throws: ExchangeError.self) {
                try await http.send(.informational(HTTPResponse(status: .init(code: 103))))
            }
            try await http.send(.body("on time"))
            await #expect(throws: ExchangeError.self) { try await http.send(.body("late")) }
        }
        try await MemoryConnection.run(confused) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.sent == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\non time")
        }
    }

    @Test("drops the application's Transfer-Encoding and Connection, and honours Connection: close")
    func hopByHop() async throws {
        let meddling = http { http in
            let fields: HTTPFields = [.transferEncoding: "gzip", .connection: "close, x", .contentType: "a/b"]
            try await http.send(.start(HTTPResponse(status: .ok, headerFields: fields)))
            try await http.send(.body("x"))
        }
        try await MemoryConnection.run(meddling) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(
                try await connection.sent
                    == "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
            #expect(try await connection.isOutputClosed)
        }
    }

    @Test(
        "frames each kind of response as its rules say",
        arguments: [
            ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 204, "HTTP/1.1 204 No Content\r\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 304, "HTTP/1.1 304 Not Modified\r\n\r\n"),
            ("GET / HTTP/1.0\r\n\r\n", 200, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
            (
                "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200,
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi"
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404,
                "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
            ),
        ])
    func framing(request: String, status: Int, expected: String) async throws {
        let application = http { http in
            try await http.send(.start(HTTPResponse(status: .init(code: status))))
            try await http.send(.body("hi"))
        }
        try await MemoryConnection.run(application) { connection in
            try await connection.receive(request)
            #expect(try await connection.sent == expected)
        }
    }

    @Test("delimits streamed content by the connection's end for HTTP/1.0")
    func closeDelimited() async throws {
        let streaming = http { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("a", more: true))
            try await http.send(.body("b"))
        }
        try await MemoryConnection.run(streaming) { connection in
            try await connection.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try await connection.sent == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab")
            #expect(try await connection.isOutputClosed)
        }
    }

    @Test("sends trailers to a client that reads them, and to no other")
    func trailers() async throws {
        let application = http { http in
            try await http.send(.start(HTTPResponse(status: .ok), trailers: true))
            try await http.send(.body("x"))
            try await http.send(.trailers([HTTPField.Name("X-Sum")!: "1"]))
        }
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        try await MemoryConnection.run(application) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")
            #expect(try await connection.sent == head + "X-Sum: 1\r\n\r\n")
        }
        try await MemoryConnection.run(application) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.sent == head + "\r\n")
        }
    }

    @Test("delivers a request's trailers after its content")
    func requestTrailers() async throws {
        let application = http { http in
            guard case .body(let bytes, more: false) = try await http.receive(),
                case .trailers(let fields) = try await http.receive()
            else { return }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body(String(buffer: bytes) + (fields[HTTPField.Name("x-sum")!] ?? "none")))
        }
        try await MemoryConnection.run(application) { connection in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            try await connection.receive(head + "3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n" + head + "0\r\n\r\n")
            let sent = try await connection.sent
            #expect(sent.contains("\r\n\r\nabc7HTTP/1.1 200"))
            #expect(sent.hasSuffix("\r\n\r\nnone"))
        }
    }

    @Test("serves no request beyond the limit of a connection")
    func requestLimit() async throws {
        try await MemoryConnection.run(Self.hello, { $0.limits.requestsPerConnection = 2 }) { connection in
            try await connection.receive(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
            let one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
            #expect(try await connection.sent == one + "\r\nhi" + one + "Connection: close\r\n\r\nhi")
        }
    }

    @Test("answers 421 for a host that is not served")
    func misdirected() async throws {
        try await MemoryConnection.run(Self.hello, { $0.serverNames = ["a.example", "*.b.example"] }) { connection in
            try await connection.receive(
                "GET / HTTP/1.1\r\nHost: A.example:80\r\n\r\nGET / HTTP/1.1\r\nHost: x.b.example\r\n\r\n")
            try await connection.receive("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n")
            let sent = try await connection.sent
            #expect(sent.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
            #expect(sent.contains("HTTP/1.1 421 Misdirected Request\r\n"))
        }
    }

    @Test("refuses a HEAD without content", arguments: ["Host: a\r\nX : 1", "Host: b", "Host: a\r\nExpect: x"])
    func refusedHead(_ fields: String) async throws {
        try await MemoryConnection.run(Self.hello, { $0.serverNames = ["a"] }) { connection in
            try await connection.receive("\r\nHEAD / HTTP/1.1\r\n\(fields)\r\n\r\n")
            let sent = try await connection.sent
            #expect(sent.hasPrefix("HTTP/1.1 4") && sent.contains("Content-Length: "), "\(sent)")
            #expect(sent.hasSuffix("\r\n\r\n"), "\(sent)")
        }
    }

    @Test("runs onComplete once a slow client has taken the response")
    func completes() async throws {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let application = http { http in
            http.scope.connection.onComplete { continuation.yield("complete") }
            http.scope.connection.onDisconnect { continuation.yield("disconnect \($0)") }
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await http.send(.body("hi"))
            continuation.yield("returned")
        }
        try await MemoryConnection.run(application) { connection in
            try await connection.stall()
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            var lines = stream.makeAsyncIterator()
            #expect(await lines.next() == "returned")
            continuation.yield("drained")
            try await connection.drain()
            #expect(await lines.next() == "drained")
            #expect(await lines.next() == "complete")
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
