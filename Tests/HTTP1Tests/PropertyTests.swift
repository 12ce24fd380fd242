import HTTP1
import HTTPSemantics
import SeededRandom
import Testing

/// A valid request made at random, with what a decoder must read from it.
private struct RandomRequest {
    var bytes: [UInt8] = []
    var expected = Message()

    init(using random: inout SeededGenerator) {
        expected.method = Self.token(1...12, &random)
        expected.path = "/" + Self.text(0...40, from: Self.pathCharacters, &random)
        expected.query = Bool.random(using: &random) ? Self.text(0...20, from: Self.pathCharacters + "?", &random) : nil
        expected.target = expected.path + (expected.query.map { "?" + $0 } ?? "")
        expected.facts = [.keepAlive]
        expected.isWhole = true
        bytes = latin("\(expected.method) \(expected.target) HTTP/1.1\r\n")
        let fieldCount = Int.random(in: 0...20, using: &random)
        let place = Int.random(in: 0...fieldCount, using: &random)
        for index in 0...fieldCount {
            if index == place { addField("Host", "a.example", &random) }
            // The prefix keeps it apart from the fields that have a meaning.
            if index < fieldCount { addField("X-" + Self.token(0...12, &random), Self.value(&random), &random) }
        }
        let content = (0..<Int.random(in: 0...300, using: &random)).map { _ in
            UInt8.random(in: .min ... .max, using: &random)
        }
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            bytes += latin("\r\n")
        case 1:
            addField("Content-Length", String(content.count), &random)
            expected.contentLength = content.count
            expected.body = content
            if !content.isEmpty { expected.facts.insert(.hasBody) }
            bytes += latin("\r\n") + content
        default:
            addField("Transfer-Encoding", "chunked", &random)
            expected.body = content
            expected.facts.insert(.hasBody)
            bytes += latin("\r\n")
            addChunks(content, &random)
        }
    }

    private mutating func addField(_ name: String, _ value: String, _ random: inout SeededGenerator) {
        bytes += latin(name + ":" + Self.blanks(&random) + value + Self.blanks(&random) + "\r\n")
        expected.fields.append("\(name): \(value)")
    }

    private mutating func addChunks(_ content: [UInt8], _ random: inout SeededGenerator) {
        var rest = content[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...rest.count, using: &random)
            let digits = String(size, radix: 16, uppercase: Bool.random(using: &random))
            bytes += latin(digits + (Int.random(in: 0..<4, using: &random) == 0 ? ";a=b" : "") + "\r\n")
            bytes += rest.prefix(size) + latin("\r\n")
            rest = rest.dropFirst(size)
        }
        bytes += latin("0\r\n")
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let name = Self.token(1...8, &random)
            let value = Self.value(&random)
            bytes += latin("\(name): \(value)\r\n")
            expected.trailer.append("\(name.lowercased()): \(value)")
        }
        bytes += latin("\r\n")
    }

    private static let tokenCharacters =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let pathCharacters = "abcXYZ019-._~!$&'()*+,;=:@/%[]{}|\\^`\"<>"

    private static func text(
        _ count: ClosedRange<Int>, from characters: String, _ random: inout SeededGenerator
    ) -> String {
        let characters = Array(characters)
        return String(
            (0..<Int.random(in: count, using: &random)).map { _ in
                characters[Int.random(in: characters.indices, using: &random)]
            })
    }

    private static func token(_ count: ClosedRange<Int>, _ random: inout SeededGenerator) -> String {
        text(count, from: tokenCharacters, &random)
    }

    private static func blanks(_ random: inout SeededGenerator) -> String { text(0...3, from: " \t", &random) }

    /// Visible characters of ASCII with blanks between them.
    private static func value(_ random: inout SeededGenerator) -> String {
        let visible = String((0x21...0x7E).map { Character(UnicodeScalar($0)) })
        return (0..<Int.random(in: 0...5, using: &random)).map { _ in text(1...12, from: visible, &random) }
            .joined(separator: " ")
    }
}

@Suite("Properties") struct PropertyTests {
    @Test("Random requests, in random pieces, are read as they were written", arguments: 1...40 as ClosedRange<UInt64>)
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let requests = (0..<Int.random(in: 1...5, using: &random)).map { _ in RandomRequest(using: &random) }
        let bytes = requests.flatMap(\.bytes)
        for _ in 0..<20 {
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            let largest = [1, 3, 20, 200, 5000].randomElement(using: &random)!
            while !rest.isEmpty {
                let count = min(rest.count, Int.random(in: 1...largest, using: &random))
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let outcome = Outcome(of: pieces, maximum: Int.random(in: 1...400, using: &random))
            #expect(outcome.error == nil)
            #expect(outcome.waiting == 0)
            #expect(outcome.messages == requests.map(\.expected))
        }
    }

    @Test("Random bytes, in random pieces, mean what they mean whole", arguments: 1...200 as ClosedRange<UInt64>)
    func garbage(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = RandomRequest(using: &random).bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes[Int.random(in: bytes.indices, using: &random)] = [0, 9, 10, 13, 32, 58, 127, 200].randomElement(
                using: &random)!
        }
        let whole = Outcome(of: [bytes])
        for _ in 0..<10 {
            let middle = Int.random(in: bytes.indices, using: &random)
            #expect(Outcome(of: [Array(bytes[..<middle]), Array(bytes[middle...])]) == whole)
        }
        #expect(Outcome(of: bytes.map { [$0] }) == whole)
    }
}
