import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Event streams, in every mode")
struct EventStreamTests {
    @Test("Events and comments arrive as they were sent", arguments: TestMode.all)
    func events(mode: TestMode) async throws {
        let app = streamApp { stream in
            try await stream.send(.start())
            try await stream.send(.send(data: "one"))
            try await stream.send(.comment("aside"))
            try await stream.send(.send(data: "two\r\nlines\n", event: "greeting", id: "7", retry: 1500))
            try await stream.send(.send(data: ""))
            try await stream.send(.close(reason: "enough"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/feed") { stream async throws in
                #expect(stream.response.status == .ok)
                #expect(stream.headerFields[.contentType] == "text/event-stream")
                #expect(stream.headerFields[.cacheControl] == "no-cache")
                #expect(stream.retry == nil)
                var events: [TestEventStream.Event] = []
                for try await event in stream { events.append(event) }
                #expect(
                    events == [
                        TestEventStream.Event("one"),
                        TestEventStream.Event("two\nlines\n", event: "greeting", id: "7", retry: 1500),
                        TestEventStream.Event(""),
                    ])
                #expect(stream.comments == ["aside"])
                #expect(try await stream.nextComment() == "aside")
                #expect(try await stream.nextComment() == nil)
                #expect(stream.lastEventID == "7")
                #expect(stream.retry == .milliseconds(1500))
                #expect(!stream.exchange.isTruncated)
            }
        }
    }

