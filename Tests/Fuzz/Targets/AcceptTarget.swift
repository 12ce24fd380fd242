import HTTPSemantics

/// `Accept` against a reading of it with strings.
struct AcceptTarget: FuzzTarget {
    static let corpus = [
        "text/event-stream", "text/html, text/event-stream;q=0.5", "text/event-stream; q=0, */*",
        "Text/Event-Stream ;a=b;Q=0.000",
        ",,text/event-stream;", "*/*", "text/*;q=0.3, text/html;level=1;q=0.7, */*;q=0.5", "text/html;level=\"1\"",
        "a/b;c=\",text/html;\\\"\", text/html;q=0.001", "en, de-AT;q=0.5, *;q=0", "de;q=0, zh-Hant-CN-x-y",
    ]
    static let tokens = [
        "text/event-stream", "TEXT/", "event-stream", "q=0", ";q=0", ";q=0.", ";q=0.000", ";q=0.001", ";q=1", "; Q=0 ",
        ",", ";", " ",
        "\t", "=", "*/*", "\u{FF}", "text/html", "text/*", ";level=1", "\"", "\\", "q=0.5", "q=1.000", "en", "de",
        "-AT", "*",
        "-x-", "de-CH", "q=2",
    ]

    private var head = RequestHead()

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let result = try check(input)
        return UInt64(min(input.count, 64)) << 1 | (result ? 1 : 0)
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) { _ = try check(input) }

    private mutating func check(_ input: [UInt8]) throws(Violation) -> Bool {
        head.reset()
        let name = head.append("accept".utf8)
        head.fields.append(.init(name: name, value: head.append(input)))
        head.facts.insert(.accept)
        let result = Accept.namesEventStream(head)
        guard result == Self.expected(input) else {
            throw Violation("\(result) for \(head.text(head.fields[0].value))")
        }
        try Self.checkWeights(String(decoding: input, as: UTF8.self))
        return result
    }

    private static func expected(_ input: [UInt8]) -> Bool {
        input.split(separator: UInt8(ascii: ",")).contains { range in
            let parts = range.split(separator: UInt8(ascii: ";")).map { part -> [UInt8] in
                let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
                let front = part.drop(while: isBlank)
                return front.reversed().drop(while: isBlank).reversed().map { 0x41...0x5A ~= $0 ? $0 + 0x20 : $0 }
            }.filter { !$0.isEmpty }
            guard parts.first == Array("text/event-stream".utf8) else { return false }
            return !parts.dropFirst().contains { part in
                part.count > 2 && part.starts(with: "q=".utf8)
                    && part.dropFirst(2).allSatisfy { $0 == 0x30 || $0 == 0x2E }
            }
        }
    }
}
