import HPACK
import HTTPSemantics
import Testing

@Suite("Limits") struct LimitTests {
    private let decoder = HPACKDecoder()

    private func limits(size: Int = .max, fieldCount: Int = .max) -> FieldListLimits {
        var limits = FieldListLimits()
        limits.size = size
        limits.fieldCount = fieldCount
        return limits
    }

    @Test("RFC 9113 §6.5.2: a field counts with its name, its value, and 32 bytes")
    func size() throws {
        // 42 and 43 bytes.
        #expect(try decoder.list(hex("8286"), limits: limits(size: 85)).result == .complete)
        let list = try decoder.list(hex("8286"), limits: limits(size: 84))
        #expect(list.result == .tooLarge)
        #expect(list.fields == [TextField(":method", "GET")])
    }

    @Test("A list of too many fields ends where the limit is")
    func count() throws {
        #expect(try decoder.list(hex("828684"), limits: limits(fieldCount: 3)).result == .complete)
        let list = try decoder.list(hex("828684"), limits: limits(fieldCount: 2))
        #expect(list.result == .tooManyFields)
        #expect(list.fields.count == 2)
    }

    @Test("RFC 9113 §10.5.1: what is beyond a limit still goes into the table")
    func table() throws {
        let block = literal(0x40, "a", "1") + literal(0x40, "b", "2") + hex("7e0133") + literal(0, "c", "4")
        let list = try decoder.list(block + hex("be"), limits: limits(fieldCount: 1))
        #expect(list.fields == [TextField("a", "1")])
        #expect(decoder.table == [TextField("b", "3"), TextField("b", "2"), TextField("a", "1")])
        #expect(try decoder.list(hex("bebfc0")).fields == decoder.table)
    }

    @Test("RFC 7541 §4: what is beyond a limit is still checked")
    func errors() {
        for (block, error) in [
            ("828680", HPACKError.invalidIndex), ("8286be", .invalidIndex), ("82860084ffffffff0161", .invalidHuffman),
            ("828620", .misplacedTableSizeUpdate), ("828600016103", .truncated),
        ] {
            #expect(throws: error) { try decoder.list(hex(block), limits: limits(fieldCount: 1)) }
        }
    }

    @Test("A small block that stands for much is not copied beyond the limit")
    func bomb() throws {
        _ = try decoder.list(literal(0x40, "a", String(repeating: "x", count: 4000)))
        var head = RequestHead()
        let bomb = [UInt8](repeating: 0xBE, count: 16 * 1024)
        let result = try bomb.withUnsafeBytes { bomb throws(HPACKError) in
            try decoder.decode(bomb, limits: limits(size: 32 * 1024, fieldCount: 100), into: &head)
        }
        #expect(result == .tooLarge)
        #expect(head.bytes.count == 8 * 4001)
        #expect(decoder.fields.count == 8)
    }

    @Test("Names and values are found in a head that has bytes already")
    func base() throws {
        var head = RequestHead()
        _ = head.append("before".utf8)
        for _ in 0..<3 {
            _ = try hex("8286").withUnsafeBytes { block throws(HPACKError) in
                try decoder.decode(block, limits: FieldListLimits(), into: &head)
            }
            #expect(decoder.fields.map { head.text($0.name) } == [":method", ":scheme"])
            #expect(decoder.fields.map { head.text($0.value) } == ["GET", "http"])
        }
        #expect(head.bytes.count == 6 + 3 * 21)
    }

    @Test("A list is whole behind one that was large, and one of many fields")
    func memory() throws {
        let large = String(repeating: "x", count: 20_000)
        #expect(try decoder.list(literal(0, "a", large)).fields == [TextField("a", large)])
        let many = (0..<90).map { TextField("name-\($0)", "\($0)") }
        #expect(try decoder.list(many.flatMap { literal(0, $0.name, $0.value) }).fields == many)
        #expect(try decoder.list(literal(0, "b", large)).fields == [TextField("b", large)])
        #expect(try decoder.list(hex("82")).fields == [TextField(":method", "GET")])
    }

    @Test("An empty block is an empty list")
    func empty() throws {
        let list = try decoder.list([])
        #expect(list.result == .complete && list.fields.isEmpty)
    }
}
