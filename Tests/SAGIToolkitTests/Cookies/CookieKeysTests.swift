// swift-format-ignore-file: NeverForceUnwrap, NeverUseForceTry

import HTTPTypes
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Signed and encrypted cookies")
struct CookieKeysTests {
    static let old = String(repeating: "old secret.", count: 3)
    static let new = String(repeating: "new secret.", count: 3)
    private let keys = try! CookieKeys(new, old)

    @Test(
        "any text comes back", arguments: ["", "a", "a b; c, \"d\"", "é\u{0}\r\n", String(repeating: "x", count: 2000)])
    func roundTrip(text: String) throws {
        let signed = try Cookie.signed("cart", text, keys)
        let encrypted = try Cookie.encrypted("cart", text, keys)
        let cookies = RequestCookies("cart=\(signed.value)")
        #expect(cookies.signed("cart", keys) == text)
        #expect(cookies.encrypted("cart", keys) == nil)
        #expect(RequestCookies("cart=\(encrypted.value)").encrypted("cart", keys) == text)
        #expect(RequestCookies("cart=\(encrypted.value)").signed("cart", keys) == nil)
        #expect(text.utf8.count < 8 || !encrypted.value.contains(text))
    }

    @Test("a value holds under its own name only")
    func boundToName() throws {
        #expect(keys.verify(keys.sign("admin", for: "comment"), for: "role") == nil)
        #expect(try keys.decrypt(keys.encrypt("admin", for: "comment"), for: "role") == nil)
        // The border between name and content is no matter of taste.
        #expect(keys.verify(keys.sign("bc", for: "a"), for: "ab") == nil)
    }

    @Test("a value of which anything is changed is none")
    func tampered() throws {
        let signed = Array(keys.sign("17", for: "id"))
        let encrypted = Array(try keys.encrypt("17", for: "id"))
        for (value, read) in [(signed, keys.verify), (encrypted, keys.decrypt)] {
            #expect(read(String(value), "id") == "17")
            for index in value.indices {
                for other: Character in ["A", "B", "_", ".", "="] where other != value[index] {
                    var changed = value
                    changed[index] = other
                    #expect(read(String(changed), "id") == nil)
                }
                #expect(read(String(value[..<index]), "id") == nil)
            }
            for more in ["A", "=", ".", ".AAAA", " "] { #expect(read(String(value) + more, "id") == nil) }
        }
        for value in ["", ".", "..", "a.b", "é", String(repeating: "A", count: 10_000)] {
            #expect(keys.verify(value, for: "id") == nil)
            #expect(keys.decrypt(value, for: "id") == nil)
        }
    }

    @Test("the first secret writes, and all read")
    func rotation() throws {
        let former = try CookieKeys(Self.old)
        let later = try CookieKeys(Self.new)
        #expect(keys.verify(former.sign("x", for: "a"), for: "a") == "x")
        #expect(try keys.decrypt(former.encrypt("x", for: "a"), for: "a") == "x")
        #expect(later.verify(keys.sign("x", for: "a"), for: "a") == "x")
        #expect(later.verify(former.sign("x", for: "a"), for: "a") == nil)
        #expect(try former.decrypt(keys.encrypt("x", for: "a"), for: "a") == nil)
    }

    @Test("the same text is encrypted to another value each time")
    func freshNonce() throws {
        #expect(try keys.encrypt("x", for: "a") != keys.encrypt("x", for: "a"))
        #expect(CookieKeys.random().verify(CookieKeys.random().sign("x", for: "a"), for: "a") == nil)
    }

    @Test("secrets that are too short are refused, in a sentence without them")
    func secrets() throws {
        #expect(throws: CookieKeysError.tooShort(position: 1, bytes: 31)) {
            try CookieKeys(String(repeating: "x", count: 31))
        }
        #expect(throws: CookieKeysError.tooShort(position: 2, bytes: 0)) { try CookieKeys([Self.new, ""]) }
        #expect(throws: CookieKeysError.noSecret) { try CookieKeys([]) }
        #expect("\(CookieKeysError.tooShort(position: 2, bytes: 5))".contains("32"))
        var dumped = ""
        dump(keys, to: &dumped)
        #expect(!dumped.contains("secret") && "\(keys)" == "CookieKeys(2)")
    }

    @Test("of several with one name the first valid one is taken")
    func tossed() throws {
        let good = keys.sign("mine", for: "a")
        #expect(RequestCookies("a=forged; a=\(good)").signed("a", keys) == "mine")
        let encrypted = try keys.encrypt("mine", for: "a")
        #expect(RequestCookies("a=forged; a=\(encrypted)").encrypted("a", keys) == "mine")
    }

    @Test("go to a client and come back", arguments: modes)
    func client(mode: TestMode) async throws {
        let app = Handler { [keys] request in
            var response = Response.text(request.cookies.signed("a", keys) ?? "none")
            try response.setCookie(.signed("a", "déjà vu; again", keys))
            return response
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/").text == "none")
            #expect(try await client.get("/").text == "déjà vu; again")
        }
    }
}
