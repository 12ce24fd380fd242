import HTTPSemantics
import Testing

@Suite("Forwarded (RFC 7239)")
struct ForwardedTests {
    @Test(
        "an element is read strictly, but for white space around the semicolon",
        arguments: [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60", "203.0.113.43", nil, "http"]),
            ("For=\"[2001:db8:cafe::17]:4711\"", ["[2001:db8:cafe::17]:4711", nil, nil, nil]),
            ("host=\"a.example:80\" ; PROTO=HTTPS", [nil, nil, "a.example:80", "https"]),
            ("for=\"a\\\"b\\\\\"", ["a\"b\\", nil, nil, nil]), (";for=_x;;", ["_x", nil, nil, nil]),
            ("secret=1;for=unknown", ["unknown", nil, nil, nil]), ("for=\"\"", ["", nil, nil, nil]),
        ] as [(String, [String?])])
    func elements(_ text: String, _ expected: [String?]) throws {
        let element = try #require(ForwardedElement(text))
        #expect([element.source, element.destination, element.host, element.scheme] == expected)
    }

    @Test(
        "an element that breaks the grammar is none",
        arguments: [
            "for", "for=", "for =a", "for= a", "=a", "for=[::1]", "for=1.2.3.4:80", "for=a b", "for=\"a", "for=\"a\\\"",
            "for=a;for=b", "for=a;FOR=a", "for=a proto=b", "for=\"a\"b",
        ])
    func malformed(_ text: String) { #expect(ForwardedElement(text) == nil) }

    @Test(
        "a list is read from its end, and a comma in a quoted string separates nothing",
        arguments: [
            ("", []), ("a", ["a"]), ("a,b", ["b", "a"]), (" a ,, b , ", ["b", "a"]),
            ("a=\"1,2\",b", ["b", "a=\"1,2\""]),
            ("a=\"\\\",\",b=\"\\\\\"", ["b=\"\\\\\"", "a=\"\\\",\""]),
        ])
    func lists(_ text: String, _ expected: [String]) {
        #expect(Array(ReversedElements(text, quotes: true)) == expected)
    }

    @Test("what a client has put before does not change how the last element is read")
    func hostileStart() {
        for start in ["\"", "for=\"", "for=\"a\\", "for=\"\\\"", ",,", "for=\"a\", \"", "\\"] {
            let last = Array(ReversedElements("\(start), for=\"[::1]:80\";proto=https", quotes: true)).first
            #expect(last == "for=\"[::1]:80\";proto=https", "\(start)")
        }
    }

    @Test(
        "a node is an address with or without a port, unknown, or a name",
        arguments: [
            ("192.0.2.1", .address("192.0.2.1", nil)), ("192.0.2.1:80", .address("192.0.2.1", 80)),
            ("192.0.2.1:_p", .address("192.0.2.1", nil)), ("[::1]", .address("::1", nil)),
            ("[::1]:65535", .address("::1", 65535)), ("UNKNOWN", .name("unknown")), ("unknown:1", .name("unknown")),
            ("_a.b-c_9", .name("_a.b-c_9")), ("_a:_b", .name("_a")), ("::1", .none), ("[::1", .none), ("[::1]:", .none),
            ("[::1]80", .none), ("[1.2.3.4]", .none), ("1.2.3.4:65536", .none), ("1.2.3.4:123456", .none),
            ("1.2.3.4:+1", .none), ("_", .none), ("_a b", .none), ("a.example", .none), ("", .none), (":80", .none),
            ("[fe80::1%eth0]", .none),
        ] as [(String, Expected)])
    func nodes(_ text: String, _ expected: Expected) {
        #expect(ForwardedNode(text).map(Expected.init) ?? .none == expected)
    }

    @Test("X-Forwarded-For may have an IPv6 address without brackets")
    func plain() throws {
        #expect(ForwardedNode(plain: "2001:db8::1").map(Expected.init) == .address("2001:db8::1", nil))
        #expect(ForwardedNode(plain: "[2001:db8::1]:1").map(Expected.init) == .address("2001:db8::1", 1))
        #expect(ForwardedNode(plain: "2001:db8::1::") == nil)
    }

    enum Expected: Equatable, Sendable {
        case address(String, Int?), name(String), none

        init(_ node: ForwardedNode) {
            switch node {
            case .address(let address, let port): self = .address(address.description, port)
            case .unknown: self = .name("unknown")
            case .obfuscated(let name): self = .name(name)
            }
        }
    }
}
