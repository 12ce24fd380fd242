import HPACK
import HTTP2
import HTTPSemantics
import Testing

extension Rule {
    /// A request that is malformed: its stream ends.
    private static func malformed(_ section: String, _ name: String, _ fields: [Field]) -> Rule {
        Rule("RFC \(section)", name, [.headers(1, fields)], .stream(1, .protocolError)) { settings, _ in
            settings.connectProtocol = true
        }
    }

    /// A request that is taken.
    private static func fine(_ section: String, _ name: String, _ fields: [Field], _ wants: Want...) -> Rule {
        Rule("RFC \(section)", name, [.headers(1, fields)], .fine([.requests([1])] + wants)) { settings, _ in
            settings.connectProtocol = true
        }
    }

    private static let open = Frame.headers(1, .post, end: false)

    static let messages: [Rule] = [
        Rule(
            "RFC 9113 §8.1", "a second header section", [open, .headers(1, .post, end: false)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1", "trailers that do not end the stream",
            [open, .data(1, "a"), .headers(1, [Field("a", "b")], end: false)], .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1", "trailers", [open, .data(1, "abc"), .headers(1, [Field("x-test", "ok")])],
            .fine([.content(1, "abc"), .trailers(1, ["x-test: ok"])])),
        Rule(
            "RFC 9113 §8.1", "trailers without content", [open, .headers(1, [Field("a", "b")])],
            .fine([.trailers(1, ["a: b"])])),
        Rule("RFC 9113 §8.1", "empty trailers", [open, .headers(1, [])], .fine([.trailers(1, [])])),
        Rule(
            "RFC 9110 §6.5.1", "trailers of which some mean nothing there",
            [open, .headers(1, .list([("host", "b"), ("content-length", "9"), ("a", "b"), ("authorization", "x")]))],
            .fine([.trailers(1, ["a: b"])])),
        Rule(
            "RFC 9113 §8.1", "pseudo-header fields in trailers", [open, .headers(1, [Field(":method", "GET")])],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.2.1", "capitals in trailers", [open, .headers(1, [Field("A", "b")])],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.2.2", "fields of a connection in trailers",
            [open, .headers(1, [Field("connection", "close")])],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.2.1", "a line feed in trailers", [open, .headers(1, [Field("a", "b\r\nc: d")])],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1.1", "content longer than announced",
            [.headers(1, .post.adding(("content-length", "3")), end: false), .data(1, "abcd", end: true)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1.1", "content longer than announced, before its end",
            [.headers(1, .post.adding(("content-length", "3")), end: false), .data(1, "ab"), .data(1, "cd")],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1.1", "content shorter than announced",
            [.headers(1, .post.adding(("content-length", "3")), end: false), .data(1, "ab", end: true)],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1.1", "content shorter than announced, ended by trailers",
            [
                .headers(1, .post.adding(("content-length", "3")), end: false), .data(1, "ab"),
                .headers(1, [Field("a", "b")]),
            ],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1.1", "content that was announced, and there is none",
            [.headers(1, .post.adding(("content-length", "3")))], .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.1.1", "content as announced, with padding and trailers",
            [
                .headers(1, .post.adding(("content-length", "3")), end: false), .data(1, "ab", padding: 3),
                .data(1, "c"),
                .headers(1, [Field("a", "b")]),
            ], .fine([.content(1, "abc"), .trailers(1, ["a: b"]), .length(3), .has(.hasBody)])),
        Rule(
            "RFC 9113 §8.1.1", "no content, announced", [.headers(1, .post.adding(("content-length", "0")))],
            .fine([.length(0), .lacks(.hasBody)])),
        Rule(
            "RFC 9113 §8.1.1", "a malformed request does no harm to others",
            [open, .headers(3, .get.without(":path")), .data(1, "abc", end: true)], .stream(3, .protocolError)),
    ]

    static let fields: [Rule] = [
        malformed("9113 §8.2.1", "capitals in a name", .get.adding(("X-Test", "ok"))),
        malformed("9113 §8.2.1", "no name", .get.adding(("", "ok"))),
        malformed("9113 §8.2.1", "a blank in a name", .get.adding(("a b", "ok"))),
        malformed("9113 §8.2.1", "a name beyond ASCII", .get.adding(("a\u{FC}", "ok"))),
        malformed("9113 §8.2.1", "a colon in a name", .get.adding(("a:b", "ok"))),
        malformed("9113 §8.2.1", "NUL in a value", .get.adding(("a", "b\u{0}c"))),
        malformed("9113 §8.2.1", "a line feed in a value", .get.adding(("a", "b\nc"))),
        malformed("9113 §8.2.1", "a carriage return in a value", .get.adding(("a", "b\rc"))),
        malformed("9113 §8.2.1", "a blank before a value", .get.adding(("a", " b"))),
        malformed("9113 §8.2.1", "a tab after a value", .get.adding(("a", "b\t"))),
        fine(
            "9113 §8.2.1", "any other value", .get.adding(("a", ""), ("b", "c d\u{E9}\tx")),
            .fields(["a: ", "b: c d\u{E9}\tx", "host: a"])),
        malformed("9113 §8.2.2", "Connection", .get.adding(("connection", "keep-alive"))),
        malformed("9113 §8.2.2", "Keep-Alive", .get.adding(("keep-alive", "5"))),
        malformed("9113 §8.2.2", "Proxy-Connection", .get.adding(("proxy-connection", "keep-alive"))),
        malformed("9113 §8.2.2", "Transfer-Encoding", .get.adding(("transfer-encoding", "chunked"))),
        malformed("9113 §8.2.2", "Upgrade", .get.adding(("upgrade", "h2c"))),
        malformed("9113 §8.2.2", "TE that is not \"trailers\"", .get.adding(("te", "trailers, deflate;q=0.5"))),
        fine("9113 §8.2.2", "TE", .get.adding(("te", "trailers")), .has(.acceptsTrailers)),
        fine(
            "9113 §8.2.3", "cookies in parts", .get.adding(("cookie", "a=b"), ("cookie", "c=d")),
            .fields(["cookie: a=b", "cookie: c=d", "host: a"])),
        malformed("9110 §8.6", "two lengths", .get.adding(("content-length", "0"), ("content-length", "0"))),
        malformed("9110 §8.6", "a list of lengths", .get.adding(("content-length", "0, 0"))),
        malformed("9110 §8.6", "a length that is no number", .get.adding(("content-length", "+0"))),
        malformed("9110 §8.6", "an empty length", .get.adding(("content-length", ""))),
        malformed("9110 §8.6", "a length that is too large", .get.adding(("content-length", "99999999999999999999"))),
        Rule(
            "RFC 9110 §9.1", "a method that is longer than any",
            [.headers(1, .request(String(repeating: "M", count: 65)))], .fine([.refused(1, 501)])),
        Rule(
            "RFC 9110 §10.1.1", "an expectation that nobody knows", [.headers(1, .get.adding(("expect", "miracles")))],
            .fine([.refused(1, 417)])),
        fine("9110 §10.1.1", "100-continue", .post.adding(("expect", "100-Continue")), .has(.expectsContinue)),
        fine("9110 §12.5.1", "Accept", .get.adding(("accept", "*/*")), .has(.accept)),
        Rule(
            "RFC 6585 §5", "too many fields", [.headers(1, .get.adding(("a", "b"), ("c", "d")))],
            .fine([.refused(1, 431)])
        ) { _, limits in limits.fields.fieldCount = 5 },
        Rule(
            "RFC 6585 §5", "fields that are too large",
            [.headers(1, .get.adding(("a", String(repeating: "b", count: 500))))],
            .fine([.refused(1, 431)])
        ) { _, limits in limits.fields.size = 500 },
        Rule(
            "RFC 6585 §5", "trailers that are too large",
            [open, .headers(1, .list([("a", String(repeating: "b", count: 500))]))], .fine([.trailersTooLarge(1)])
        ) { _, limits in limits.trailers.size = 500 },
    ]

    private static let webSocket: [Field] = .list([
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat?x"),
        (":authority", "a"),
    ])
    private static let tunnel: [Field] = .list([(":method", "CONNECT"), (":authority", "a:443")])

    static let pseudo: [Rule] = [
        malformed("9113 §8.3", "an unknown pseudo-header field", .list([(":test", "ok")]) + .get),
        malformed("9113 §8.3", "a pseudo-header field of responses", .list([(":status", "200")]) + .get),
        malformed(
            "9113 §8.3", "a pseudo-header field behind others", .get.without(":path").adding(("a", "b"), (":path", "/"))
        ),
        malformed("9113 §8.3.1", "no method", .get.without(":method")),
        malformed("9113 §8.3.1", "no scheme", .get.without(":scheme")),
        malformed("9113 §8.3.1", "no path", .get.without(":path")),
        malformed("9113 §8.3.1", "no fields at all", []),
        malformed("9113 §8.3.1", "two methods", .list([(":method", "GET")]) + .get),
        malformed("9113 §8.3.1", "two schemes", .list([(":scheme", "https")]) + .get),
        malformed("9113 §8.3.1", "two paths", .list([(":path", "/")]) + .get),
        malformed("9113 §8.3.1", "two authorities", .list([(":authority", "a")]) + .get),
        malformed("9113 §8.3.1", "an empty method", .get.setting(":method", "")),
        malformed("9113 §8.3.1", "a method that is no token", .get.setting(":method", "GET /")),
        malformed("9113 §8.3.1", "an empty scheme", .get.setting(":scheme", "")),
        malformed("9113 §8.3.1", "a scheme that is none", .get.setting(":scheme", "https://b/?")),
        malformed("9113 §8.3.1", "a scheme that begins with a digit", .get.setting(":scheme", "1s")),
        fine("9113 §8.3.1", "another scheme", .get.setting(":scheme", "coap+tcp.1-x"), .scheme("coap+tcp.1-x")),
        malformed("9113 §8.3.1", "an empty path", .get.setting(":path", "")),
        malformed("9113 §8.3.1", "a path without a slash", .get.setting(":path", "a")),
        malformed("9113 §8.3.1", "a path that is a URI", .get.setting(":path", "https://a/")),
        malformed("9113 §8.3.1", "a fragment", .get.setting(":path", "/#a")),
        malformed("9113 §8.3.1", "a blank in a path", .get.setting(":path", "/a b")),
        malformed("9113 §8.3.1", "a path beyond ASCII", .get.setting(":path", "/\u{E9}")),
        malformed("9113 §8.3.1", "an asterisk of GET", .get.setting(":path", "*")),
        malformed("9113 §8.3.1", "an asterisk and more", .request("OPTIONS", path: "*a")),
        fine("9113 §8.3.1", "an asterisk of OPTIONS", .request("OPTIONS", path: "*"), .path("*"), .method("OPTIONS")),
        fine("9113 §8.3.1", "a query", .get.setting(":path", "/a/b%20?c=d?e"), .path("/a/b%20"), .query("c=d?e")),
        fine("9113 §8.3.1", "no query", .get, .path("/"), .query(nil), .scheme("https"), .lacks(.hasBody)),
        fine("9113 §8.3.1", "HEAD", .request("HEAD"), .method("HEAD"), .has(.isHead)),
        malformed("9113 §8.3.1", "neither authority nor Host", .get.without(":authority")),
        malformed("9113 §8.3.1", "an empty authority", .get.setting(":authority", "")),
        malformed("9113 §8.3.1", "user information", .get.setting(":authority", "me@a")),
        malformed("9113 §8.3.1", "an authority that is none", .get.setting(":authority", "a/b")),
        malformed("9113 §8.3.1", "another Host", .get.adding(("host", "b"))),
        malformed("9113 §8.3.1", "two Hosts", .get.adding(("host", "a"), ("host", "a"))),
        malformed("9113 §8.3.1", "a Host that is none", .get.without(":authority").adding(("host", "a b"))),
        fine("9113 §8.3.1", "an authority becomes Host", .get, .authority("a"), .fields(["host: a"])),
        fine(
            "9113 §8.3.1", "Host alone", .get.without(":authority").adding(("host", "b:8")), .fields(["host: b:8"]),
            .lacks(.authorityInTarget)),
        fine(
            "9113 §8.3.1", "both", .get.setting(":authority", "A.b:80").adding(("host", "a.B:80")),
            .authority("A.b:80"), .fields(["host: a.B:80"])),

        fine("9113 §8.5", "CONNECT", tunnel, .method("CONNECT"), .authority("a:443"), .connectProtocol("")),
        malformed("9113 §8.5", "CONNECT without authority", tunnel.without(":authority")),
        malformed("9113 §8.5", "CONNECT with Host alone", .list([(":method", "CONNECT"), ("host", "a:443")])),
        malformed("9113 §8.5", "CONNECT with a path", .list([(":path", "/")]) + tunnel),
        malformed("9113 §8.5", "CONNECT with a scheme", .list([(":scheme", "https")]) + tunnel),
        malformed("9113 §8.5", "CONNECT without a port", tunnel.setting(":authority", "a")),
        Rule(
            "RFC 9113 §8.5", "trailers of CONNECT", [.headers(1, tunnel, end: false), .headers(1, [Field("a", "b")])],
            .stream(1, .protocolError)),
        Rule(
            "RFC 9113 §8.5", "DATA of CONNECT",
            [.headers(1, tunnel, end: false), .data(1, "abc"), .data(1, end: true)],
            .fine([.content(1, "abc")])),

        fine(
            "8441 §4", "a protocol", webSocket, .connectProtocol("websocket"), .path("/chat"), .query("x"),
            .authority("a"),
            .scheme("https")),
        malformed("8441 §4", "a protocol without a path", webSocket.without(":path")),
        malformed("8441 §4", "a protocol without a scheme", webSocket.without(":scheme")),
        malformed("8441 §4", "a protocol without an authority", webSocket.without(":authority").adding(("host", "a"))),
        malformed("8441 §4", "a protocol and an asterisk", webSocket.setting(":path", "*")),
        malformed("8441 §4", "a protocol of another method", webSocket.setting(":method", "GET")),
        malformed("8441 §4", "two protocols", .list([(":protocol", "websocket")]) + webSocket),
        malformed("8441 §4", "an empty protocol", webSocket.setting(":protocol", "")),
        malformed("8441 §4", "a protocol that is no token", webSocket.setting(":protocol", "web socket")),
        Rule("RFC 8441 §3", "a protocol that was not offered", [.headers(1, webSocket)], .stream(1, .protocolError)),
        Rule(
            "RFC 8441 §5", "trailers of a tunnel",
            [.headers(1, webSocket, end: false), .headers(1, [Field("a", "b")])],
            .stream(1, .protocolError)
        ) { settings, _ in settings.connectProtocol = true },
    ]
}

@Suite("Requests") struct RequestTests {
    @Test("Messages are framed as RFC 9113 §8.1 says", arguments: Rule.messages)
    func messages(_ rule: Rule) { rule.check() }

    @Test("Fields are as RFC 9113 §8.2 says", arguments: Rule.fields)
    func fields(_ rule: Rule) { rule.check() }

    @Test("Pseudo-header fields are as RFC 9113 §8.3 and §8.5 and RFC 8441 say", arguments: Rule.pseudo)
    func pseudo(_ rule: Rule) { rule.check() }
}
