// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Cookie")
struct CookieTests {
    @Test(
        "is written with all of its attributes",
        arguments: [
            (.init(), "a=b; Path=/; HttpOnly; SameSite=Lax"),
            (.init(path: nil, isHTTPOnly: false, sameSite: nil), "a=b"),
            (.init(path: "/x y", isHTTPOnly: false, sameSite: .strict), "a=b; Path=/x y; SameSite=Strict"),
            (.init(path: nil, domain: ".Example.ORG", sameSite: nil), "a=b; Domain=example.org; HttpOnly"),
            (.init(path: nil, maxAge: .milliseconds(90_900), sameSite: nil), "a=b; Max-Age=90; HttpOnly"),
            (.init(path: nil, maxAge: .seconds(-5), sameSite: nil), "a=b; Max-Age=0; HttpOnly"),
            (
                .init(path: nil, expires: Date(timeIntervalSince1970: 784_111_777.9), sameSite: nil),
                "a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly"
            ),
            (
                .init(isSecure: true, sameSite: Cookie.SameSite.none, isPartitioned: true),
                "a=b; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
            ),
        ] as [(Cookie.Attributes, String)])
    func writes(attributes: Cookie.Attributes, expected: String) throws {
        #expect(try Cookie("a", "b", attributes).fieldValue == expected)
    }

    @Test("refuses names that are no tokens", arguments: ["", " ", "a b", "a=b", "a;b", "a,b", "\"a\"", "a\r\nb", "é"])
    func names(name: String) {
        #expect(throws: CookieError.invalidName(name)) { try Cookie(name, "x") }
    }

    @Test(
        "refuses values that cannot be sent, and encodes them when told to",
        arguments: [
            ("a b", "a%20b"), ("a;b", "a%3Bb"), ("a,b", "a%2Cb"), ("\"a\"", "%22a%22"), ("a\\b", "a%5Cb"),
            ("a\r\nSet-Cookie: b=c", "a%0D%0ASet-Cookie:%20b=c"), ("\u{0}", "%00"), ("é", "%C3%A9"), ("\t", "%09"),
        ])
    func values(value: String, encoded: String) throws {
        #expect(throws: CookieError.invalidValue("a")) { try Cookie("a", value) }
        let cookie = try Cookie("a", encoding: value)
        #expect(cookie.value == encoded)
        #expect(RequestCookies("a=\(encoded)").decoded("a") == value)
    }

    @Test("sends other values as they are, and encodes a per cent sign only when told to")
    func plainValues() throws {
        let all = String(
            String.UnicodeScalarView(
                (0x21...0x7E).filter { ![0x22, 0x2C, 0x3B, 0x5C].contains($0) }.map { UnicodeScalar($0)! }))
        #expect(try Cookie("a", all).value == all)
        #expect(RequestCookies("a=\(all)")["a"] == all)
        #expect(try Cookie("a", encoding: all).value == all.replacing("%", with: "%25"))
        #expect(try Cookie("a", "").fieldValue.hasPrefix("a=;"))
    }

    @Test("refuses paths that would be read as others", arguments: ["", "a", "/a;b", "/a\r\n", "/é", "/a ", "/\u{7F}"])
    func paths(path: String) {
        #expect(throws: CookieError.invalidPath(path)) { try Cookie("a", "b", .init(path: path)) }
    }

    @Test(
        "refuses domains that are no host names",
        arguments: ["", ".", "a..b", "a.", "..a", "a b", "a;b", "a:80", "[::1]", "é.org", "a/b", "a\r\nb"])
    func domains(domain: String) {
        #expect(throws: CookieError.invalidDomain(domain)) { try Cookie("a", "b", .init(domain: domain)) }
    }