    @Test("Returning ends the stream, and its own fields stay", arguments: TestMode.all)
    func returning(mode: TestMode) async throws {
        let app = streamApp { stream in
            try await stream.send(
                .start(
                    HTTPResponse(
                        status: .ok,
                        headerFields: [
                            .contentType: "text/event-stream; charset=utf-8", .cacheControl: "private",
                            .contentLength: "5",
                        ])))
            try await stream.send(.send(data: "only"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/") { stream async throws in
                #expect(stream.headerFields[.contentType] == "text/event-stream; charset=utf-8")
                #expect(stream.headerFields[.cacheControl] == "private")
                #expect(stream.headerFields[.contentLength] == nil)
                #expect(try await stream.next()?.data == "only")
                #expect(try await stream.next() == nil)
                #expect(!stream.exchange.isTruncated)
            }
        }
    }

    @Test("An event arrives before the next one is sent", arguments: TestMode.all)
    func atOnce(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = streamApp { stream in
            try await stream.send(.start())
            for number in 1...3 {
                try await stream.send(.send(data: "\(number)"))
                try await notebook.wait(for: "read \(number)")
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/") { stream async throws in
                for number in 1...3 {
                    #expect(try await stream.next()?.data == "\(number)")
                    notebook.note("read \(number)")
                }
                #expect(try await stream.next() == nil)
            }
        }
    }

    @Test("Content comes with the request, whatever its method", arguments: TestMode.all)
    func content(mode: TestMode) async throws {
        let app = streamApp { stream in
            var whole = ByteBuffer()
            while case .body(let bytes, let more) = try await stream.receive() {
                whole.writeImmutableBuffer(bytes)
                if !more { break }
            }
            try await stream.send(.start())
            try await stream.send(.send(data: "\(stream.scope.method) \(String(buffer: whole))"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let body = RequestBody.chunks(["a", "b"])
            try await client.eventStream("/", method: .post, body: body) { stream async throws in
                #expect(try await stream.next()?.data == "POST ab")
            }
            try await client.eventStream("/") { stream async throws in
                #expect(try await stream.next()?.data == "GET ")
            }
        }
    }

    @Test("A stream can be declined with any response", arguments: TestMode.all)
    func decline(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = streamApp { stream in
            if stream.scope.path == "/gone" {
                return try await stream.send(.decline(HTTPResponse(status: .noContent), ByteBuffer()))
            }
            try await stream.send(.decline(HTTPResponse(status: .notFound), ByteBuffer(string: "no feed")))
            for event in [EventStreamEvent.start(), .send(data: "x"), .comment("x"), .close()] {
                notebook.note(try await refusal { try await stream.send(event) })
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let declined = await #expect(throws: EventStreamDeclined.self) { try await client.eventStream("/") }
            #expect(declined?.response.status == .notFound)
            #expect(declined?.response.text == "no feed")
            let gone = await #expect(throws: EventStreamDeclined.self) { try await client.eventStream("/gone") }
            #expect(gone?.response.status == .noContent)
        }
        #expect(notebook.all == Array(repeating: "wrong event", count: 4))
    }

    @Test("Events that break a rule are refused, and nothing of them is sent", arguments: TestMode.all)
    func rules(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = streamApp { stream in
            func refused(_ event: EventStreamEvent) async throws {
                notebook.note(try await refusal { try await stream.send(event) })
            }
            try await refused(.send(data: "early"))
            try await refused(.comment("early"))
            try await refused(.keepalive(interval: .seconds(1)))
            try await refused(.close())
            try await refused(.start(HTTPResponse(status: .continue)))
            try await stream.send(.start())
            try await refused(.start())
            try await refused(.decline(HTTPResponse(status: .notFound), ByteBuffer()))
            try await refused(.send(data: "x", event: "a\nb"))
            try await refused(.send(data: "x", id: "a\u{0}b"))
            try await refused(.send(data: "x", retry: -1))
            try await stream.send(.send(data: "only"))
            try await stream.send(.close())
            try await refused(.send(data: "late"))
            try await refused(.close())
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/") { stream async throws in
                #expect(try await stream.next()?.data == "only")
                #expect(try await stream.next() == nil)
            }
        }
        let (wrong, invalid) = ("wrong event", "invalid event")
        #expect(
            notebook.all == [
                wrong, wrong, wrong, wrong, "invalid status 100", wrong, wrong, invalid, invalid, invalid, wrong,
                "taken",
            ])
    }

    @Test("A client connects again where it was", arguments: TestMode.all)
    func reconnect(mode: TestMode) async throws {
        let app = streamApp { stream in
            let last = HTTPField.Name("Last-Event-ID").flatMap { stream.scope[$0] }
            let next = last.flatMap(Int.init).map { $0 + 1 } ?? 0
            guard next < 3 else {
                return try await stream.send(.decline(HTTPResponse(status: .noContent), ByteBuffer()))
            }
            try await stream.send(.start())
            try await stream.send(.send(data: "event \(next)", id: "\(next)", retry: 10))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/") { stream async throws in
                #expect(try await stream.next()?.data == "event 0")
                #expect(try await stream.next() == nil)
                try await stream.reconnect(after: stream.retry ?? .zero)
                #expect(try await stream.next()?.data == "event 1")
                // In the middle of a response too.
                try await stream.reconnect()
                #expect(stream.retry == .milliseconds(10))
                #expect(try await stream.next()?.id == "2")
                let declined = await #expect(throws: EventStreamDeclined.self) { try await stream.reconnect() }
                #expect(declined?.response.status == .noContent)
            }
            try await client.eventStream("/", lastEventID: "1") { stream async throws in
                #expect(stream.lastEventID == "1")
                #expect(try await stream.next()?.data == "event 2")
            }
        }
    }

    @Test("The application sees that its client has gone", arguments: TestMode.all)
    func disconnect(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = streamApp { stream in
            _ = try await stream.receive()
            try await stream.send(.start())
            try await stream.send(.send(data: "one"))
            guard case .disconnect(let reason) = try await stream.receive() else { throw Mishap() }
            notebook.note("\(reason), cancelled \(Task.isCancelled)")
            // A client that has gone is not the application's fault.
            try await stream.send(.send(data: "unseen"))
            try await stream.send(.close())
            notebook.note("nothing is sent")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/") { stream async throws in
                #expect(try await stream.next()?.data == "one")
                stream.disconnect()
                #expect(try await stream.applicationError() == nil)
            }
            // Leaving early is going away.
            try await client.eventStream("/") { _ async throws in }
            _ = try await notebook.wait(count: 4)
        }
        #expect(Set(notebook.all) == ["client_closed, cancelled true", "nothing is sent"])
    }

