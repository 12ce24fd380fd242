import HPACK
import HTTPSemantics
import Testing

@Suite("Encoder") struct EncoderTests {
    private let encoder = HPACKEncoder()
    private let decoder = HPACKDecoder()

    private func status(_ status: Int) -> [UInt8] {
        let output = OutputBuffer()
        encoder.begin(into: output)
        encoder.encode(status: status, into: output)
        return Array(output.bytes)
    }

    @Test(
        "RFC 7541 Appendix A: a status in the static table is one byte", arguments: [200, 204, 206, 304, 400, 404, 500])
    func knownStatus(_ code: Int) throws {
        let block = status(code)
        #expect(block.count == 1)
        #expect(try decoder.list(block).fields == [TextField(":status", "\(code)")])
    }

    @Test("Another status is one byte from the second time on", arguments: [100, 103, 201, 301, 418, 503, 999])
    func otherStatus(_ code: Int) throws {
        #expect(try decoder.list(status(code)).fields == [TextField(":status", "\(code)")])
        #expect(status(code) == hex("be"))
    }

    @Test("A response that is sent again and again is a byte for each field")
    func warm() throws {
        let fields = [
            TextField("content-type", "text/plain; charset=utf-8"), TextField("content-length", "13"),
            TextField("date", "Mon, 21 Oct 2013 20:13:21 GMT"), TextField("server", "sagi"),
        ]
        for turn in 1...5 {
            let output = OutputBuffer()
            encoder.begin(into: output)
            encoder.encode(status: 200, into: output)
            for field in fields { encoder.encode(field, into: output) }
            #expect(try decoder.list(Array(output.bytes)).fields == [TextField(":status", "200")] + fields)
            if turn >= 3 { #expect(output.count == 5) }
        }
    }

    @Test("Fields that are found by another place than last time are found")
    func order() throws {
        let fields = (0..<20).map { TextField("name-\($0)", "value") }
        _ = try decoder.list(encoder.block(fields, .incremental))
        let block = encoder.block(fields.reversed())
        #expect(block.count == 20)
        #expect(try decoder.list(block).fields == fields.reversed())
    }

    @Test("A field of the static table is one byte")
    func staticField() {
        #expect(encoder.block([TextField(":method", "POST")]) == hex("83"))
        #expect(encoder.block([TextField("accept-encoding", "gzip, deflate")]) == hex("90"))
        #expect(encoder.block([TextField("via", "")]) == hex("bc"))
    }

    @Test("A name that is known is not written out, whatever the value")
    func names() throws {
        #expect(encoder.block([TextField("server", "x")], .without) == hex("0f270178"))
        #expect(encoder.block([TextField("server", "x")], .incremental) == hex("760178"))
        _ = encoder.block([TextField("own", "x")], .incremental)
        #expect(encoder.block([TextField("own", "y")], .incremental).first == 0x7E)
    }

    @Test("RFC 7541 §5.2: a string is in Huffman code only where that is shorter")
    func huffman() {
        #expect(encoder.block([TextField("server", "\u{1}\u{2}")], .without) == hex("0f27020102"))
        #expect(encoder.block([TextField("server", "")], .never) == hex("1f2700"))
        #expect(encoder.block([TextField("server", "00")], .without) == hex("0f27 02 3030"))
        #expect(encoder.block([TextField("server", "000")], .without) == hex("0f27 82 0001"))
    }

    // MARK: Indexing

    @Test("RFC 7541 §7.1.3: a field that is never indexed is in no table, and said to be so")
    func never() throws {
        let cookie = TextField("set-cookie", "id=1")
        for _ in 0..<3 {
            let list = try decoder.list(encoder.block([cookie]))
            #expect(list.fields == [cookie])
            #expect(list.details.first?.facts.contains(.neverIndexed) == true)
        }
        #expect(encoder.table.isEmpty)
        // Even when it has been put there before.
        _ = encoder.block([TextField("a", "b")], .incremental)
        #expect(encoder.block([TextField("a", "b")], .never) == hex("10 0161 0162"))
        #expect(encoder.block([TextField(":method", "GET")], .never).first == 0x12)
    }

    @Test("By default, what is the same each time is indexed, and what can be guessed never")
    func policy() {
        func first(_ name: String, _ value: String) -> UInt8? { encoder.block([TextField(name, value)]).first }
        for name in ["authorization", "proxy-authorization", "set-cookie"] {
            #expect(first(name, "x").map { $0 & 0xF0 } == 0x10, "\(name)")
        }
        #expect(first("cookie", "short").map { $0 & 0xF0 } == 0x10)
        #expect(first("cookie", "a cookie of twenty bytes or more").map { $0 & 0xC0 } == 0x40)
        for name in ["date", "server", "content-type", "cache-control", "vary", "content-encoding"] {
            #expect(first(name, "x").map { $0 & 0xC0 } == 0x40, "\(name)")
        }
        for name in ["content-length", "etag", "last-modified", "age", "location", "x-request-id"] {
            #expect(first(name, "x").map { $0 & 0xF0 } == 0, "\(name)")
            #expect(first(name, "x").map { $0 & 0xC0 } == 0x40, "\(name)")
            #expect(first(name, "x").map { $0 & 0x80 } == 0x80, "\(name)")
        }
    }

    @Test("A value that is new each time pushes nothing out of the table")
    func newValues() {
        _ = encoder.block([TextField("server", "sagi")])
        for number in 0..<500 { _ = encoder.block([TextField("x-request-id", "identifier \(number)")]) }
        #expect(encoder.table == [TextField("server", "sagi")])
    }

    @Test("A field that would fill the table is not put there")
    func large() {
        _ = encoder.block([TextField("a", "b")], .incremental)
        _ = encoder.block([TextField("c", String(repeating: "x", count: 3100))], .incremental)
        #expect(encoder.table == [TextField("a", "b")])
    }

    @Test("A block that changes nothing in the table can be sent again until something does")
    func version() {
        var version = encoder.tableVersion
        func hasChanged() -> Bool {
            defer { version = encoder.tableVersion }
            return encoder.tableVersion != version
        }
        _ = encoder.block([TextField("server", "x")])
        #expect(hasChanged())
        _ = encoder.block([TextField("server", "x"), TextField(":method", "GET"), TextField("set-cookie", "a")])
        #expect(!hasChanged())
        encoder.setMaximumTableSize(4096)
        #expect(!hasChanged())
        encoder.setMaximumTableSize(100)
        #expect(hasChanged())
        _ = encoder.block([])
        #expect(hasChanged())
        _ = encoder.block([])
        #expect(!hasChanged())
    }

    // MARK: Size updates

    @Test("RFC 7541 §4.2: a change of size is said at the start of the next block, once")
    func sizeUpdate() throws {
        _ = encoder.block([TextField("a", "b")], .incremental)
        encoder.setMaximumTableSize(33)
        #expect(encoder.block([]) == HPACKTests.sizeUpdate(33))
        #expect(encoder.table.isEmpty)
        #expect(encoder.block([]) == [])
        encoder.setMaximumTableSize(4096)
        #expect(encoder.block([]) == HPACKTests.sizeUpdate(4096))
        // No more is used than what is said at the beginning.
        encoder.setMaximumTableSize(1 << 20)
        #expect(encoder.block([]) == [])
    }

    @Test("RFC 7541 §4.2: of several changes, the smallest and the last are said")
    func sizeUpdates() {
        encoder.setMaximumTableSize(1000)
        encoder.setMaximumTableSize(100)
        encoder.setMaximumTableSize(2000)
        #expect(encoder.block([]) == HPACKTests.sizeUpdate(100) + HPACKTests.sizeUpdate(2000))
        encoder.setMaximumTableSize(0)
        encoder.setMaximumTableSize(2000)
        #expect(encoder.block([]) == HPACKTests.sizeUpdate(0) + HPACKTests.sizeUpdate(2000))
        encoder.setMaximumTableSize(3000)
        encoder.setMaximumTableSize(2500)
        #expect(encoder.block([]) == HPACKTests.sizeUpdate(2500))
    }

    @Test("An encoder that uses less than the peer allows says so")
    func small() {
        #expect(HPACKEncoder(maximumTableSize: 0).block([]) == HPACKTests.sizeUpdate(0))
        let large = HPACKEncoder(maximumTableSize: 8192)
        #expect(large.block([]) == [])
        large.setMaximumTableSize(1 << 16)
        #expect(large.block([]) == HPACKTests.sizeUpdate(8192))
    }
}
