import HTTP1
import HTTPSemantics
import NIOCore
import Testing

@Suite("Decoder") struct DecoderTests {
    var decoder = RequestDecoder()
    var request = RequestHead()

    @Test("Nothing makes nothing")
    mutating func nothing() throws {
        var input = ByteBuffer()
        #expect(try !decoder.nextHead(&input, into: &request))
        #expect(!decoder.isReadingBody)
        #expect(decoder.remainingBody == 0)
    }

    @Test("Only what is asked for is taken from the input")
    mutating func pull() throws {
        let second = get("A: b")
        var input = ByteBuffer(string: post("Content-Length: 5") + "hello" + second)
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(input.readableBytes == 5 + second.utf8.count)
        #expect(decoder.isReadingBody)
        #expect(decoder.remainingBody == 5)
        #expect(try decoder.nextBody(&input, maximum: 2) == BodyPart(bytes: ByteBuffer(string: "he"), more: true))
        #expect(decoder.remainingBody == 3)
        #expect(try decoder.nextBody(&input, maximum: 3) == BodyPart(bytes: ByteBuffer(string: "llo"), more: false))
        #expect(!decoder.isReadingBody)
        #expect(input.readableBytes == second.utf8.count)
        #expect(try decoder.nextBody(&input) == BodyPart(bytes: ByteBuffer(), more: false))
        #expect(input.readableBytes == second.utf8.count)
    }

    @Test("Content of a length comes as it arrives")
    mutating func asItArrives() throws {
        var input = ByteBuffer(string: post("Content-Length: 5"))
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(try decoder.nextBody(&input) == nil)
        input.writeString("he")
        #expect(try decoder.nextBody(&input) == BodyPart(bytes: ByteBuffer(string: "he"), more: true))
        #expect(try decoder.nextBody(&input) == nil)
        input.writeString("llo")
        #expect(try decoder.nextBody(&input) == BodyPart(bytes: ByteBuffer(string: "llo"), more: false))
    }

    @Test("Chunks that have come are joined, up to the maximum")
    mutating func joined() throws {
        var input = ByteBuffer(string: chunked("3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n0\r\nA: b\r\n\r\n"))
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(decoder.remainingBody == nil)
        #expect(try decoder.nextBody(&input, maximum: 4) == BodyPart(bytes: ByteBuffer(string: "abcd"), more: true))
        #expect(try decoder.nextBody(&input, maximum: 2) == BodyPart(bytes: ByteBuffer(string: "ef"), more: true))
        #expect(try decoder.nextBody(&input) == BodyPart(bytes: ByteBuffer(string: "ghi"), more: false))
        #expect(decoder.trailer.map(\.name) == ["a"])
        #expect(input.readableBytes == 0)
    }

    @Test("A part that is joined does not change one that was given before")
    mutating func partsAreOwn() throws {
        var input = ByteBuffer(string: chunked("3\r\nabc\r\n"))
        #expect(try decoder.nextHead(&input, into: &request))
        let first = try #require(try decoder.nextBody(&input))
        input.writeString("3\r\ndef\r\n3\r\nghi\r\n0\r\n\r\n")
        let second = try #require(try decoder.nextBody(&input))
        #expect(String(buffer: first.bytes) == "abc")
        #expect(String(buffer: second.bytes) == "defghi")
    }

    @Test("A chunk without data says nothing before more has come")
    mutating func chunkLineAlone() throws {
        var input = ByteBuffer(string: chunked("3\r\n"))
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(try decoder.nextBody(&input) == nil)
        #expect(decoder.isReadingBody)
    }

    @Test("The trailer is forgotten with the next head")
    mutating func trailerIsForgotten() throws {
        var input = ByteBuffer(string: chunked("0\r\nA: b\r\n\r\n") + get())
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(try decoder.nextBody(&input)?.more == false)
        #expect(decoder.trailer.count == 1)
        request.reset()
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(decoder.trailer.isEmpty)
    }

