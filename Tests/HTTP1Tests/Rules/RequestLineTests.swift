import HTTP1
import HTTPSemantics
import Testing

extension Rule {
    static let requestLine: [Rule] = [
        Rule(
            "RFC 9112 §3", "a request line and Host are enough", get(),
            .accepted([
                .method("GET"), .target("/"), .path("/"), .query(nil), .version(.http11), .fields(["Host: a"]),
                .length(nil), .has(.keepAlive), .lacks([.hasBody, .expectsContinue, .upgrade, .persistent10, .isHead]),
            ])),
        Rule(
            "RFC 9112 §2.2", "an empty line before the request line is ignored", "\r\n" + get(), .accepted([.path("/")])
        ),
        Rule("RFC 9112 §2.2", "several empty lines before it too", "\r\n\r\n\r\n" + get(), .accepted([.count(1)])),
        Rule("RFC 9112 §2.2", "empty lines alone are no request", "\r\n\r\n", .waits),
        Rule("RFC 9112 §2.2", "CR alone before it", "\r" + get(), .refused(.bareCarriageReturn)),
        Rule("RFC 9112 §2.2", "LF alone before it", "\n" + get(), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.2", "LF alone before it, where that is allowed", "\n" + get(), .accepted([.count(1)])) {
            $0.allowsBareLineFeed = true
        },
        Rule(
            "RFC 9112 §2.2", "LF alone ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n",
            .refused(.bareLineFeed)),
        Rule("RFC 9112 §2.2", "LF alone ends a field line", "GET / HTTP/1.1\r\nHost: a\n\r\n", .refused(.bareLineFeed)),
        Rule("RFC 9112 §2.2", "LF alone ends the section", "GET / HTTP/1.1\r\nHost: a\r\n\n", .refused(.bareLineFeed)),
        Rule(
            "RFC 9112 §2.2", "LF alone everywhere, where that is allowed",
            "POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi",
            .accepted([.fields(["Host: a", "Content-Length: 2"]), .body("hi")])
        ) { $0.allowsBareLineFeed = true },
        Rule(
            "RFC 9112 §2.2", "CR alone is refused where LF alone is allowed", "GET / HTTP/1.1\rHost: a\n\n",
            .refused(.bareCarriageReturn)
        ) { $0.allowsBareLineFeed = true },
        Rule(
            "RFC 9112 §2.2", "CR alone ends the request line", "GET / HTTP/1.1\rHost: a\r\r",
            .refused(.bareCarriageReturn)),

        Rule(
            "RFC 9110 §9.1", "a method is any token", head("M-SEARCH!#$%&'*+.^_`|~09 / HTTP/1.1", "Host: a"),
            .accepted([.method("M-SEARCH!#$%&'*+.^_`|~09")])),
        Rule(
            "RFC 9110 §9.1", "a method keeps its case", head("get / HTTP/1.1", "Host: a"), .accepted([.method("get")])),
        Rule("RFC 9110 §9.1", "HEAD is known", head("HEAD / HTTP/1.1", "Host: a"), .accepted([.has(.isHead)])),
        Rule(
            "RFC 9110 §9.1", "head is another method", head("head / HTTP/1.1", "Host: a"), .accepted([.lacks(.isHead)])),
        Rule(
            "RFC 9112 §3", "a method of 64 bytes", head(String(repeating: "M", count: 64) + " / HTTP/1.1", "Host: a"),
            .accepted([.method(String(repeating: "M", count: 64))])),
        Rule(
            "RFC 9112 §3", "a method of 65 bytes", head(String(repeating: "M", count: 65) + " / HTTP/1.1", "Host: a"),
            .refused(.unknownMethod)),
        Rule("RFC 9112 §3", "a method that never ends", String(repeating: "M", count: 65), .refused(.unknownMethod)),
        Rule("RFC 9112 §3", "no method", head(" / HTTP/1.1", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §3", "a method alone", head("GET", "Host: a"), .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §3", "a bracket in the method", head("G(T / HTTP/1.1", "Host: a"), .refused(.malformedRequestLine)
        ),
        Rule(
            "RFC 9112 §3", "obs-text in the method", head("G\u{C9}T / HTTP/1.1", "Host: a"),
            .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §3", "two spaces after the method", head("GET  / HTTP/1.1", "Host: a"), .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3", "two spaces after the target", head("GET /  HTTP/1.1", "Host: a"),
            .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §3", "a space after the version", head("GET / HTTP/1.1 ", "Host: a"),
            .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §3", "a space before the method", head(" GET / HTTP/1.1", "Host: a"),
            .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §3", "a space in the target", head("GET /a b HTTP/1.1", "Host: a"),
            .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §3", "a tab after the method", head("GET\t/ HTTP/1.1", "Host: a"), .refused(.malformedRequestLine)
        ),
        Rule("RFC 9112 §3", "a tab after the target", head("GET /\tHTTP/1.1", "Host: a"), .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3", "a tab after the version", head("GET / HTTP/1.1\t", "Host: a"),
            .refused(.malformedRequestLine)),

        Rule("RFC 9110 §2.5", "HTTP/1.0", head("GET / HTTP/1.0"), .accepted([.version(.http10), .lacks(.keepAlive)])),
        Rule(
            "RFC 9110 §2.5", "HTTP/1.2 is served as 1.1", head("GET / HTTP/1.2", "Host: a"),
            .accepted([.version(.http11)])),
        Rule("RFC 9110 §2.5", "HTTP/1.9 needs a Host like 1.1", head("GET / HTTP/1.9"), .refused(.missingHost)),
        Rule("RFC 9110 §15.6.6", "HTTP/2.0", head("GET / HTTP/2.0", "Host: a"), .refused(.unsupportedVersion)),
        Rule(
            "RFC 9110 §15.6.6", "HTTP/0.9 with a version", head("GET / HTTP/0.9", "Host: a"),
            .refused(.unsupportedVersion)),
        Rule("RFC 9110 §15.6.6", "HTTP/9.9", head("GET / HTTP/9.9", "Host: a"), .refused(.unsupportedVersion)),
        Rule(
            "RFC 9113 §3.4", "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(.unsupportedVersion)),
        Rule("RFC 9112 §2.3", "lower case", head("GET / http/1.1", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "another protocol", head("GET / ICY/1.1", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "no version", head("GET /", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "no version after a space", head("GET / ", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "no slash", head("GET / HTTP1.1", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "no dot", head("GET / HTTP/11", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "a comma", head("GET / HTTP/1,1", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "no minor digit", head("GET / HTTP/1.", "Host: a"), .refused(.malformedRequestLine)),
        Rule(
            "RFC 9112 §2.3", "a letter as a digit", head("GET / HTTP/1.x", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "two minor digits", head("GET / HTTP/1.10", "Host: a"), .refused(.malformedRequestLine)),
        Rule("RFC 9112 §2.3", "two major digits", head("GET / HTTP/11.1", "Host: a"), .refused(.malformedRequestLine)),
    ]
}

@Suite("Request line") struct RequestLineTests {
    @Test("A request line is read by the letter", arguments: Rule.requestLine)
    func rule(_ rule: Rule) { rule.check() }

    @Test(
        "RFC 9112 §2.2: CR, LF and NUL are refused at every place of a head", arguments: [0x0D, 0x0A, 0x00] as [UInt8])
    func everyPlace(_ byte: UInt8) {
        let valid = latin(post("Content-Length: 2", "X: y") + "hi")
        for index in 0..<(valid.count - 3) {
            var bytes = valid
            bytes.insert(byte, at: index)
            let (outcome, difference) = Outcome.ofEverySplit(bytes, limits: HTTP1Limits())
            #expect(outcome.error != nil, "inserted at \(index)")
            #expect(difference == nil, "inserted at \(index)")
        }
    }

    @Test("RFC 9112 §3.2: the bytes that a target may have", arguments: 0...255 as ClosedRange<UInt8>)
    func targetByte(_ byte: UInt8) {
        let outcome = Outcome(of: [latin("GET /a") + [byte] + latin("b HTTP/1.1\r\nHost: a\r\n\r\n")])
        let isAllowed = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#")
        #expect((outcome.error == nil) == isAllowed)
        #expect(outcome.messages.count == (isAllowed ? 1 : 0))
    }

    @Test("RFC 9110 §5.6.2: the bytes that a method may have", arguments: 0...255 as ClosedRange<UInt8>)
    func methodByte(_ byte: UInt8) {
        let outcome = Outcome(of: [latin("G") + [byte] + latin("T / HTTP/1.1\r\nHost: a\r\n\r\n")])
        #expect((outcome.error == nil) == isTokenCharacter(byte))
    }
}

/// tchar, spelled out as RFC 9110 §5.6.2 does.
func isTokenCharacter(_ byte: UInt8) -> Bool {
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8.contains(byte)
}
