import HTTPTypes
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Cookies of a request")
struct RequestCookiesTests {
    @Test(
        "are read from anything",
        arguments: [
            ("", ""),
            ("a=1", "a:1"),
            ("a=1; b=2", "a:1|b:2"),
            ("a=1;b=2;;; c=3 ;", "a:1|b:2|c:3"),
            ("a=1;\tb = 2\t", "a:1|b:2"),
            ("a=", "a:"),
            ("a=b=c==", "a:b=c=="),
            ("a=\"quoted\"; b=\"; c=\"x", "a:quoted|b:\"|c:\"x"),
            ("a=\"\"", "a:"),
            ("a={\"b\":1,\"c\":2}", "a:{\"b\":1,\"c\":2}"),
            ("a=%41+%20", "a:%41+%20"),
            ("a=b c", "a:b c"),
            ("a=é", "a:é"),
            ("a=1, b=2", "a:1, b=2"),
            // Nothing of these is a name that a prefix protects.
            ("=__Host-id=1", ""),
            ("__Host-id", ""),
            (" = x", ""),
            ("\u{2000}__Host-id=evil; __Host-id=good", "\u{2000}__Host-id:evil|__Host-id:good"),
            ("\u{85}__Host-id=evil", "\u{85}__Host-id:evil"),
            // RFC 2109 is not spoken: no part of a value can hide in these.
            ("$Version=1; a=\"x\"; $Path=\"/\"", "$Version:1|a:x|$Path:/"),
            ("a=\"b; c=d\"", "a:\"b|c:d\""),
        ])
    func reads(field: String, expected: String) {
        #expect(RequestCookies(field).items.map { "\($0.name):\($0.value)" }.joined(separator: "|") == expected)
    }

    @Test("the first of several with one name counts, and all are there")
    func duplicates() {
        let cookies = RequestCookies("a=1; b=x; a=2; A=3")
        #expect(cookies["a"] == "1")
        #expect(cookies.all("a") == ["1", "2"])
        #expect(cookies["A"] == "3")
        #expect(cookies["c"] == nil)
        #expect(!cookies.isEmpty && RequestCookies("x").isEmpty)
    }

    @Test("names are compared byte by byte")
    func exactNames() {
        // The same character, composed in two ways.
        let cookies = RequestCookies("\u{65}\u{301}=1; \u{E9}=2")
        #expect(cookies["\u{E9}"] == "2")
        #expect(cookies["\u{65}\u{301}"] == "1")
    }

    @Test("no more than 256 are read")
    func bounded() {
        let field = (0..<1000).map { "a\($0)=\($0)" }.joined(separator: ";")
        let cookies = RequestCookies(field)
        #expect(cookies.items.count == 256)
        #expect(cookies["a255"] == "255")
        #expect(cookies["a256"] == nil)
        #expect(RequestCookies(String(repeating: ";", count: 100_000)).isEmpty)
    }

    @Test("are those of every kind of exchange", arguments: RequestKind.allCases)
    func kinds(kind: RequestKind) async throws {
        let scope = RequestScope(headers: [.cookie: "a=1"])
        #expect(Request(KindClient().exchange(kind, scope))?.cookies["a"] == "1")
    }

    @Test("several fields are one", arguments: modes)
    func severalFields(mode: TestMode) async throws {
        let app = Handler { request in "\(request.cookies["a"] ?? "")\(request.cookies["b"] ?? "")" }
        try await TestClient.run(app, in: mode) { client async throws in
            var fields = HTTPFields()
            fields.append(HTTPField(name: .cookie, value: "a=1"))
            fields.append(HTTPField(name: .cookie, value: "b=2"))
            #expect(try await client.get("/", headers: fields).text == "12")
        }
    }
}
