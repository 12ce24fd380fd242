import SAGIToolkit
import Testing

@Suite("Parameters")
struct ParametersTests {
    @Test(
        "are read as forms are encoded",
        arguments: [
            ("", [:]), ("a=1", ["a": "1"]), ("a", ["a": ""]), ("=b", ["": "b"]), ("&&a=1&", ["a": "1"]),
            ("a=b=c", ["a": "b=c"]), ("a+b=c+d", ["a b": "c d"]), ("%61%3D=%26", ["a=": "&"]), ("a=%2B", ["a": "+"]),
            ("a=%", ["a": "%"]), ("a=%4", ["a": "%4"]), ("a=%zz%41", ["a": "%zzA"]), ("a=%2541", ["a": "%41"]),
            ("a;b=1", ["a;b": "1"]), ("é=%C3%A9", ["é": "é"]), ("a=%FF", ["a": "\u{FFFD}"]),
        ] as [(String, Parameters)])
    func reading(text: String, expected: Parameters) { #expect(Parameters(query: text) == expected) }

    @Test("can be written, and read again", arguments: ["", "a", "=&%+ ;é\u{0}\r\n", "[]", "a.b"])
    func writing(text: String) throws {
        let parameters: Parameters = ["x": text, "\(text)y": "1"]
        #expect(Parameters(query: parameters.encoded) == parameters)
        #expect(try Parameters(strictly: parameters.encoded) == parameters)
    }

    @Test("are strict about UTF-8 when told to")
    func strict() async throws {
        for text in ["a=%FF", "%C3=a", "a=%ED%A0%80"] {
            let problem = await refusal { _ = try Parameters(strictly: text) }
            #expect(problem?.status == 400)
        }
    }

    @Test("give their first value of a name, or all")
    func values() throws {
        let parameters = Parameters(query: "n=1&n=2&x=abc&on=yes&empty=&f=2.5")
        #expect(parameters["n"] == "1")
        #expect(parameters.all("n") == ["1", "2"])
        #expect(parameters["none"] == nil)
        #expect(parameters.contains("empty"))
        #expect(try parameters.value("n", as: Int.self) == 1)
        #expect(try parameters.value("none", as: Int.self) == nil)
        #expect(try parameters.require("on", as: Bool.self))
        #expect(try parameters.require("f", as: Double.self) == 2.5)
    }

    @Test("name what is missing or not valid")
    func errors() async throws {
        let parameters = Parameters(query: "x=abc&big=300&empty=")
        let problems: [(String, () throws -> Any?)] = [
            ("\"x\" is no valid Int", { try parameters.value("x", as: Int.self) }),
            ("\"big\" is no valid UInt8", { try parameters.value("big", as: UInt8.self) }),
            ("\"empty\" is no valid Int", { try parameters.value("empty", as: Int.self) }),
            ("\"y\" is missing", { try parameters.require("y", as: String.self) }),
        ]
        for (sentence, read) in problems {
            let problem = await refusal { _ = try read() }
            #expect(problem?.status == 400)
            #expect(problem?.detail.contains(sentence) == true)
        }
    }

    enum Color: String, ParameterValue { case red, green }

    @Test("are read as types that know how")
    func types() {
        #expect(Color(parameter: "red") == .red)
        #expect(Color(parameter: "RED") == nil)
        for text in ["true", "1", "on", "YES"] { #expect(Bool(parameter: text) == true) }
        for text in ["false", "0", "off", "No"] { #expect(Bool(parameter: text) == false) }
        for text in ["", "2", "y"] { #expect(Bool(parameter: text) == nil) }
        #expect(Int8(parameter: "-128") == -128)
        #expect(Int8(parameter: "128") == nil)
        #expect(UInt(parameter: "-1") == nil)
        #expect(Double(parameter: "1e3") == 1000)
        for text in ["nan", "inf", "-infinity", "1e999", "", " 1"] {
            #expect(Double(parameter: text) == nil)
            #expect(Float(parameter: text) == nil)
        }
    }
}

@Suite("MediaType")
struct MediaTypeTests {
    @Test(
        "is read and written",
        arguments: [
            ("text/html", "text/html"), ("Text/HTML;Charset=UTF-8", "text/html; charset=UTF-8"),
            ("a/b; c=\"d e\"; f=g", "a/b; c=\"d e\"; f=g"), ("a/b;", "a/b"), ("a/b;;c=d", "a/b; c=d"),
            ("a/b; c=\"\"", "a/b; c=\"\""), ("a/b; c=\"x\\\"y\\\\\"", "a/b; c=\"x\\\"y\\\\\""),
        ])
    func reading(text: String, expected: String) { #expect(MediaType(text)?.description == expected) }

    @Test(
        "is nothing else",
        arguments: [
            "", "text", "text/", "/html", "text/html x", "a/b; c", "a/b; c=", "a/b; c=\"d", "a/b, c/d", "a b/c",
        ])
    func malformed(text: String) { #expect(MediaType(text) == nil) }

    @Test("knows JSON by its names")
    func json() {
        for text in ["application/json", "Application/JSON; a=b", "application/problem+json", "image/svg+JSON"] {
            #expect(MediaType(text)?.isJSON == true)
        }
        for text in ["application/jsonp", "text/plain", "text/json5"] { #expect(MediaType(text)?.isJSON == false) }
    }
}
