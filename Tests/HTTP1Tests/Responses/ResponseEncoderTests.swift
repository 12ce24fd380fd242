import HTTP1
import HTTPSemantics
import HTTPTypes
import Testing

@Suite("Response") struct ResponseEncoderTests {
    let output = OutputBuffer(capacity: 16)

    /// What has been written, as text.
    private var text: String { String(decoding: output.bytes, as: UTF8.self) }

    @Test(
        "RFC 9112 §4: a status line has the code and the registered phrase",
        arguments: [
            (200, "HTTP/1.1 200 OK\r\n"), (204, "HTTP/1.1 204 No Content\r\n"), (404, "HTTP/1.1 404 Not Found\r\n"),
            (413, "HTTP/1.1 413 Content Too Large\r\n"), (431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"),
            (503, "HTTP/1.1 503 Service Unavailable\r\n"),
            // The space stays when there is no phrase.
            (299, "HTTP/1.1 299 \r\n"), (599, "HTTP/1.1 599 \r\n"),
        ])
    func statusLine(_ status: Int, _ line: String) throws {
        _ = try ResponseEncoder.writeStart(status, [:], into: output)
        #expect(text == line)
    }

    @Test("Fields are written in order, as they are")
    func fields() throws {
        let name = try #require(HTTPField.Name("X-Thing"))
        var fields = HTTPFields()
        fields.append(HTTPField(name: name, value: "b"))
        fields.append(HTTPField(name: .contentType, value: "text/plain"))
        fields.append(HTTPField(name: name, value: "a"))
        fields.append(HTTPField(name: name, value: ""))
        let facts = try ResponseEncoder.writeStart(200, fields, into: output)
        #expect(text == "HTTP/1.1 200 OK\r\nX-Thing: b\r\nContent-Type: text/plain\r\nX-Thing: a\r\nX-Thing: \r\n")
        #expect(facts.contentLength == nil && !facts.hasDate && !facts.hasServer && !facts.close)
    }

    @Test("RFC 9110 §5.5: bytes above ASCII are written as they are")
    func highBytes() throws {
        let name = try #require(HTTPField.Name("X"))
        _ = try ResponseEncoder.writeStart(
            200, HTTPFields([HTTPField(name: name, lenientValue: [0x61, 0xE9, 0xFF])]), into: output)
        #expect(Array(output.bytes.suffix(8)) == latin("X: a\u{E9}\u{FF}\r\n"))
    }

    @Test(
        "RFC 9110 §7.6.1: what belongs to the connection is left out",
        arguments: [
            "Connection", "connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TRANSFER-ENCODING",
            "Upgrade",
        ])
    func hopByHop(_ name: String) throws {
        let name = try #require(HTTPField.Name(name))
        _ = try ResponseEncoder.writeStart(200, [name: "x", .server: "s"], into: output)
        #expect(text == "HTTP/1.1 200 OK\r\nServer: s\r\n")
    }

    @Test("A response learns from its fields what the server must not add")
    func facts() throws {
        let facts = try ResponseEncoder.writeStart(
            200, [.date: "d", .server: "s", .contentLength: "12", .connection: "foo, Close"], into: output)
        #expect(facts.hasDate && facts.hasServer && facts.close)
        #expect(facts.contentLength == 12)
        #expect(text == "HTTP/1.1 200 OK\r\nDate: d\r\nServer: s\r\nContent-Length: 12\r\n")
    }

    @Test("RFC 9112 §9.3: only the word close closes", arguments: ["keep-alive", "closed", "x-close", "close-it", ""])
    func notClose(_ value: String) throws {
        #expect(try !ResponseEncoder.writeStart(200, [.connection: value], into: output).close)
    }

    @Test(
        "RFC 9110 §8.6: a Content-Length is one decimal number",
        arguments: [
            "", "+1", "-1", "1.0", "1 1", "1,1", "0x1", "a", "9223372036854775808",
        ])
    func invalidLength(_ value: String) throws {
        output.append("before")
        #expect(throws: InvalidField.self) {
            try ResponseEncoder.writeStart(200, [.server: "s", .contentLength: value], into: output)
        }
        #expect(text == "before")
    }

    @Test("RFC 9110 §8.6: a Content-Length comes once")
    func twoLengths() throws {
        var fields: HTTPFields = [.contentLength: "1"]
        fields.append(HTTPField(name: .contentLength, value: "1"))
        #expect(throws: InvalidField.self) { try ResponseEncoder.writeStart(200, fields, into: output) }
        #expect(output.isEmpty)
    }

    @Test("RFC 9110 §8.6: a 204 and an informational response have no Content-Length")
    func noLength() throws {
        _ = try ResponseEncoder.writeStart(204, [.contentLength: "0"], into: output)
        try ResponseEncoder.writeInformational(103, [.contentLength: "0", .server: "s"], into: output)
        #expect(text == "HTTP/1.1 204 No Content\r\nHTTP/1.1 103 Early Hints\r\nServer: s\r\n\r\n")
    }