    @Test("refuses more bytes than browsers take, and years that cannot be written")
    func limits() throws {
        #expect(try Cookie("a", String(repeating: "x", count: 4095)).value.count == 4095)
        #expect(throws: CookieError.tooLong("a", bytes: 4097)) {
            try Cookie("a", String(repeating: "x", count: 4096))
        }
        #expect(throws: CookieError.self) {
            try Cookie("a", "b", .init(path: "/" + String(repeating: "x", count: 1024)))
        }
        for seconds in [-11_644_473_601, 253_402_300_800, .infinity, .nan] {
            #expect(throws: CookieError.invalidExpires("a")) {
                try Cookie("a", "b", .init(expires: Date(timeIntervalSince1970: seconds)))
            }
        }
    }

    @Test(
        "holds what its name promises",
        arguments: [
            ("__Secure-a", .init(), false),
            ("__Secure-a", .init(domain: "example.org", isSecure: true), true),
            ("__Host-a", .init(), false),
            ("__Host-a", .init(isSecure: true), true),
            ("__Host-a", .init(path: "/x", isSecure: true), false),
            ("__Host-a", .init(path: nil, isSecure: true), false),
            ("__Host-a", .init(domain: "example.org", isSecure: true), false),
            ("__hOST-a", .init(), false),
            ("__Http-a", .init(path: "/x", isSecure: true), true),
            ("__Http-a", .init(isSecure: true, isHTTPOnly: false), false),
            ("__Host-Http-a", .init(isSecure: true), true),
            ("__Host-Http-a", .init(isSecure: true, isHTTPOnly: false), false),
            ("__Host-Http-a", .init(path: "/x", isSecure: true), false),
            ("a__Host-", .init(), true),
            ("a", .init(sameSite: Cookie.SameSite.none), false),
            ("a", .init(isPartitioned: true), false),
        ] as [(String, Cookie.Attributes, Bool)])
    func prefixes(name: String, attributes: Cookie.Attributes, isValid: Bool) {
        #expect(((try? Cookie(name, "b", attributes)) != nil) == isValid)
    }

    @Test("says in a sentence what is wrong, and never the value")
    func sentences() {
        let secret = "very secret; value"
        do {
            _ = try Cookie("a", secret)
        } catch {
            #expect("\(error)".contains("\"a\"") && !"\(error)".contains("secret"))
        }
        #expect("\(CookieError.missing("__Host-a", needs: "isSecure", because: "of its name"))".contains("isSecure"))
    }

    @Test("is taken back with the same name, path, domain and flags")
    func deletion() throws {
        let attributes = Cookie.Attributes(
            path: "/x", domain: "example.org", maxAge: .seconds(60), isSecure: true, sameSite: Cookie.SameSite.none,
            isPartitioned: true)
        let expected =
            "a=; Path=/x; Domain=example.org; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; "
            + "SameSite=None; Partitioned"
        #expect(try Cookie("a", "b", attributes).deletion.fieldValue == expected)
        var response = Response.empty()
        try response.setCookie(Cookie("a", "b", attributes))
        try response.deleteCookie("a", attributes)
        #expect(response.headerFields[values: .setCookie] == [expected])
        try response.deleteCookie("__Host-a")
        #expect(response.headerFields[values: .setCookie].last?.contains("; Secure") == true)
        #expect(throws: CookieError.self) { try response.deleteCookie("__Host-a", .init(path: "/x")) }
    }

    @Test("takes the place of one for the same name, path and domain, and of no other")
    func replaces() throws {
        var response = Response.empty()
        try response.setCookie(Cookie("a", "1"))
        try response.setCookie(Cookie("A", "2"))
        try response.setCookie(Cookie("a", "3", .init(path: "/x")))
        try response.setCookie(Cookie("a", "4", .init(domain: "example.org")))
        try response.setCookie(Cookie("ab", "5"))
        try response.setCookie(Cookie("a", "6", .init(maxAge: .seconds(1))))
        let values = response.headerFields[values: .setCookie].map { $0.prefix { $0 != ";" } }
        #expect(values == ["A=2", "a=3", "a=4", "ab=5", "a=6"])
    }

    @Test("several stay several fields, are kept by a client, and deleted", arguments: modes)
    func roundTrip(mode: TestMode) async throws {
        let app = Handler { request in
            var response = Response.text(request.cookies.items.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
            switch request.path {
            case "/set":
                try response.setCookie(Cookie("one", "1"))
                try response.setCookie(Cookie("two", encoding: "2, and; more"))
            case "/delete": try response.deleteCookie("one")
            default: break
            }
            return response
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/set").headerFields[values: .setCookie].count == 2)
            #expect(try await client.get("/").text == "one=1|two=2%2C%20and%3B%20more")
            _ = try await client.get("/delete")
            #expect(try await client.get("/").text == "two=2%2C%20and%3B%20more")
        }
    }
}
