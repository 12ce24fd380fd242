// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Negotiation")
struct NegotiationTests {
    private func request(_ fields: HTTPFields) -> Request { Request(scope: RequestScope(headers: fields)) }

    @Test(
        "accepts() chooses the type that the client wants most",
        arguments: [
            (nil, "json"), ("", "json"), (" , ", "json"), ("*/*", "json"), ("text/html", "html"), ("TEXT/HTML", "html"),
            ("text/*", "html"), ("text/plain", nil), ("application/json;q=0.5, text/html", "html"),
            ("text/html;q=0.5, */*", "json"), ("application/json;q=0.5, text/html;q=0.5", "json"),
            ("text/html;q=0.5, */*;q=0.1", "html"), ("text/html;q=0.501, application/json;q=0.50", "html"),
            // A refusal holds, even where anything is accepted.
            ("*/*, application/json;q=0", "html"), ("application/json;q=0, */*", "html"),
            ("application/json;q=0.000, text/html;Q=0, */*", nil), ("*/*;q=0", nil), ("text/*;q=0, */*", "json"),
            ("text/*;q=0, text/html", "html"), ("application/*;q=0, application/json;q=0.1", "json"),
            // The most specific range counts, wherever it stands, and not the highest weight.
            ("text/*;q=1, text/html;q=0.2, application/json;q=0.3", "json"),
            ("*/*;q=1, text/html;q=0.9, application/*;q=0.8", "html"),
            // A weight that is none refuses.
            ("text/html;q=2, application/json;q=0.1", "json"), ("text/html;q=x", nil), ("text/html;q=", nil),
            ("text/html;q=-1, application/json;q=0.1", "json"), ("text/html;q=0.1234", nil), ("text/html;q=.5", nil),
            ("text/html;q=1.001", "html"), ("text/html; q=\"0.5\"", "html"),
            // Ranges with parameters are more specific, and hold only types that have them.
            ("text/html;level=1", nil), ("text/html;level=1, */*;q=0.1", "json"), ("text / html", nil),
            // Quotes hold what would part elements.
            ("text/plain;a=\",text/html;\", application/json;q=0.1", "json"), ("text/plain;a=\"\\\",text/html\"", nil),
            ("text/plain;a=\"unended, text/html", nil), ("text/html;", "html"), (";q=1, text/html", "html"),
        ] as [(String?, String?)])
    func types(field: String?, expected: String?) {
        let types = ["application/json", "text/html"]
        let request = request(field.map { [.accept: $0] } ?? [:])
        #expect(request.accepts(types)?.split(separator: "/").last.map(String.init) == expected)
    }

