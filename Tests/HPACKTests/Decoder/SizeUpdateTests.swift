import HPACK
import Testing

@Suite("Size updates to the decoder") struct SizeUpdateTests {
    private let decoder = HPACKDecoder()

    /// Puts a field of 34 bytes into the table.
    private func insert(_ value: String) throws { _ = try decoder.list(literal(0x40, "a", value)) }

    @Test("RFC 7541 §4.3: a smaller table drops its oldest entries")
    func shrink() throws {
        for value in ["1", "2", "3"] { try insert(value) }
        _ = try decoder.list(sizeUpdate(101) + hex("82"))
        #expect(decoder.table == [TextField("a", "3"), TextField("a", "2")])
        #expect(decoder.tableSize == 68)
        // It may grow again, and what is gone is gone.
        _ = try decoder.list(sizeUpdate(4096))
        #expect(decoder.table.count == 2)
        _ = try decoder.list(sizeUpdate(0) + sizeUpdate(4096) + hex("82"))
        #expect(decoder.table.isEmpty && decoder.tableSize == 0)
    }

    @Test("RFC 7541 §6.3: an update above the limit is refused")
    func tooLarge() {
        #expect(decoder.error(sizeUpdate(4097)) == .tableSizeUpdateTooLarge)
        decoder.setMaximumTableSize(8192)
        #expect(decoder.error(sizeUpdate(8192)) == nil)
        #expect(decoder.error(sizeUpdate(8193)) == .tableSizeUpdateTooLarge)
    }

    @Test("RFC 7541 §4.2: an update behind a field is refused")
    func misplaced() {
        #expect(decoder.error(hex("82") + sizeUpdate(100)) == .misplacedTableSizeUpdate)
        #expect(decoder.error(literal(0, "a", "b") + sizeUpdate(0)) == .misplacedTableSizeUpdate)
    }

    @Test("RFC 7541 §4.2: a table that has to shrink is told so at the start of the next block")
    func missing() throws {
        decoder.setMaximumTableSize(100)
        #expect(decoder.error(hex("82")) == .missingTableSizeUpdate)
        #expect(decoder.error(sizeUpdate(101) + hex("82")) == .tableSizeUpdateTooLarge)
        #expect(decoder.error(sizeUpdate(100) + hex("82")) == nil)
        // Once is enough.
        #expect(decoder.error(hex("82")) == nil)
    }

    @Test("RFC 7541 §4.2: after several changes, the smallest size comes first")
    func smallest() {
        decoder.setMaximumTableSize(100)
        decoder.setMaximumTableSize(50)
        decoder.setMaximumTableSize(4096)
        #expect(decoder.error(hex("82")) == .missingTableSizeUpdate)
        #expect(decoder.error(sizeUpdate(100) + hex("82")) == .missingTableSizeUpdate)
        #expect(decoder.error(sizeUpdate(4096) + hex("82")) == .missingTableSizeUpdate)
        #expect(decoder.error(sizeUpdate(50) + sizeUpdate(4096) + hex("82")) == nil)
    }

    @Test("No update is needed when the table may grow, or is small enough already")
    func notNeeded() throws {
        decoder.setMaximumTableSize(8192)
        #expect(decoder.error(hex("82")) == nil)
        _ = try decoder.list(sizeUpdate(0))
        decoder.setMaximumTableSize(10)
        #expect(decoder.error(hex("82")) == nil)
    }

    @Test("A block that comes again is refused when an update is needed in between")
    func repeated() throws {
        _ = try decoder.list(hex("82"))
        _ = try decoder.list(hex("82"))
        #expect(decoder.isRepeated)
        decoder.setMaximumTableSize(100)
        #expect(decoder.error(hex("82")) == .missingTableSizeUpdate)
    }

    @Test("RFC 7541 §4.4: an entry larger than the table empties it, and is a field all the same")
    func largeEntry() throws {
        try insert("1")
        _ = try decoder.list(sizeUpdate(70))
        let long = String(repeating: "x", count: 38)
        #expect(try decoder.list(literal(0x40, "a", long)).fields == [TextField("a", long)])
        #expect(decoder.table.isEmpty && decoder.tableSize == 0)
        // Exactly the size of the table.
        try insert(String(long.dropFirst()))
        #expect(decoder.tableSize == 70)
    }

    @Test("RFC 7541 §4.4: the name may be that of the entry that has to go")
    func nameOfEvicted() throws {
        _ = try decoder.list(sizeUpdate(40) + literal(0x40, "name", "1234"))
        #expect(decoder.tableSize == 40)
        #expect(try decoder.list(hex("7e 04 3536 3738")).fields == [TextField("name", "5678")])
        #expect(decoder.table == [TextField("name", "5678")])
        // And when the new one does not fit.
        #expect(try decoder.list(hex("7e 05 3536 3738 39")).fields == [TextField("name", "56789")])
        #expect(decoder.table.isEmpty)
    }

    @Test("A table of size zero takes nothing")
    func zero() throws {
        let decoder = HPACKDecoder(maximumTableSize: 0)
        #expect(try decoder.list(literal(0x40, "a", "b")).fields == [TextField("a", "b")])
        #expect(decoder.table.isEmpty)
        #expect(decoder.error(hex("be")) == .invalidIndex)
        #expect(decoder.error(sizeUpdate(0)) == nil)
        #expect(decoder.error(sizeUpdate(1)) == .tableSizeUpdateTooLarge)
    }

    @Test("A table whose entries come and go for long is right")
    func turnover() throws {
        var expected: [TextField] = []
        for number in 0..<3000 {
            let field = TextField("n\(number % 7)", String(repeating: "v", count: number % 90) + "\(number)")
            #expect(try decoder.list(literal(0x40, field.name, field.value)).fields == [field])
            expected.insert(field, at: 0)
            while expected.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }) > 4096 {
                expected.removeLast()
            }
            if number % 50 == 0 { #expect(decoder.table == expected) }
        }
        #expect(decoder.table == expected)
        let all = (0..<expected.count).flatMap { integer(62 + $0, prefix: 7, 0x80) }
        #expect(try decoder.list(all).fields == expected)
    }
}
