import HTTPSemantics
import Testing

@testable import WebSocketProtocol

@Suite struct HandshakeTests {
    private static let good: [(String, String)] = [
        ("host", "server.example.com"), ("upgrade", "websocket"), ("connection", "Upgrade"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-version", "13"),
    ]

    private static func head(
        _ changes: [(String, String?)] = [], method: RequestHead.KnownMethod = .get, hasBody: Bool = false
    ) -> RequestHead {
        var head = RequestHead()
        head.knownMethod = method
        head.facts.insert(.upgrade)
        if hasBody { head.facts.insert(.hasBody) }
        let kept = good.filter { field in !changes.contains { $0.0 == field.0 } }
        for (name, value) in kept + changes.compactMap({ name, value in value.map { (name, $0) } }) {
            let name = head.append(name.utf8)
            let value = head.append(value.utf8)
            head.fields.append(RequestHead.Field(name: name, value: value))
        }
        return head
    }

    @Test func `the key of RFC 6455 section 1_3 has its answer`() throws {
        #expect(try WebSocketHandshake(Self.head()).acceptKey == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(
        arguments: [
            ([("sec-websocket-version", "8")], .unsupportedVersion),
            ([("sec-websocket-version", nil)], .unsupportedVersion),
            ([("sec-websocket-version", "13"), ("sec-websocket-version", "13")], .unsupportedVersion),
            ([("sec-websocket-key", nil)], .badKey),
            ([("sec-websocket-key", "x")], .badKey),
            ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=")], .badKey),
            ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZR==")], .badKey),
            ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25j!Q==")], .badKey),
            (
                [("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")],
                .badKey
            ),
            ([("sec-websocket-protocol", "a b")], .badSubprotocols),
            ([("sec-websocket-protocol", "chat, chat")], .badSubprotocols),
            ([("sec-websocket-extensions", "a; =")], .badExtensions),
        ] as [([(String, String?)], WebSocketHandshake.Refusal)])
    func `a handshake that breaks a rule is refused`(changes: [(String, String?)], refusal: WebSocketHandshake.Refusal)
    {
        #expect(throws: refusal) { try WebSocketHandshake(Self.head(changes)) }
        #expect(refusal.status == (refusal == .unsupportedVersion ? 426 : 400))
        #expect(!refusal.sentence.isEmpty)
    }

    @Test func `only GET without content opens a WebSocket`() {
        #expect(throws: WebSocketHandshake.Refusal.badMethod) { try WebSocketHandshake(Self.head(method: .post)) }
        #expect(throws: WebSocketHandshake.Refusal.content) { try WebSocketHandshake(Self.head(hasBody: true)) }
    }

    @Test func `what is offered is told in the client's order, from all fields of the name`() throws {
        let handshake = try WebSocketHandshake(
            Self.head([
                ("sec-websocket-protocol", "chat.v2, chat.v1"), ("sec-websocket-protocol", "x+y"),
                ("sec-websocket-extensions", "a; b=1"), ("sec-websocket-extensions", "c"),
            ]))
        #expect(handshake.subprotocols == ["chat.v2", "chat.v1", "x+y"])
        #expect(handshake.extensions.map(\.name) == ["a", "c"])
    }

    @Test(arguments: [
        ("websocket", true), ("WebSocket", true), ("h2c, websocket", true), ("h2c", false), ("websockets", false),
    ])
    func `Upgrade is a list of names without case`(value: String, isAsked: Bool) {
        #expect(WebSocketHandshake.isAsked(by: Self.head([("upgrade", value)])) == isAsked)
    }

    @Test func `Upgrade counts only when Connection names it`() {
        var head = Self.head()
        head.facts = []
        #expect(!WebSocketHandshake.isAsked(by: head))
    }
}