    @Test("accepts() matches parameters (RFC 9110 §12.5.1)")
    func parameters() {
        let types = ["text/html", "text/html; level=1", "text/html;Level=2", "text/plain;format=flowed"]
        func best(_ field: String) -> String? { request([.accept: field]).accepts(types) }
        #expect(best("text/html;level=1") == types[1])
        #expect(best("text/html;q=0.3, text/html;level=2;q=0.7") == types[2])
        #expect(best("text/html;q=0.3, text/html;q=0.7;level=\"2\"") == types[2])
        #expect(best("text/html, text/html;level=1;q=0, text/html;level=2") == types[0])
        #expect(best("text/*, text/plain;FORMAT=Flowed, text/html;q=0") == types[3])
        #expect(best("text/html;level=3") == nil)
        // The example of the RFC, weight for weight.
        let field = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5"
        let weights = [
            ("text/plain;format=flowed", "text/plain"), ("text/plain", "image/jpeg"),
            ("image/jpeg", "text/plain;format=fixed"),
            ("text/plain;format=fixed", "text/html"),
        ]
        for (better, worse) in weights { #expect(request([.accept: field]).accepts([worse, better]) == better) }
    }

    @Test("accepts() joins several fields, and gives the type as it was written", arguments: modes)
    func several(mode: TestMode) async throws {
        let app = Handler { $0.accepts(["Text/HTML", "image/png"]) ?? "none" }
        try await TestClient.run(app, in: mode) { client async throws in
            var headers: HTTPFields = [.accept: "image/png;q=0.5"]
            headers.append(HTTPField(name: .accept, value: "text/html"))
            #expect(try await client.get("/", headers: headers).text == "Text/HTML")
            #expect(try await client.get("/", headers: [.accept: "a/b"]).text == "none")
        }
        #expect(request([:]).accepts([]) == nil)
    }

    @Test(
        "acceptsLanguage() looks languages up (RFC 4647 §3.4)",
        arguments: [
            (nil, "en"), ("", "en"), ("*", "en"), ("de", "de"), ("DE", "de"), ("de-AT", "de"),
            ("de-Latn-AT-1996", "de"),
            ("pt", nil), ("pt-BR", "pt-BR"), ("PT-br-x-y", "pt-BR"), ("zh-Hant-CN-x-private1", "zh-Hant"), ("fr", nil),
            ("fr, de", "de"), ("fr, *", "en"), ("de;q=0.5, en;q=0.9", "en"), ("de;q=0.5, en;q=0.5", "de"),
            ("en;q=0.5, de-CH", "de"), ("en;q=0, *", "de"), ("en;q=0", nil), ("*;q=0", nil), ("*;q=0, de", "de"),
            ("de;q=0, de-AT", nil), ("*;q=0.1, fr;q=0.9", "en"), ("d", nil), ("-", nil), ("de-", "de"),
            ("en-a-de", "en"),
        ] as [(String?, String?)])
    func languages(field: String?, expected: String?) {
        let tags = ["en", "de", "pt-BR", "zh-Hant"]
        #expect(request(field.map { [.acceptLanguage: $0] } ?? [:]).acceptsLanguage(tags) == expected)
    }

    @Test("acceptsLanguage() refuses a language with its regions, but for those that are wanted")
    func refusedLanguages() {
        let tags = ["en-GB", "en-US", "de"]
        #expect(request([.acceptLanguage: "en;q=0, *"]).acceptsLanguage(tags) == "de")
        #expect(request([.acceptLanguage: "en;q=0, en-US;q=0.5, *;q=0.1"]).acceptsLanguage(tags) == "en-US")
    }

    // MARK: Fields

    @Test(
        "authorization reads credentials",
        arguments: [
            ("Basic YTpi", .basic(name: "a", password: "b")), ("basic  YTpiOmM= ", .basic(name: "a", password: "b:c")),
            ("BASIC Og==", .basic(name: "", password: "")), ("Basic w6k6w6k=", .basic(name: "é", password: "é")),
            ("Basic YQ==", nil), ("Basic /w==", nil), ("Basic YTpi!", nil), ("Basic", nil), ("Basic YTpiCg==", nil),
            ("Bearer abc", .bearer("abc")), ("bearer a.b-c_d~e+f/g==", .bearer("a.b-c_d~e+f/g==")), ("Bearer", nil),
            ("Bearer a b", nil), ("Bearer a=b", nil), ("Bearer =", nil), ("Bearer é", nil), ("Bearer a, Basic b", nil),
            ("Digest a=\"b\", c=d", .other(scheme: "digest", credentials: "a=\"b\", c=d")), ("", nil),
            ("Bearer,x", nil),
        ] as [(String, Authorization?)])
    func authorization(field: String, expected: Authorization?) {
        #expect(Authorization(field) == expected)
        #expect(request([.authorization: field]).authorization == expected)
    }

    @Test("fields are read as what they are")
    func typed() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        let time = Date(timeIntervalSince1970: 784_111_777)
        let request = request([
            .date: date, .ifModifiedSince: date, .ifUnmodifiedSince: "yesterday", .ifNoneMatch: "W/\"a\", \"b\"",
            .ifMatch: "*", .range: "bytes=0-1,-5",
        ])
        #expect((request.date, request.ifModifiedSince, request.ifUnmodifiedSince) == (time, time, nil))
        #expect(request.ifNoneMatch == .tags([EntityTag("a", isWeak: true), EntityTag("b")]))
        #expect(request.ifMatch == .any)
        #expect(request.range?.select(from: 10) == .parts([0..<2, 5..<10]))
        let plain = Request(scope: RequestScope())
        #expect(plain.ifNoneMatch == nil)
        #expect(plain.range == nil)
        #expect(plain.date == nil)
        #expect(plain.authorization == nil)
        let many = "bytes=" + (0..<17).map { "\($0)-\($0)" }.joined(separator: ",")
        #expect(Request(scope: RequestScope(headers: [.range: many])).range?.select(from: 100) == .whole)
        #expect(Request(scope: RequestScope(headers: [.range: "lines=1-2"])).range == nil)
    }
}
