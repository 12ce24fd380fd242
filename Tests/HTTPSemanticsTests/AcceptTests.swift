import HTTPSemantics
import Testing

@Suite("Accept") struct AcceptTests {
    private func namesEventStream(_ values: [String], name: String = "Accept") -> Bool {
        var head = RequestHead()
        for value in values {
            let name = head.append(name.utf8)
            head.fields.append(.init(name: name, value: head.append(value.utf8)))
            head.facts.insert(.accept)
        }
        return Accept.namesEventStream(head)
    }

    @Test(
        "RFC 9110 §12.5.1: the range that names event streams",
        arguments: [
            ["text/event-stream"], ["Text/Event-STREAM"], [" text/event-stream\t"], ["text/event-stream;q=1"],
            ["text/event-stream; q=0.5"], ["text/event-stream ;charset=utf-8"], ["text/event-stream;q=0.001"],
            ["text/event-stream;q=0.0001"], ["text/event-stream;charset=utf-8;q=0.1"], ["text/event-stream;"],
            ["text/html, text/event-stream"], ["text/html;q=0,text/event-stream,*/*"], [",,text/event-stream"],
            ["text/html", "text/event-stream"], ["text/event-stream;q=0", "text/event-stream"],
            ["text/event-stream;q=0, text/event-stream;q=1"], ["text/event-stream;xq=0"], ["text/event-stream;p=0"],
        ])
    func named(_ values: [String]) {
        #expect(namesEventStream(values))
        #expect(namesEventStream(values, name: "aCCept"))
    }

    @Test(
        "RFC 9110 §12.4.2: any other does not",
        arguments: [
            [], [""], ["*/*"], ["text/*"], ["text/html"], ["text/event-streams"], ["xtext/event-stream"],
            ["text/event-strea"],
            ["text/event -stream"], ["text/html;type=text/event-stream"], ["text/event-stream;q=0"],
            ["text/event-stream; Q=0"],
            ["text/event-stream;q=0."], ["text/event-stream;q=0.0"], ["text/event-stream;q=0.000"],
            ["text/event-stream ; q=0.00 "],
            ["text/event-stream;charset=utf-8;q=0"], ["text/event-stream;q=0;charset=utf-8"], ["text/html", "*/*"],
        ])
    func notNamed(_ values: [String]) { #expect(!namesEventStream(values)) }

    @Test("Another field is not looked at")
    func otherField() { #expect(!namesEventStream(["text/event-stream"], name: "Axcept")) }
}
