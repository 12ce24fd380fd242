// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Synchronization
import Testing

@Suite("Lint")
struct LintTests {
    /// The rules that an application breaks, with a server that takes everything.
    private func findings(
        _ kind: RequestKind, _ method: HTTPRequest.Method = .get, connection: TestConnection = TestConnection(),
        _ application: @escaping @Sendable (Exchange) async throws -> Void
    ) async throws -> [String] {
        let found = Mutex<[String]>([])
        let app = ClosureApplication { try await application($0) }
            .wrapped(by: Lint { finding in found.withLock { $0.append(finding.rule) } })
        let request = HTTPRequest(method: method, scheme: "http", authority: "a", path: "/")
        let scope = RequestScope(request: request, connection: connection)
        try await app.handle(KindClient().exchange(kind, scope))
        return found.withLock { $0 }
    }

    private static func ok(_ fields: HTTPFields = [:], _ code: Int = 200) -> HTTPResponseEvent {
        .start(HTTPResponse(status: HTTPResponse.Status(code: code), headerFields: fields))
    }

    private static func invalid(_ name: HTTPField.Name, _ value: String) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields.append(HTTPField(name: name, lenientValue: value.utf8))
        return fields
    }

    private static let twoLengths: HTTPFields = {
        var fields: HTTPFields = [.contentLength: "1"]
        fields.append(HTTPField(name: .contentLength, value: "1"))
        return fields
    }()

    static let responses: [(String, [HTTPResponseEvent], [String])] = [
        ("whole", [ok(), .body("x")], []),
        ("flush anywhere", [.flush, ok(), .flush, .body("x", more: true), .body(ByteBuffer())], []),
        ("hints", [.informational(HTTPResponse(status: .earlyHints)), ok(), .body("x")], []),
        ("trailers", [.start(HTTPResponse(status: .ok), trailers: true), .body("x"), .trailers([:])], []),
        (
            "trailers end",
            [.start(HTTPResponse(status: .ok), trailers: true), .body("x", more: true), .trailers([:])], []
        ),
        ("promise kept", [ok([.contentLength: "3"]), .body("abc", more: true)], []),
        ("204 left", [ok([:], 204)], []),
        ("nothing", [], ["HTTP-56"]), ("only hints", [.informational(HTTPResponse(status: .earlyHints))], ["HTTP-56"]),
        ("body first", [.body("x")], ["HTTP-27"]), ("two starts", [ok(), ok(), .body("x")], ["HTTP-27"]),
        ("late body", [ok(), .body("x"), .body("y")], ["HTTP-27"]),
        ("late hints", [ok(), .informational(HTTPResponse(status: .earlyHints)), .body("x")], ["HTTP-27"]),
        ("early trailers", [.trailers([:])], ["HTTP-27"]),
        (
            "body for trailers",
            [.start(HTTPResponse(status: .ok), trailers: true), .body("x"), .body("y"), .trailers([:])], ["HTTP-27"]
        ),
        ("status 100", [ok([:], 100)], ["HTTP-28"]), ("status 600", [ok([:], 600), .body("")], ["HTTP-28"]),
        ("hints 200", [.informational(HTTPResponse(status: .ok)), ok(), .body("x")], ["HTTP-29"]),
        ("hints 101", [.informational(HTTPResponse(status: .switchingProtocols)), ok(), .body("x")], ["HTTP-29"]),
        ("unannounced trailers", [ok(), .body("x", more: true), .trailers([:])], ["HTTP-30"]),
        ("line break", [ok(invalid(.location, "a\u{1}b")), ok(), .body("")], ["HTTP-34", "HTTP-27"]),
        (
            "NUL in hints",
            [
                .informational(HTTPResponse(status: .earlyHints, headerFields: invalid(.location, "a\u{7F}"))), ok(),
                .body(""),
            ],
            ["HTTP-34"]
        ),
        ("connection", [ok([.connection: "keep-alive"]), .body("")], ["HTTP-36"]),
        ("proxy connection", [ok([HTTPField.Name("Proxy-Connection")!: "keep-alive"]), .body("")], ["HTTP-36"]),
        ("connection close", [ok([.connection: "close"]), .body("")], []),
        ("transfer coding", [ok([.transferEncoding: "chunked"]), .body("")], ["HTTP-36"]),
        ("length no number", [ok([.contentLength: "-1"]), .body("")], ["HTTP-38"]),
        ("length twice", [ok(twoLengths), .body("x")], ["HTTP-38"]),
        ("204 with length", [ok([.contentLength: "0"], 204), .body("")], ["HTTP-41"]),
        ("too much", [ok([.contentLength: "1"]), .body("xy")], ["HTTP-42"]),
        ("too much in pieces", [ok([.contentLength: "1"]), .body("x", more: true), .body("y")], ["HTTP-42"]),
        ("too little", [ok([.contentLength: "3"]), .body("xy")], ["HTTP-43"]),
        ("204 with content", [ok([:], 204), .body("x")], ["HTTP-46"]),
        ("304 with content", [ok([:], 304), .body("x")], ["HTTP-46"]),
        ("negative offset", [ok(), .file(FileRange(path: "/x", offset: -1))], ["HTTP-51"]),
        ("negative length", [ok(), .file(FileRange(path: "/x", length: -1))], ["HTTP-51"]),
        ("file too long", [ok([.contentLength: "1"]), .file(FileRange(path: "/x", length: 2))], ["HTTP-42"]),
        ("no end", [ok(), .body("x", more: true)], ["HTTP-57"]),
        (
            "trailers too early",
            [
                .start(HTTPResponse(status: .ok, headerFields: [.contentLength: "2"]), trailers: true),
                .body("x", more: true), .trailers([:]), .body("y", more: true), .trailers([:]),
            ],
            ["HTTP-86", "HTTP-27", "HTTP-27"]
        ),
        (
            "forbidden trailer",
            [
                .start(HTTPResponse(status: .ok), trailers: true), .body("x"), .trailers([.setCookie: "a=b"]),
            ],
            ["HTTP-87"]
        ),
        ("no trailers", [.start(HTTPResponse(status: .ok), trailers: true), .body("x")], ["HTTP-57"]),
    ]

    @Test("responses", arguments: responses)
    func http(_ name: String, _ events: [HTTPResponseEvent], _ rules: [String]) async throws {
        let found = try await findings(.http) { exchange in
            guard case .http(let http) = exchange else { return }
            for event in events { try await http.send(event) }
        }
        #expect(found == rules, "\(name)")
    }

    @Test("the response to HEAD may promise what it does not send, and need not be ended")
    func head() async throws {
        for events in [
            [Self.ok([.contentLength: "9"])], [Self.ok([.contentLength: "9"]), .body("")], [Self.ok(), .body("x")],
        ] {
            let found = try await findings(.http, .head) { exchange in
                guard case .http(let http) = exchange else { return }
                for event in events { try await http.send(event) }
            }
            #expect(found.isEmpty)
        }
    }

    private static let refusal = HTTPResponse(status: .notFound)

    static let streams: [(String, [EventStreamEvent], [String])] = [
        ("whole", [.start(), .send(data: "a\nb", event: "x", id: "1", retry: 0), .comment("c"), .close()], []),
        ("no close", [.start(), .keepalive(interval: .seconds(1)), .keepalive(interval: nil)], []),
        ("decline", [.decline(refusal, ByteBuffer(string: "x"))], []), ("nothing", [], ["HTTP-56"]),
        ("early", [.send(data: "x"), .start()], ["CORE-25"]), ("twice", [.start(), .start()], ["CORE-25"]),
        ("late", [.start(), .close(), .comment("x")], ["CORE-25"]),
        ("declined late", [.start(), .decline(refusal, ByteBuffer())], ["CORE-48"]),
        ("declined twice", [.decline(refusal, ByteBuffer()), .decline(refusal, ByteBuffer())], ["CORE-48"]),
        ("sent after decline", [.decline(refusal, ByteBuffer()), .send(data: "x")], ["CORE-25"]),
        ("line break in name", [.start(), .send(data: "x", event: "a\nb")], ["HTML §9.2.5"]),
        ("line break in ID", [.start(), .send(data: "x", id: "a\r\nb")], ["HTML §9.2.5"]),
        ("NUL in ID", [.start(), .send(data: "x", id: "a\0")], ["HTML §9.2.5"]),
        ("retry", [.start(), .send(data: "x", retry: -1)], ["HTML §9.2.6"]),
        ("keepalive", [.start(), .keepalive(interval: .zero)], ["CORE-25"]),
        ("length", [.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "3"]))], ["HTTP-42"]),
        ("status", [.start(HTTPResponse(status: .switchingProtocols))], ["HTTP-28"]),
        ("without content", [.start(HTTPResponse(status: .noContent))], ["HTTP-46"]),
        ("field", [.start(HTTPResponse(status: .ok, headerFields: invalid(.location, "\u{1}")))], ["HTTP-34"]),
        (
            "decline too long",
            [.decline(HTTPResponse(status: .ok, headerFields: [.contentLength: "0"]), ByteBuffer(string: "x"))],
            ["HTTP-42"]
        ),
        ("decline 204", [.decline(HTTPResponse(status: .noContent), ByteBuffer(string: "x"))], ["HTTP-46"]),
    ]

    @Test("event streams", arguments: streams)
    func eventStream(_ name: String, _ events: [EventStreamEvent], _ rules: [String]) async throws {
        let found = try await findings(.eventStream) { exchange in
            guard case .eventStream(let stream) = exchange else { return }
            for event in events { try await stream.send(event) }
        }
        #expect(found == rules, "\(name)")
    }

    static let sockets: [(String, [WebSocketOutbound], [String])] = [
        ("whole", [.accept(), .text("a", more: true), .text("b"), .bytes(ByteBuffer()), .close()], []),
        ("left open", [.accept(), .keepalive(interval: .seconds(1), timeout: nil)], []),
        ("denied", [.deny(refusal, ByteBuffer())], []), ("closed instead", [.close(code: 3000)], []),
        ("nothing", [], ["HTTP-56"]), ("early", [.text("x"), .accept()], ["CORE-25"]),
        ("twice", [.accept(), .accept()], ["CORE-25"]),
        ("denied late", [.accept(), .deny(refusal, ByteBuffer())], ["CORE-48"]),
        ("closed twice", [.accept(), .close(), .close()], ["CORE-25"]),
        ("late", [.accept(), .close(), .text("x")], ["CORE-25"]),
        ("sent after denial", [.deny(refusal, ByteBuffer()), .bytes(ByteBuffer())], ["CORE-25"]),
        ("subprotocol", [.accept(subprotocol: "chat")], ["RFC 6455 §4.2.2"]),
        ("field", [.accept(headerFields: invalid(.location, "\u{1}"))], ["HTTP-34"]),
        ("upgrade", [.accept(headerFields: [.upgrade: "x"])], ["HTTP-36"]),
        ("mixed", [.accept(), .text("a", more: true), .bytes(ByteBuffer()), .close()], ["RFC 6455 §5.4"]),
        ("unfinished", [.accept(), .bytes(ByteBuffer(), more: true)], ["RFC 6455 §5.4"]),
        ("code 1005", [.accept(), .close(code: 1005)], ["RFC 6455 §7.4"]),
        ("code 999", [.accept(), .close(code: 999)], ["RFC 6455 §7.4"]),
        ("code 5000", [.accept(), .close(code: 5000)], ["RFC 6455 §7.4"]),
        ("long reason", [.accept(), .close(reason: String(repeating: "é", count: 62))], ["RFC 6455 §5.5"]),
        ("keepalive", [.accept(), .keepalive(interval: .zero)], ["CORE-25"]),
        ("deny status", [.deny(HTTPResponse(status: .switchingProtocols), ByteBuffer())], ["HTTP-28"]),
    ]

    @Test("WebSockets", arguments: sockets)
    func webSocket(_ name: String, _ events: [WebSocketOutbound], _ rules: [String]) async throws {
        let found = try await findings(.webSocket) { exchange in
            guard case .webSocket(let socket) = exchange else { return }
            for event in events { try await socket.send(event) }
        }
        #expect(found == rules, "\(name)")
    }

    @Test("what an application sends when the peer has closed its WebSocket is no mistake")
    func closedByPeer() async throws {
        let found = Mutex<[String]>([])
        let app = ClosureApplication { exchange in
            guard case .webSocket(let socket) = exchange else { return }
            try await socket.send(.accept())
            try await socket.send(.text("half", more: true))
            guard case .disconnect = try await socket.receive() else { return }
            try await socket.send(.text("way"))
            try await socket.send(.close())
            try await socket.send(.close())
        }.wrapped(by: Lint { finding in found.withLock { $0.append(finding.rule) } })
        let socket = WebSocketExchange(
            scope: RequestScope(), subprotocols: [], receive: Receive { .disconnect(code: 1000, reason: "") },
            send: Send { _ in })
        try await app.handle(.webSocket(socket))
        #expect(found.withLock { $0 } == [])
    }

    private static let one = WebTransportStreamID(rawValue: 1)

    static let sessions: [(String, [WebTransportOutbound], [String])] = [
        ("whole", [.accept(), .datagram(ByteBuffer()), .data(one, ByteBuffer(), more: false), .close()], []),
        ("refused", [.refuse(refusal, ByteBuffer())], []), ("nothing", [], ["HTTP-56"]),
        ("early", [.datagram(ByteBuffer()), .accept()], ["CORE-25"]), ("twice", [.accept(), .accept()], ["CORE-25"]),
        ("refused late", [.accept(), .refuse(refusal, ByteBuffer())], ["CORE-48"]),
        ("late", [.accept(), .close(), .stopSending(one, code: 1)], ["CORE-25"]),
        ("closed twice", [.accept(), .close(), .close()], ["CORE-25"]),
        ("ended stream", [.accept(), .data(one, ByteBuffer(), more: false), .data(one, ByteBuffer())], ["CORE-25"]),
        ("reset twice", [.accept(), .reset(one, code: 1), .reset(one, code: 1)], ["CORE-25"]),
        ("field", [.accept(headerFields: invalid(.location, "\u{1}"))], ["HTTP-34"]),
        ("long reason", [.accept(), .close(reason: String(repeating: "x", count: 1025))], ["WebTransport §5"]),
    ]

    @Test("WebTransport sessions", arguments: sessions)
    func webTransport(_ name: String, _ events: [WebTransportOutbound], _ rules: [String]) async throws {
        let found = try await findings(.webTransport) { exchange in
            guard case .webTransport(let session) = exchange else { return }
            for event in events { try await session.send(event) }
        }
        #expect(found == rules, "\(name)")
    }

    @Test("an event after the application has returned, and two tasks that receive", arguments: [false, true])
    func tasks(isLate: Bool) async throws {
        let kept = Mutex<HTTPExchange?>(nil)
        let found = Mutex<[String]>([])
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { return }
            kept.withLock { $0 = http }
            if !isLate {
                async let first = http.receive()
                async let second = http.receive()
                _ = try await (first, second)
            }
            try await accepting.handle(exchange)
        }.wrapped(by: Lint { finding in found.withLock { $0.append(finding.rule) } })
        let client = KindClient()
        guard case .http(var http) = client.exchange(.http, RequestScope()) else { return }
        let waiting = Atomic(0)
        http.receive = Receive {
            waiting.add(1, ordering: .relaxed)
            while waiting.load(ordering: .relaxed) < 2 { await Task.yield() }
            return .disconnect(.completed)
        }
        try await app.handle(.http(http))
        #expect(found.withLock { $0 } == (isLate ? [] : ["CORE-19"]))
        guard isLate, let late = kept.withLock({ $0 }) else { return }
        try await late.send(.flush)
        try await late.send(.body("x"))
        #expect(found.withLock { $0 } == ["CORE-2"])
    }

    @Test("nothing is wrong with what comes after the client has gone", arguments: RequestKind.allCases)
    func disconnected(kind: RequestKind) async throws {
        let connection = TestConnection()
        connection.disconnect()
        let found = try await findings(kind, connection: connection) { exchange in
            switch exchange {
            case .http(let http): try await http.send(.body("x"))
            case .eventStream(let stream): try await stream.send(.comment("x"))
            case .webSocket(let socket): try await socket.send(.text("x"))
            case .webTransport(let session): try await session.send(.datagram(ByteBuffer()))
            case .lifespan: break
            }
        }
        #expect(found.isEmpty)
    }

    @Test("replies of the lifespan")
    func lifespan() async throws {
        let found = Mutex<[String]>([])
        let app = ClosureApplication { exchange in
            guard case .lifespan(let lifespan) = exchange else { return }
            try await lifespan.send(.startupComplete())
            _ = try await lifespan.receive()
            try await lifespan.send(.shutdownComplete)
            try await lifespan.send(.startupComplete())
            try await lifespan.send(.startupFailed("x"))
        }.wrapped(by: Lint { finding in found.withLock { $0.append(finding.rule) } })
        let lifespan = LifespanExchange(scope: LifespanScope(), receive: Receive { .startup }, send: Send { _ in })
        try await app.handle(.lifespan(lifespan))
        #expect(found.withLock { $0 } == ["LIFE-13", "LIFE-13", "LIFE-13"])
    }

    @Test("throws what it finds when nobody is told", arguments: modes)
    func throwing(mode: TestMode) async throws {
        let app = ClosureApplication { exchange in
            guard case .http(let http) = exchange else { throw Unsupported(exchange) }
            let finding = await #expect(throws: LintFinding.self) { try await http.send(.body("x")) }
            #expect(finding?.rule == "HTTP-27")
            try await Response.text("fine").handle(exchange)
        }.wrapped(by: Lint())
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/").text == "fine")
        }
        let silent = ClosureApplication { _ in }.wrapped(by: Lint())
        await #expect(throws: LintFinding.self) { try await outcome(of: silent, .http, RequestScope()) }
        struct Failure: Error {}
        let failing = ClosureApplication { _ in throw Failure() }.wrapped(by: Lint())
        await #expect(throws: Failure.self) { try await outcome(of: failing, .http, RequestScope()) }
    }

    @Test("finds nothing in what the toolkit itself answers", arguments: modes)
    func toolkit(mode: TestMode) async throws {
        let app = Handler { request -> Response in
            switch request.path {
            case "/text": .text("x")
            case "/empty": .empty()
            case "/stream": .stream { writer in try await writer.write("a") }
            default: throw HTTPError(.notFound)
            }
        }.wrapped(by: Lint())
        try await TestClient.run(app, in: mode) { client async throws in
            for (path, status) in [("/text", 200), ("/empty", 204), ("/stream", 200), ("/none", 404)] {
                #expect(try await client.get(path).status.code == status)
                #expect(try await client.head(path).status.code == status)
            }
        }
    }
}
