import HTTP1
import HTTPSemantics
import Testing

extension Rule {
    private static func old(_ lines: String...) -> String {
        (["GET / HTTP/1.0"] + lines).map { $0 + "\r\n" }.joined() + "\r\n"
    }

    static let connection: [Rule] = [
        Rule("RFC 9112 §9.3", "1.1 stays", get(), .accepted([.has(.keepAlive), .lacks(.persistent10)])),
        Rule("RFC 9112 §9.3", "1.1 with close", get("Connection: close"), .accepted([.lacks(.keepAlive)])),
        Rule("RFC 9112 §9.3", "close in any case", get("connection: ClOsE"), .accepted([.lacks(.keepAlive)])),
        Rule("RFC 9112 §9.3", "close in a list", get("Connection: foo ,\tclose, bar"), .accepted([.lacks(.keepAlive)])),
        Rule(
            "RFC 9112 §9.3", "close in a second field", get("Connection: foo", "Connection: close"),
            .accepted([.lacks(.keepAlive)])),
        Rule("RFC 9112 §9.3", "close wins", get("Connection: keep-alive, close"), .accepted([.lacks(.keepAlive)])),
        Rule(
            "RFC 9112 §9.3", "a word with close in it", get("Connection: closed, xclose, clo se"),
            .accepted([.has(.keepAlive)])),
        Rule(
            "RFC 9112 §9.3", "1.1 with keep-alive", get("Connection: keep-alive"),
            .accepted([.has(.keepAlive), .lacks(.persistent10)])),
        Rule("RFC 9112 §9.3", "an empty Connection", get("Connection:"), .accepted([.has(.keepAlive)])),
        Rule("RFC 9112 §9.3", "1.0 goes", old(), .accepted([.lacks([.keepAlive, .persistent10])])),
        Rule(
            "RFC 9112 §9.3", "1.0 with keep-alive", old("Connection: keep-alive"),
            .accepted([.has([.keepAlive, .persistent10])])),
        Rule(
            "RFC 9112 §9.3", "1.0 with keep-alive in any case", old("Connection: a, Keep-Alive"),
            .accepted([.has([.keepAlive, .persistent10])])),
        Rule(
            "RFC 9112 §9.3", "1.0 with both", old("Connection: keep-alive", "Connection: close"),
            .accepted([.lacks([.keepAlive, .persistent10])])),
        Rule(
            "RFC 9112 §9.3", "1.0 with a Keep-Alive field alone", old("Keep-Alive: timeout=5"),
            .accepted([.lacks(.keepAlive)])),

        Rule(
            "RFC 9110 §7.8", "an upgrade", get("Connection: Upgrade", "Upgrade: websocket"),
            .accepted([.has([.upgrade, .keepAlive]), .field("Upgrade: websocket")])),
        Rule(
            "RFC 9110 §7.8", "an upgrade in a list", get("Upgrade: h2c", "Connection: keep-alive, upgrade"),
            .accepted([.has(.upgrade)])),
        Rule("RFC 9110 §7.8", "Upgrade without Connection", get("Upgrade: websocket"), .accepted([.lacks(.upgrade)])),
        Rule("RFC 9110 §7.8", "Connection without Upgrade", get("Connection: upgrade"), .accepted([.lacks(.upgrade)])),
        Rule(
            "RFC 9110 §7.8", "an upgrade of a 1.0 client is ignored", old("Connection: upgrade", "Upgrade: websocket"),
            .accepted([.lacks(.upgrade)])),

        Rule(
            "RFC 9110 §10.1.1", "100-continue", post("Expect: 100-continue", "Content-Length: 2") + "hi",
            .accepted([.has(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "100-continue in any case",
            post("expect: 100-Continue", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            .accepted([.has(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "twice", post("Expect: 100-continue, 100-continue", "Content-Length: 1") + "a",
            .accepted([.has(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "an empty expectation", post("Expect:", "Content-Length: 1") + "a",
            .accepted([.lacks(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "without content it is ignored", get("Expect: 100-continue"),
            .accepted([.lacks(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "with a length of zero it is ignored",
            post("Expect: 100-continue", "Content-Length: 0"),
            .accepted([.lacks(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "a 1.0 client cannot expect it",
            head("POST / HTTP/1.0", "Expect: 100-continue", "Content-Length: 1") + "a",
            .accepted([.lacks(.expectsContinue)])),
        Rule(
            "RFC 9110 §10.1.1", "another expectation", post("Expect: 200-ok", "Content-Length: 1") + "a",
            .refused(.unsupportedExpectation)),
        Rule(
            "RFC 9110 §10.1.1", "another expectation in a list",
            post("Expect: 100-continue, x=y", "Content-Length: 1") + "a",
            .refused(.unsupportedExpectation)),
        Rule(
            "RFC 9110 §10.1.1", "another expectation in a second field", post("Expect: 100-continue", "Expect: x"),
            .refused(.unsupportedExpectation)),

        Rule("RFC 9110 §10.1.4", "TE: trailers", get("TE: trailers"), .accepted([.has(.acceptsTrailers)])),
        Rule(
            "RFC 9110 §10.1.4", "in a list and any case", get("te: gzip;q=0.5 ,\tTrailers"),
            .accepted([.has(.acceptsTrailers)])),
        Rule(
            "RFC 9110 §10.1.4", "in a second field", get("TE: gzip", "TE: trailers"),
            .accepted([.has(.acceptsTrailers)])),
        Rule("RFC 9110 §10.1.4", "other codings", get("TE: gzip, trailersx"), .accepted([.lacks(.acceptsTrailers)])),
        Rule("RFC 9110 §10.1.4", "none", get(), .accepted([.lacks(.acceptsTrailers)])),
    ]

    static let pipeline: [Rule] = [
        Rule(
            "RFC 9112 §9.3.2", "two requests", get() + head("GET /b HTTP/1.1", "Host: a"),
            .accepted([.count(2), .path("/b")])),
        Rule(
            "RFC 9112 §9.3.2", "content between them", post("Content-Length: 2") + "hi" + get("A: b"),
            .accepted([.count(2), .method("GET"), .fields(["Host: a", "A: b"]), .length(nil), .lacks(.hasBody)])),
        Rule(
            "RFC 9112 §9.3.2", "content that looks like a request",
            post("Content-Length: \(get().utf8.count)") + get() + head("DELETE /c HTTP/1.1", "Host: a"),
            .accepted([.count(2), .method("DELETE")])),
        Rule(
            "RFC 9112 §9.3.2", "chunks between them", chunked("2\r\nhi\r\n0\r\nX: y\r\n\r\n") + get(),
            .accepted([.count(2), .method("GET"), .trailer([]), .lacks(.hasBody)])),
        Rule(
            "RFC 9112 §9.3.2", "a chunk that looks like a request",
            chunked("1b\r\n" + get() + "\r\n0\r\n\r\n") + chunked("1\r\nz\r\n0\r\nA: b\r\n\r\n"),
            .accepted([.count(2), .body("z"), .trailer(["a: b"])])),
        Rule(
            "RFC 9112 §9.3.2", "chunks after a length",
            post("Content-Length: 1") + "a" + chunked("1\r\nz\r\n0\r\n\r\n"),
            .accepted([.count(2), .body("z"), .length(nil)])),
        Rule(
            "RFC 9112 §2.2", "an empty line between them", post("Content-Length: 1") + "a\r\n" + get(),
            .accepted([.count(2), .method("GET")])),
        Rule(
            "RFC 9112 §9.3", "the facts of one are not those of the next",
            post(
                "Connection: close, upgrade", "Upgrade: x", "TE: trailers", "Accept: a", "Expect: 100-continue",
                "Content-Length: 1") + "a" + get(),
            .accepted([
                .count(2), .has(.keepAlive),
                .lacks([.upgrade, .acceptsTrailers, .accept, .expectsContinue, .hasBody, .authorityInTarget]),
            ])),
        Rule(
            "RFC 9112 §9.3", "the target of one is not that of the next",
            head("GET http://b/c?d HTTP/1.1", "Host: b") + get(),
            .accepted([.count(2), .scheme(""), .authority(""), .query(nil), .path("/")])),
        Rule(
            "RFC 9112 §11.2", "a second request that breaks a rule", get() + head("GET / HTTP/1.1"),
            .refused(.missingHost)),
        Rule(
            "RFC 9112 §11.2", "content that is longer than its length", post("Content-Length: 1") + "a\0" + get(),
            .refused(.malformedRequestLine)),
    ]
}

@Suite("Connection") struct ConnectionTests {
    @Test("What a head says of the connection", arguments: Rule.connection)
    func connection(_ rule: Rule) { rule.check() }

    @Test("Requests that came together are read one after another", arguments: Rule.pipeline)
    func pipeline(_ rule: Rule) { rule.check() }
}