    @Test("A stream that fails is cut off, and the test is told why", arguments: TestMode.all)
    func failure(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = streamApp { stream in
            let path = stream.scope.path
            if path == "/early" { throw Mishap() }
            try await stream.send(.start())
            try await stream.send(.send(data: "one"))
            // What has not left yet would be cut off too.
            try await notebook.wait(for: path)
            throw Mishap()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            await #expect(throws: Mishap()) { try await client.eventStream("/early") }
            await #expect(throws: Mishap()) {
                try await client.eventStream("/loud") { stream async throws in
                    for try await event in stream { notebook.note(event.data == "one" ? "/loud" : "wrong") }
                }
            }
            let calm = client.with { $0.raisesApplicationErrors = false }
            let declined = await #expect(throws: EventStreamDeclined.self) { try await calm.eventStream("/early") }
            #expect(declined?.response.status == .internalServerError)
            try await calm.eventStream("/calm") { stream async throws in
                #expect(try await stream.next()?.data == "one")
                notebook.note("/calm")
                #expect(try await stream.next() == nil)
                #expect(stream.exchange.isTruncated)
            }
        }
    }

    @Test("Silence is broken with comments", arguments: TestMode.all)
    func keepalive(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = streamApp { stream in
            try await stream.send(.start())
            try await stream.send(.keepalive(interval: .milliseconds(30), comment: "still here"))
            try await notebook.wait(for: "go")
            try await stream.send(.keepalive(interval: nil))
            try await stream.send(.send(data: "last"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/") { stream async throws in
                #expect(try await stream.nextComment() == "still here")
                #expect(try await stream.nextComment() == "still here")
                notebook.note("go")
                #expect(try await stream.next()?.data == "last")
            }
        }
    }

    @Test("An application that serves no event streams is asked again as plain HTTP", arguments: TestMode.all)
    func unsupported(mode: TestMode) async throws {
        let app = app { http in
            let content = try await http.content().bytes
            try await http.answer("plain \(String(buffer: content))")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let declined = await #expect(throws: EventStreamDeclined.self) {
                try await client.eventStream("/", method: .post, body: "content")
            }
            #expect(declined?.response.text == "plain content")
            #expect(declined?.response.error == nil)
        }
    }

    @Test("Accept asks for a stream, whoever sends it", arguments: TestMode.all)
    func accept(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            switch exchange {
            case .eventStream(let stream):
                try await stream.send(.start())
                try await stream.send(.send(data: "a"))
            case .http(let http): try await http.answer("plain")
            default: throw Unsupported(exchange)
            }
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let stream = try await client.get("/", headers: [.accept: "text/html, text/event-stream;q=0.5"])
            #expect(stream.text == "data: a\n\n")
            let refused = try await client.get("/", headers: [.accept: "text/event-stream;q=0"])
            #expect(refused.text == "plain")
            #expect(try await client.get("/").text == "plain")
        }
    }

    @Test("Redirects are followed", arguments: TestMode.all)
    func redirects(mode: TestMode) async throws {
        let app = streamApp { stream in
            if stream.scope.path == "/old" {
                let response = HTTPResponse(status: .temporaryRedirect, headerFields: [.location: "/new"])
                return try await stream.send(.decline(response, ByteBuffer()))
            }
            try await stream.send(.start())
            try await stream.send(.send(data: stream.scope.path))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.eventStream("/old") { stream async throws in
                #expect(try await stream.next()?.data == "/new")
            }
        }
    }

    @Test("What does not come in time fails", arguments: TestMode.all)
    func timeouts(mode: TestMode) async throws {
        let app = streamApp { stream in
            try await stream.send(.start())
            while case .body = try await stream.receive() {}
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let hasty = client.with { $0.timeout = .milliseconds(1500) }
            try await hasty.eventStream("/") { stream async throws in
                await #expect(throws: TestClientError.self) { try await stream.next() }
                await #expect(throws: TestClientError.self) { try await stream.nextComment() }
            }
        }
    }
}