    @Test("RFC 9110 §8.6: a 304 keeps its Content-Length")
    func notModified() throws {
        let facts = try ResponseEncoder.writeStart(304, [.contentLength: "7"], into: output)
        #expect(facts.contentLength == 7)
        #expect(text == "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n")
    }

    @Test(
        "RFC 9110 §5.5: a forbidden byte leaves nothing behind, whichever field has it",
        arguments: [0x01, 0x08, 0x0B, 0x1B, 0x1F, 0x7F] as [UInt8])
    func forbiddenByte(_ byte: UInt8) throws {
        let name = try #require(HTTPField.Name("X"))
        for place in 0..<20 {
            var value = latin("abcdefghijklmnopqrs")
            value.insert(byte, at: place)
            let fields = HTTPFields([
                HTTPField(name: .server, value: "s"), HTTPField(name: name, lenientValue: value),
                HTTPField(name: .date, value: "d"),
            ])
            output.append("before")
            let count = output.count
            #expect(throws: InvalidField.self) { try ResponseEncoder.writeStart(200, fields, into: output) }
            #expect(throws: InvalidField.self) { try ResponseEncoder.writeInformational(103, fields, into: output) }
            #expect(throws: InvalidField.self) { try ResponseEncoder.writeLastChunk(trailers: fields, into: output) }
            #expect(output.count == count)
        }
    }

    @Test(
        "RFC 9112 §11.1: no value splits a response",
        arguments: ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b", "a\r\n\r\nb"])
    func splitting(_ value: String) throws {
        let name = try #require(HTTPField.Name("X"))
        for field in [HTTPField(name: name, value: value), HTTPField(name: name, lenientValue: value.utf8)] {
            output.removeAll()
            do {
                _ = try ResponseEncoder.writeStart(200, HTTPFields([field]), into: output)
            } catch {
                #expect(output.isEmpty)
                continue
            }
            let value = text.dropFirst("HTTP/1.1 200 OK\r\n".count).dropLast()
            #expect(text.hasSuffix("\r\n"))
            #expect(!value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }))
        }
    }

    @Test(
        "RFC 9112 §6: each framing has its field",
        arguments: [
            (.none, nil, "\r\n"), (.length, nil, "\r\n"), (.untilClose, "close", "Connection: close\r\n\r\n"),
            (.knownLength(0), nil, "Content-Length: 0\r\n\r\n"),
            (.knownLength(1_234_567), "keep-alive", "Content-Length: 1234567\r\nConnection: keep-alive\r\n\r\n"),
            (.knownLength(.max), nil, "Content-Length: 9223372036854775807\r\n\r\n"),
            (.chunked, nil, "Transfer-Encoding: chunked\r\n\r\n"),
            (.chunked, "close", "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"),
        ] as [(ResponseFraming, String?, String)])
    func framing(_ framing: ResponseFraming, _ connection: String?, _ expected: String) {
        ResponseEncoder.writeHeadEnd(
            framing, connection: connection.map { $0 == "close" ? "close" : "keep-alive" }, into: output)
        #expect(text == expected)
    }

    @Test(
        "RFC 9112 §7.1: the size of a chunk is hexadecimal",
        arguments: [
            (1, "1"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (255, "ff"), (256, "100"), (4096, "1000"),
            (65535, "ffff"), (1 << 20, "100000"), (Int.max, "7fffffffffffffff"),
        ])
    func chunkSize(_ size: Int, _ digits: String) {
        ResponseEncoder.writeChunkStart(size, into: output)
        #expect(text == digits + "\r\n")
    }

    @Test("RFC 9112 §7.1.2: the last chunk, without and with trailers")
    func lastChunk() throws {
        try ResponseEncoder.writeLastChunk(trailers: nil, into: output)
        #expect(text == "0\r\n\r\n")
        output.removeAll()
        let name = try #require(HTTPField.Name("X-Sum"))
        try ResponseEncoder.writeLastChunk(
            trailers: [name: "1", .contentLength: "5", .transferEncoding: "gzip", .connection: "x"], into: output)
        #expect(text == "0\r\nX-Sum: 1\r\n\r\n")
    }

    @Test("A large head makes the buffer grow")
    func largeHead() throws {
        var fields = HTTPFields()
        var expected = "HTTP/1.1 200 OK\r\n"
        for index in 0..<200 {
            let name = try #require(HTTPField.Name("X-\(index)"))
            let value = String(repeating: "v", count: index * 7)
            fields.append(HTTPField(name: name, value: value))
            expected += "X-\(index): \(value)\r\n"
        }
        _ = try ResponseEncoder.writeStart(200, fields, into: output)
        #expect(text == expected)
    }

    @Test("An informational response is whole")
    func informational() throws {
        try ResponseEncoder.writeInformational(100, [:], into: output)
        try ResponseEncoder.writeInformational(103, [.init("Link")!: "</a>; rel=preload"], into: output)
        #expect(text == "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
    }
}
