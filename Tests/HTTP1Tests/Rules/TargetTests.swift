import HTTP1
import HTTPSemantics
import Testing

extension Rule {
    static let target: [Rule] = [
        Rule(
            "RFC 9112 §3.2.1", "origin form", head("GET /a/b HTTP/1.1", "Host: a"),
            .accepted([.path("/a/b"), .query(nil), .scheme(""), .authority(""), .lacks(.authorityInTarget)])),
        Rule(
            "RFC 9112 §3.2.1", "a query", head("GET /a?b=c&d HTTP/1.1", "Host: a"),
            .accepted([.path("/a"), .query("b=c&d")])),
        Rule(
            "RFC 9112 §3.2.1", "an empty query", head("GET /a? HTTP/1.1", "Host: a"),
            .accepted([.path("/a"), .query("")])),
        Rule(
            "RFC 9112 §3.2.1", "a second question mark", head("GET /a?b?c HTTP/1.1", "Host: a"),
            .accepted([.path("/a"), .query("b?c")])),
        Rule(
            "RFC 9112 §3.2.1", "escapes stay as they are", head("GET /%2F%zz%00?%20 HTTP/1.1", "Host: a"),
            .accepted([.path("/%2F%zz%00"), .query("%20")])),
        Rule(
            "RFC 9112 §3.2.1", "two slashes are a path", head("GET //b/c HTTP/1.1", "Host: a"),
            .accepted([.path("//b/c"), .authority("")])),
        Rule(
            "RFC 9112 §3.2.1", "dots stay as they are", head("GET /../a/./b HTTP/1.1", "Host: a"),
            .accepted([.path("/../a/./b")])),
        Rule("RFC 9112 §3.2", "a fragment", head("GET /a#b HTTP/1.1", "Host: a"), .refused(.invalidTarget)),
        Rule("RFC 9112 §3.2.1", "no slash at the start", head("GET a HTTP/1.1", "Host: a"), .refused(.invalidTarget)),
        Rule("RFC 9112 §3.2.1", "a query alone", head("GET ?a HTTP/1.1", "Host: a"), .refused(.invalidTarget)),

        Rule(
            "RFC 9112 §3.2.2", "absolute form replaces Host", head("GET http://b:81/c?d HTTP/1.1", "Host: a"),
            .accepted([
                .target("http://b:81/c?d"), .scheme("http"), .authority("b:81"), .path("/c"), .query("d"),
                .has(.authorityInTarget), .field("Host: a"),
            ])),
        Rule(
            "RFC 9112 §3.2.2", "the scheme in capitals", head("GET HTTPS://b/ HTTP/1.1", "Host: b"),
            .accepted([.scheme("HTTPS"), .authority("b"), .path("/")])),
        Rule(
            "RFC 9110 §4.2.3", "an empty path is a slash", head("GET http://b HTTP/1.1", "Host: b"),
            .accepted([.authority("b"), .path("/"), .query(nil)])),
        Rule(
            "RFC 9110 §4.2.3", "an empty path before a query", head("GET http://b?c=d HTTP/1.1", "Host: b"),
            .accepted([.authority("b"), .path("/"), .query("c=d")])),
        Rule(
            "RFC 9112 §3.2.2", "an address of IPv6", head("GET http://[::1]:80/ HTTP/1.1", "Host: b"),
            .accepted([.authority("[::1]:80")])),
        Rule(
            "RFC 9112 §3.2.2", "absolute form in HTTP/1.0 without Host", head("GET http://b/c HTTP/1.0"),
            .accepted([.authority("b"), .path("/c")])),
        Rule("RFC 9112 §3.2", "absolute form without Host", head("GET http://b/c HTTP/1.1"), .refused(.missingHost)),
        Rule(
            "RFC 9112 §3.2", "absolute form with an invalid Host", head("GET http://b/c HTTP/1.1", "Host: a b"),
            .refused(.invalidHost)),
        Rule(
            "RFC 9110 §4.2.4", "user information", head("GET http://u:p@b/ HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule("RFC 9110 §4.2.1", "no authority", head("GET http:///a HTTP/1.1", "Host: b"), .refused(.invalidTarget)),
        Rule(
            "RFC 9110 §4.2.1", "nothing after the slashes", head("GET http:// HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule("RFC 9112 §3.2.2", "one slash", head("GET http:/b HTTP/1.1", "Host: b"), .refused(.invalidTarget)),
        Rule("RFC 9112 §3.2.2", "another scheme", head("GET ftp://b/ HTTP/1.1", "Host: b"), .refused(.invalidTarget)),
        Rule("RFC 9112 §3.2.2", "no scheme", head("GET ://b/ HTTP/1.1", "Host: b"), .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.2", "a port that is none", head("GET http://b:99999/ HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.2", "a port of letters", head("GET http://b:http/ HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.2", "a backslash ends no authority", head("GET http://b\\c/ HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),

        Rule(
            "RFC 9112 §3.2.3", "authority form", head("CONNECT b:443 HTTP/1.1", "Host: b:443"),
            .accepted([.method("CONNECT"), .authority("b:443"), .path(""), .query(nil), .has(.authorityInTarget)])),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT to IPv6", head("CONNECT [::1]:443 HTTP/1.1", "Host: b"),
            .accepted([.authority("[::1]:443")])),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT without a port", head("CONNECT b HTTP/1.1", "Host: b"), .refused(.invalidTarget)
        ),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT with an empty port", head("CONNECT b: HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT without a host", head("CONNECT :443 HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT with a path", head("CONNECT b:443/ HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT in origin form", head("CONNECT /a HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT in absolute form", head("CONNECT http://b:443/ HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.3", "CONNECT with user information", head("CONNECT u@b:443 HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.3", "authority form with another method", head("GET b:443 HTTP/1.1", "Host: b"),
            .refused(.invalidTarget)),

        Rule(
            "RFC 9112 §3.2.4", "asterisk form", head("OPTIONS * HTTP/1.1", "Host: a"),
            .accepted([.method("OPTIONS"), .path("*"), .target("*"), .query(nil)])),
        Rule(
            "RFC 9112 §3.2.4", "asterisk form with another method", head("GET * HTTP/1.1", "Host: a"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.4", "asterisk form with options in lower case", head("options * HTTP/1.1", "Host: a"),
            .refused(.invalidTarget)),
        Rule(
            "RFC 9112 §3.2.4", "more than an asterisk", head("OPTIONS *a HTTP/1.1", "Host: a"), .refused(.invalidTarget)
        ),
        Rule(
            "RFC 9112 §3.2.4", "OPTIONS in origin form", head("OPTIONS / HTTP/1.1", "Host: a"), .accepted([.path("/")])),
    ]

    static let host: [Rule] = [
        Rule("RFC 9112 §3.2", "no Host", head("GET / HTTP/1.1"), .refused(.missingHost)),
        Rule(
            "RFC 9112 §3.2", "no Host from a 1.0 client", head("GET / HTTP/1.0", "A: b"), .accepted([.version(.http10)])
        ),
        Rule("RFC 9112 §3.2", "two Hosts", head("GET / HTTP/1.1", "Host: a", "Host: b"), .refused(.invalidHost)),
        Rule(
            "RFC 9112 §3.2", "the same Host twice", head("GET / HTTP/1.1", "Host: a", "host: a"), .refused(.invalidHost)
        ),
        Rule(
            "RFC 9112 §3.2", "two Hosts from a 1.0 client", head("GET / HTTP/1.0", "Host: a", "Host: a"),
            .refused(.invalidHost)),
        Rule("RFC 9110 §7.2", "an empty Host", head("GET / HTTP/1.1", "Host:"), .accepted([.fields(["Host: "])])),
        Rule(
            "RFC 9110 §7.2", "an empty Host and another", head("GET / HTTP/1.1", "Host:", "Host: a"),
            .refused(.invalidHost)),
        Rule(
            "RFC 9110 §7.2", "any case of the name", head("GET / HTTP/1.1", "hOSt: a"),
            .accepted([.fields(["hOSt: a"])])),
        Rule(
            "RFC 9110 §7.2", "a port", head("GET / HTTP/1.1", "Host: a.example:8080"),
            .accepted([.field("Host: a.example:8080")])),
        Rule("RFC 3986 §3.2.3", "an empty port", head("GET / HTTP/1.1", "Host: a:"), .accepted([])),
        Rule("RFC 3986 §3.2.3", "the highest port", head("GET / HTTP/1.1", "Host: a:65535"), .accepted([])),
        Rule("RFC 3986 §3.2.3", "a port too high", head("GET / HTTP/1.1", "Host: a:65536"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.3", "a port of letters", head("GET / HTTP/1.1", "Host: a:b"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.3", "a signed port", head("GET / HTTP/1.1", "Host: a:+80"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.3", "two ports", head("GET / HTTP/1.1", "Host: a:80:81"), .refused(.invalidHost)),
        Rule("RFC 9110 §4.2.1", "a port without a host", head("GET / HTTP/1.1", "Host: :80"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.2", "IPv4", head("GET / HTTP/1.1", "Host: 127.0.0.1:80"), .accepted([])),
        Rule("RFC 3986 §3.2.2", "IPv6", head("GET / HTTP/1.1", "Host: [::1]"), .accepted([.field("Host: [::1]")])),
        Rule("RFC 3986 §3.2.2", "IPv6 and a port", head("GET / HTTP/1.1", "Host: [fe80::1]:80"), .accepted([])),
        Rule("RFC 3986 §3.2.2", "IPv6 without brackets", head("GET / HTTP/1.1", "Host: ::1"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.2", "an open bracket", head("GET / HTTP/1.1", "Host: [::1"), .refused(.invalidHost)),
        Rule(
            "RFC 3986 §3.2.2", "something after the bracket", head("GET / HTTP/1.1", "Host: [::1]a"),
            .refused(.invalidHost)),
        Rule("RFC 9110 §4.2.4", "user information", head("GET / HTTP/1.1", "Host: u@a"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.2", "a list", head("GET / HTTP/1.1", "Host: a, b"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.2", "a space", head("GET / HTTP/1.1", "Host: a b"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.2", "a path", head("GET / HTTP/1.1", "Host: a/b"), .refused(.invalidHost)),
        Rule("RFC 3986 §3.2.2", "obs-text", head("GET / HTTP/1.1", "Host: \u{E9}"), .refused(.invalidHost)),
        Rule("RFC 9112 §3.2", "CONNECT needs a Host", head("CONNECT b:443 HTTP/1.1"), .refused(.missingHost)),
        Rule("RFC 9112 §3.2", "OPTIONS * needs a Host", head("OPTIONS * HTTP/1.1"), .refused(.missingHost)),
    ]
}

@Suite("Target and Host") struct TargetTests {
    @Test("A target has one of four forms", arguments: Rule.target)
    func target(_ rule: Rule) { rule.check() }

    @Test("There is exactly one valid Host", arguments: Rule.host)
    func host(_ rule: Rule) { rule.check() }
}
