import HTTP1
import HTTPSemantics
import HTTPTypes
import Logging
import NIOCore
import SAGI
import Testing

@testable import SAGIServer

@Suite("The access log")
struct AccessLogTests {
    private func line(_ format: String, target: String = "/a?b=c", agent: String = "curl") throws -> String {
        let fields: HTTPFields = [.userAgent: agent, .referer: "http://r/"]
        let head = RequestHead(
            HTTPRequest(method: .get, scheme: "http", authority: "h", path: target, headerFields: fields),
            version: .http11)
        let link = RequestScope.Link(
            scheme: "http", client: .ip("192.0.2.1", port: 5), server: nil, state: State(), extensions: Extensions(),
            logger: Logger(label: "test"))
        let entry = AccessLogEntry(
            head: head, link: link, status: 200, contentBytes: 14, nanoseconds: 1_234_567_890, ending: "completed",
            responseFields: [.contentType: "text/plain"])
        var output = ByteBuffer()
        entry.write(try AccessLogFormat(format), time: "T", into: &output)
        return String(buffer: output)
    }

    @Test(
        "writes each preset and each atom",
        arguments: [
            ("clf", #"192.0.2.1 - - [T] "GET /a?b=c" 200 1.234s"#),
            ("common", #"192.0.2.1 - - [T] "GET /a?b=c HTTP/1.1" 200 14"#),
            ("combined", #"192.0.2.1 - - [T] "GET /a?b=c HTTP/1.1" 200 14 "http://r/" "curl""#),
            ("tiny", "GET /a?b=c 200 1234ms"),
            ("%h %l %u %m %U %q %R %H %S %s %st %b %B", "192.0.2.1 - - GET /a ?b=c /a?b=c HTTP/1.1 http 200 OK 14 14"),
            ("%T %d %M %D %x %%", "1 1.234 1234 1234567 completed %"),
            ("%{User-Agent}i %{Content-Type}o %{X-None}i %{X-None}o", "curl text/plain - -"),
        ])
    func atoms(format: String, expected: String) throws {
        #expect(try line(format) == expected + "\n")
    }

    @Test("escapes what could break or forge a line")
    func escapes() throws {
        let agent = "a\"b\\c\u{e9}"
        #expect(try line("%a", agent: agent) == #"a\x22b\x5cc\xc3\xa9"# + "\n")
        #expect(try line("json", agent: agent).contains(#""user_agent":"a\"b\\cé""#))
    }

    @Test("refuses a format that it does not understand", arguments: ["%Z", "%", "%{abc", "%{abc}x", "%{a b}o"])
    func refuses(format: String) {
        #expect(throws: ConfigurationError.self) { try AccessLogFormat(format) }
    }
}

@Suite("The PROXY protocol")
struct ProxyHeaderTests {
    static let v2: [UInt8] =
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0x00, 0x0C]
        + [192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x34, 0x00, 0x50]

    static let good: [([UInt8], ProxyHeader)] = [
        (
            Array("PROXY TCP4 192.0.2.1 192.0.2.2 4660 80\r\n".utf8),
            .proxied(client: .ip("192.0.2.1", port: 4660), server: .ip("192.0.2.2", port: 80))
        ),
        (
            Array("PROXY TCP6 2001:db8::1 ::1 1 2\r\n".utf8),
            .proxied(client: .ip("2001:db8::1", port: 1), server: .ip("::1", port: 2))
        ),
        (Array("PROXY UNKNOWN\r\n".utf8), .local),
        (Array("PROXY UNKNOWN ffff:: 1 2 3\r\n".utf8), .local),
        (v2, .proxied(client: .ip("192.0.2.1", port: 0x1234), server: .ip("192.0.2.2", port: 80))),
        (Array(v2[0..<12]) + [0x20, 0x00, 0x00, 0x00], .local),
    ]

    @Test("is read at every split, and leaves what follows", arguments: good)
    func reads(bytes: [UInt8], expected: ProxyHeader) throws {
        for split in 0..<bytes.count {
            var input = ByteBuffer(bytes: bytes[0..<split])
            #expect(try ProxyHeader.parse(&input) == nil)
            input.writeBytes(bytes[split...])
            input.writeString("GET")
            #expect(try ProxyHeader.parse(&input) == expected)
            #expect(String(buffer: input) == "GET")
        }
    }

    @Test(
        "is refused when malformed",
        arguments: [
            "GET / HTTP/1.1\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
            "PROXY TCP4 a b 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
            "PROXY " + String(repeating: "x", count: 120),
        ])
    func refuses(text: String) {
        var input = ByteBuffer(string: text)
        #expect(throws: ProxyHeader.Malformed.self) { try ProxyHeader.parse(&input) }
    }

    @Test("is refused when its version or length is wrong")
    func refusesBinary() {
        for change: (Int, UInt8) in [(12, 0x31), (12, 0x22), (14, 0x20), (15, 0x04)] {
            var bytes = Self.v2
            bytes[change.0] = change.1
            var input = ByteBuffer(bytes: bytes)
            #expect(throws: ProxyHeader.Malformed.self) { try ProxyHeader.parse(&input) }
        }
    }
}

@Suite("Addresses and names")
struct AddressTests {
    @Test(
        "an address is read",
        arguments: [
            ("127.0.0.1:8000", ListenAddress.tcp(host: "127.0.0.1", port: 8000)),
            ("[::1]:0", .tcp(host: "::1", port: 0)), ("example.org:80", .tcp(host: "example.org", port: 80)),
            ("unix:/run/a.sock", .unix("/run/a.sock")), ("fd:3", .descriptor(3)),
        ])
    func reads(text: String, expected: ListenAddress) throws {
        #expect(try ListenAddress(parsing: text) == expected)
        #expect(expected.description == text)
    }

    @Test(
        "an address that is none is refused with a sentence that names it",
        arguments: ["", "8000", ":80", "a:", "a:65536", "a:-1", "::1:80", "unix:", "fd:", "fd:x", "[::1]", "a:b:c"])
    func refuses(text: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try ListenAddress(parsing: text) }
        #expect(try #require(error).description.contains("\"\(text)\""))
    }

    @Test("a host is matched without its port and case, exactly or by wildcard")
    func serverNames() throws {
        let names = try #require(ServerNames(["Example.org", "*.example.com", "::1"]))
        for host in ["example.org", "EXAMPLE.ORG:8000", "example.org.", "a.example.com", "a.b.example.com", "[::1]:80"]
        {
            #expect(names.contains(host), "\(host)")
        }
        for host in ["", "example.com", "xexample.org", "example.org.evil", "notexample.com"] {
            #expect(!names.contains(host), "\(host)")
        }
        #expect(ServerNames([]) == nil)
    }

    @Test("the cipher suite is read from a ServerHello, and from nothing else")
    func serverHello() {
        let hello: [UInt8] =
            [22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3] + Array(repeating: 7, count: 32) + [2, 9, 9, 0x13, 0x01, 0]
        #expect(ServerHelloObserver.cipherSuite(ByteBuffer(bytes: hello)) == 0x1301)
        #expect(ServerHelloObserver.cipherSuite(ByteBuffer(bytes: hello[0..<40])) == nil)
        #expect(ServerHelloObserver.cipherSuite(ByteBuffer(bytes: [21] + hello[1...])) == nil)
    }

    @Test("PEM has lines of 64 characters and its padding")
    func pem() {
        #expect(PEM.encode(Array("a".utf8), "X") == "-----BEGIN X-----\nYQ==\n-----END X-----\n")
        let long = PEM.encode(Array(repeating: 0, count: 96), "X").split(separator: "\n")
        #expect(long.map(\.count) == [17, 64, 64, 15])
    }
}

@Suite("The cache of response heads")
struct HeadCacheTests {
    @Test("gives the same bytes as the encoder, for constants and for heads made anew")
    func agrees() throws {
        var cache = HeadCache()
        let constants: [HTTPFields] = (0..<12).map { [.contentType: "text/\($0)", .server: "s"] }
        for round in 0..<40 {
            for (index, fields) in constants.enumerated() {
                let changing: HTTPFields = [.contentLength: "\(round)"]
                for fields in [fields, changing] {
                    let (cached, plain) = (OutputBuffer(), OutputBuffer())
                    let facts = try cache.write(200 + index, fields, into: cached)
                    let expected = try ResponseEncoder.writeStart(200 + index, fields, into: plain)
                    #expect(cached.bytes.elementsEqual(plain.bytes))
                    #expect(facts.contentLength == expected.contentLength)
                    #expect(facts.hasServer == expected.hasServer)
                }
            }
        }
    }

    @Test("does not confuse a changed copy with what it was copied from")
    func copies() throws {
        var cache = HeadCache()
        var fields: HTTPFields = [.contentType: "a/b"]
        for _ in 0..<20 { _ = try cache.write(200, fields, into: OutputBuffer()) }
        fields[.contentType] = "c/d"
        let output = OutputBuffer()
        _ = try cache.write(200, fields, into: output)
        #expect(String(decoding: output.bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\nContent-Type: c/d\r\n")
    }
}

@Suite("The memo of a status")
struct StatusMemoTests {
    @Test("gives the code of the response, for constants, for changed copies and for responses made anew")
    func agrees() {
        var memo = StatusMemo()
        var response = HTTPResponse(status: .ok)
        for code in [200, 404, 200] {
            response.status = .init(code: code)
            for round in 0..<40 {
                #expect(memo.code(of: response) == code)
                #expect(memo.code(of: HTTPResponse(status: .init(code: 300 + round))) == 300 + round)
            }
            for _ in 0..<40 { #expect(memo.code(of: response) == code) }
        }
    }
}
