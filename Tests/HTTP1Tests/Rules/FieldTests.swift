import HTTP1
import HTTPSemantics
import Testing

extension Rule {
    static let field: [Rule] = [
        Rule(
            "RFC 9112 §5", "white space around the value is not a part of it", get("A: \t b \t", "C:d", "E:\t"),
            .accepted([.fields(["Host: a", "A: b", "C: d", "E: "])])),
        Rule("RFC 9112 §5", "white space in the value is", get("A: b \t c"), .accepted([.field("A: b \t c")])),
        Rule("RFC 9110 §5.5", "an empty value", get("A:"), .accepted([.field("A: ")])),
        Rule("RFC 9110 §5.5", "colons in the value", get("A: b:c: d"), .accepted([.field("A: b:c: d")])),
        Rule(
            "RFC 9110 §5.5", "obs-text in the value", get("A: \u{E9}\u{80}\u{FF}"),
            .accepted([.field("A: \u{E9}\u{80}\u{FF}")])),
        Rule("RFC 9110 §5.5", "UTF-8 in the value", get("A: \u{C3}\u{A9}"), .accepted([.field("A: é")])),
        Rule(
            "RFC 9110 §5.3", "fields keep their order, and may come twice", get("B: 1", "A: 2", "b: 3"),
            .accepted([.fields(["Host: a", "B: 1", "A: 2", "b: 3"])])),
        Rule("RFC 9112 §5.2", "a folded line", get("A: b", " c"), .refused(.obsoleteLineFolding)),
        Rule("RFC 9112 §5.2", "a line folded with a tab", get("A: b", "\tc"), .refused(.obsoleteLineFolding)),
        Rule("RFC 9112 §5.2", "a line of white space", get("A: b", " "), .refused(.obsoleteLineFolding)),
        Rule(
            "RFC 9112 §2.2", "white space before the first field", head("GET / HTTP/1.1", " Host: a"),
            .refused(.obsoleteLineFolding)),
        Rule("RFC 9112 §5.1", "a space before the colon", get("A : b"), .refused(.malformedFieldLine)),
        Rule("RFC 9112 §5.1", "a tab before the colon", get("A\t: b"), .refused(.malformedFieldLine)),
        Rule(
            "RFC 9112 §5.1", "a space before the colon of Content-Length", post("Content-Length : 2") + "hi",
            .refused(.malformedFieldLine)),
        Rule("RFC 9112 §5", "no name", get(": b"), .refused(.malformedFieldLine)),
        Rule("RFC 9112 §5", "no colon", get("A"), .refused(.malformedFieldLine)),
        Rule("RFC 9112 §5", "no colon, and a space", get("A b"), .refused(.malformedFieldLine)),
        Rule("RFC 9110 §5.1", "a bracket in the name", get("A(: b"), .refused(.invalidFieldName)),
        Rule("RFC 9110 §5.1", "obs-text in the name", get("\u{E9}: b"), .refused(.invalidFieldName)),
        Rule(
            "RFC 9110 §5.1", "every character of a token in the name", get("!#$%&'*+-.^_`|~09azAZ: b"),
            .accepted([.field("!#$%&'*+-.^_`|~09azAZ: b")])),
        Rule("RFC 9112 §2.2", "CR in the value", get("A: b\rc"), .refused(.bareCarriageReturn)),
        Rule("RFC 9112 §2.2", "CR before CRLF", get("A: b\r"), .refused(.bareCarriageReturn)),
        Rule(
            "RFC 9112 §2.2", "CR instead of the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX",
            .refused(.bareCarriageReturn)),
        Rule("RFC 9112 §2.2", "LF in the value starts a line", get("A: b\nContent-Length: 5"), .refused(.bareLineFeed)),
    ]
}

@Suite("Field lines") struct FieldTests {
    @Test("A field line is read by the letter", arguments: Rule.field)
    func field(_ rule: Rule) { rule.check() }

    @Test("RFC 9110 §5.5: the bytes that a value may have, wherever they stand in it")
    func valueBytes() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<18 {
                var value = latin("abcdefghijklmnopq")
                value.insert(byte, at: place)
                let outcome = Outcome(of: [latin("GET / HTTP/1.1\r\nHost: a\r\nX: ") + value + latin("\r\n\r\n")])
                let isAllowed = byte >= 0x20 && byte != 0x7F || byte == 0x09
                #expect((outcome.error == nil) == isAllowed, "byte \(byte) at \(place)")
            }
        }
    }

    @Test("RFC 9110 §5.1: the bytes that a name may have", arguments: 0...255 as ClosedRange<UInt8>)
    func nameByte(_ byte: UInt8) {
        let line = latin("X") + [byte] + latin("Y: b")
        let (outcome, difference) = Outcome.ofEverySplit(
            latin("GET / HTTP/1.1\r\nHost: a\r\n") + line + latin("\r\n\r\n"), limits: HTTP1Limits())
        #expect(difference == nil)
        // A colon ends the name.
        #expect((outcome.error == nil) == (isTokenCharacter(byte) || byte == UInt8(ascii: ":")))
    }
}
