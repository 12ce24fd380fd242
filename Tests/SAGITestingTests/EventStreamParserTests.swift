import NIOCore
import SAGITesting
import Testing

@Suite("The parser of event streams")
struct EventStreamParserTests {
    typealias Item = EventStreamParser.Item

    struct Case: Sendable, CustomTestStringConvertible {
        var input: [UInt8]
        var items: [Item]
        var lastEventID = ""
        var retry: Int?

        init(_ input: String, _ items: [Item], lastEventID: String = "", retry: Int? = nil) {
            self.init(bytes: Array(input.utf8), items, lastEventID: lastEventID, retry: retry)
        }

        init(bytes input: [UInt8], _ items: [Item], lastEventID: String = "", retry: Int? = nil) {
            self.input = input
            self.items = items
            self.lastEventID = lastEventID
            self.retry = retry
        }

        var testDescription: String { String(decoding: input, as: UTF8.self).debugDescription }
    }

    static func event(_ data: String, _ event: String? = nil, id: String? = nil, retry: Int? = nil) -> Item {
        .event(TestEventStream.Event(data, event: event, id: id, retry: retry))
    }

    static let cases = [
        Case("", []),
        Case("data: a\n\n", [event("a")]),
        Case("data: a\r\rdata: b\r\n\r\ndata: c\n\n", [event("a"), event("b"), event("c")]),
        Case("data: a\r\ndata: b\rdata: c\n\r\n", [event("a\nb\nc")]),
        // One blank after the colon is no part of the value.
        Case("data:a\ndata: b\ndata:  c\n\n", [event("a\nb\n c")]),
        Case("data\n\n", [event("")]),
        Case("data\ndata\n\n", [event("\n")]),
        Case("data:\n\ndata: b\n\n", [event(""), event("b")]),
        Case("data: a:b: c\n\n", [event("a:b: c")]),
        Case(": one\n:two\n:\n::\n", [.comment("one"), .comment("two"), .comment(""), .comment(":")]),
        Case("data: a\n: between\ndata: b\n\n", [.comment("between"), event("a\nb")]),
        Case("event: add\ndata: 1\n\ndata: 2\n\n", [event("1", "add"), event("2")]),
        Case("event: first\nevent: second\ndata: x\n\n", [event("x", "second")]),
        Case("event\ndata: x\n\n", [event("x")]),
        // Without data there is no event, and its name is not kept.
        Case("event: lost\n\ndata: x\n\n", [event("x")]),
        Case("id: 1\ndata: a\n\ndata: b\n\n", [event("a", id: "1"), event("b")], lastEventID: "1"),
        Case("id: 1\n\n", [], lastEventID: "1"),
        Case("id: 1\n\nid\ndata: a\n\n", [event("a", id: "")]),
        Case("id: 1\ndata: a\n\nid: 2\ndata: b", [event("a", id: "1")], lastEventID: "1"),
        Case("id: a\u{0}b\ndata: x\n\n", [event("x")]),
        Case("retry: 1500\ndata: a\n\ndata: b\n\n", [event("a", retry: 1500), event("b")], retry: 1500),
        Case("retry: 20\n", [], retry: 20),
        Case("retry: -1\nretry: 1.5\nretry: 5s\nretry:\nretry: 99999999999999999999\n\n", []),
        Case("Data: a\n data: b\nother: c\ndata : d\n\n", []),
        // What the end of the stream finds incomplete is dropped.
        Case("data: a\n\ndata: b\n", [event("a")]),
        Case("data: a\n\ndata: b", [event("a")]),
        Case("data: a\n", []),
        Case("\u{FEFF}data: a\n\n", [event("a")]),
        Case("\u{FEFF}\u{FEFF}data: a\n\n", []),
        Case("data: x\n\n\u{FEFF}data: a\n\n", [event("x")]),
        Case("\n\n\n", []),
        Case("data: \u{20AC} \u{1F600}\nevent: \u{E9}\n\n", [event("\u{20AC} \u{1F600}", "\u{E9}")]),
        Case(bytes: Array("data: a".utf8) + [0xFF] + Array("b\n\n".utf8), [event("a\u{FFFD}b")]),
    ]

    @Test("Every rule, and every place where the bytes may be cut", arguments: cases)
    func rules(_ example: Case) {
        for cut in 0...example.input.count {
            var parser = EventStreamParser()
            var items = parser.parse(ByteBuffer(bytes: example.input[..<cut]))
            items += parser.parse(ByteBuffer(bytes: example.input[cut...]))
            #expect(items == example.items, "cut at \(cut)")
            #expect(parser.lastEventID == example.lastEventID, "cut at \(cut)")
            #expect(parser.retry == example.retry, "cut at \(cut)")
        }
        var parser = EventStreamParser()
        let items = example.input.flatMap { parser.parse(ByteBuffer(bytes: [$0])) }
        #expect(items == example.items)
    }

    @Test("What was remembered lasts until something else comes")
    func remembers() {
        var parser = EventStreamParser(lastEventID: "7", retry: 100)
        _ = parser.parse(ByteBuffer(string: "data: a\n\n"))
        #expect(parser.lastEventID == "7")
        #expect(parser.retry == 100)
        _ = parser.parse(ByteBuffer(string: "id: 8\nretry: 200\n\n"))
        #expect(parser.lastEventID == "8")
        #expect(parser.retry == 200)
    }
}