    @Test("A head in pieces may be read into another value each time")
    mutating func anotherHead() throws {
        var input = ByteBuffer(string: "GET /a HTTP/1.1\r\nHost: a\r\nB: ")
        #expect(try !decoder.nextHead(&input, into: &request))
        #expect(request.bytes.isEmpty && request.fields.isEmpty && request.target == .empty)
        #expect(!decoder.isReadingBody)
        input.writeString("c\r\n\r\n")
        var other = RequestHead()
        #expect(try decoder.nextHead(&input, into: &other))
        #expect(other.text(other.path) == "/a")
        #expect(other.fields.map { other.text($0.value) } == ["a", "c"])
    }

    @Test("The input may be moved in memory while a head comes in pieces")
    mutating func movedInput() throws {
        var input = ByteBuffer(string: post("Content-Length: 1") + "xGET /a HT")
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(try decoder.nextBody(&input)?.more == false)
        request.reset()
        #expect(try !decoder.nextHead(&input, into: &request))
        input.discardReadBytes()
        input.writeString("TP/1.1\r\nHost: a\r\n")
        #expect(try !decoder.nextHead(&input, into: &request))
        input.writeString("\r\n")
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(request.text(request.target) == "/a")
    }

    @Test("A copy of a decoder goes its own way")
    mutating func copies() throws {
        var input = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n")
        #expect(try !decoder.nextHead(&input, into: &request))
        var copy = decoder
        var copiedInput = input
        copiedInput.writeString("A: b\r\n\r\n")
        input.writeString("\r\n")
        var copiedRequest = RequestHead()
        #expect(try copy.nextHead(&copiedInput, into: &copiedRequest))
        #expect(try decoder.nextHead(&input, into: &request))
        #expect(copiedRequest.fields.count == 2)
        #expect(request.fields.count == 1)
    }

    @Test(
        "A head is refused as soon as it cannot be valid any more",
        arguments: [
            ("G(", .malformedRequestLine), ("GET /\0", .invalidTarget), ("GET / X", .malformedRequestLine),
            ("GET / HTTP/2.0", .unsupportedVersion), ("GET / HTTP/1.1\rH", .bareCarriageReturn),
            ("GET / HTTP/1.1\r\n ", .obsoleteLineFolding), ("GET / HTTP/1.1\r\nA ", .malformedFieldLine),
            ("GET / HTTP/1.1\r\nA: \0", .invalidFieldValue),
            ("GET / HTTP/1.1\r\nContent-Length: x\r\n", .invalidContentLength),
            ("GET / HTTP/1.1\r\nExpect: x\r\n", .unsupportedExpectation),
        ] as [(String, HTTP1Error)])
    func early(_ text: String, _ error: HTTP1Error) {
        #expect(Outcome(of: [latin(text)]).error == error)
        #expect(Outcome(of: latin(text).map { [$0] }).error == error)
        #expect(Outcome(of: [latin(String(text.dropLast()))]).error == nil)
    }

    @Test("A decoder that has refused a head takes nothing more")
    mutating func staysRefused() {
        var input = ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n" + get())
        for _ in 0..<2 {
            #expect(throws: HTTP1Error.missingHost) { try decoder.nextHead(&input, into: &request) }
        }
        #expect(throws: HTTP1Error.missingHost) { try decoder.nextBody(&input) }
    }

    @Test("A decoder that has refused content takes nothing more")
    mutating func contentStaysRefused() throws {
        var input = ByteBuffer(string: chunked("2\r\nhiX\r\n0\r\n\r\n") + get())
        #expect(try decoder.nextHead(&input, into: &request))
        for _ in 0..<2 {
            #expect(throws: HTTP1Error.malformedChunk) { try decoder.nextBody(&input) }
        }
        #expect(decoder.isReadingBody)
        request.reset()
        #expect(throws: HTTP1Error.malformedChunk) { try decoder.nextHead(&input, into: &request) }
    }
}
