import HPACK
import Testing

@Suite("Decoder") struct RuleTests {
    private let decoder = HPACKDecoder()
    private let field = TextField("custom-key", "custom-value")

    @Test("RFC 7541 §6.1, §2.3.3: an index that no table has is refused")
    func index() throws {
        #expect(decoder.error(hex("80")) == .invalidIndex)
        #expect(decoder.error(hex("be")) == .invalidIndex)
        #expect(decoder.error(hex("ffffffff0f")) == .invalidIndex)
        // The name's index.
        #expect(decoder.error(hex("7e0161")) == .invalidIndex)
        #expect(decoder.error(hex("0f2f0161")) == .invalidIndex)
        #expect(decoder.error(hex("1f2f0161")) == .invalidIndex)
        _ = try decoder.list(literal(0x40, field.name, field.value))
        #expect(try decoder.list(hex("be")).fields == [field])
        #expect(decoder.error(hex("bf")) == .invalidIndex)
        #expect(try decoder.list(hex("bd")).fields == [TextField("www-authenticate", "")])
    }

    @Test("RFC 7541 Appendix A: entries of the static table")
    func staticTable() throws {
        let list = try decoder.list((1...61).map { 0x80 | UInt8($0) })
        #expect(list.fields.count == 61)
        #expect(list.fields.first == TextField(":authority", ""))
        #expect(list.fields[7] == TextField(":status", "200"))
        #expect(list.fields[15] == TextField("accept-encoding", "gzip, deflate"))
        #expect(list.fields[31] == TextField("cookie", ""))
        #expect(list.fields.last == TextField("www-authenticate", ""))
        #expect(list.details.map(\.wholeStaticIndex) == Array(1...61))
        for (detail, field) in zip(list.details, list.fields) {
            let first = try #require(list.fields.firstIndex { $0.name == field.name })
            #expect(Int(detail.staticIndex) == first + 1)
            #expect(detail.facts.contains(.valid))
            #expect(detail.facts.contains(.pseudo) == field.name.hasPrefix(":"))
        }
    }

    @Test("An integer that overflows is refused wherever it stands")
    func integers() {
        for start in ["ff", "7f", "0f", "1f", "3f", "007f", "00ff"] {
            #expect(decoder.error(hex(start + "ffffffffffff0f")) == .integerOverflow, "\(start)")
        }
        // A length of 4 GiB is only too long for the block.
        #expect(decoder.error(hex("007f80ffffff0f61")) == .truncated)
    }

    @Test("A string that is wrong in its Huffman code is refused, as a name and as a value")
    func huffman() {
        #expect(decoder.error(hex("0084ffffffff0161")) == .invalidHuffman)
        #expect(decoder.error(hex("00016184ffffffff")) == .invalidHuffman)
    }

    @Test("RFC 7541 §6.2: only a literal with incremental indexing is put into the table")
    func insertion() throws {
        let list = try decoder.list(
            literal(0, "a", "1") + literal(0x10, "b", "2") + literal(0x40, "c", "3") + hex("0f2f0134"))
        #expect(list.fields == [TextField("a", "1"), TextField("b", "2"), TextField("c", "3"), TextField("c", "4")])
        #expect(decoder.table == [TextField("c", "3")])
        #expect(list.details.map { $0.facts.contains(.neverIndexed) } == [false, true, false, false])
    }

    @Test("The name of a field is known by its place in the static table, however it was sent")
    func staticIndex() throws {
        let list = try decoder.list(
            literal(0x40, "x-y", "z") + literal(0x40, ":path", "/x") + literal(0, "cookie", "a=b") + hex("04022f79")
                + hex("be7e0161bf"))
        #expect(list.details.map(\.staticIndex) == [0, 4, 32, 4, 4, 4, 4])
        #expect(list.details.map(\.wholeStaticIndex) == [0, 0, 0, 0, 0, 0, 0])
    }

    // MARK: Facts

    @Test(
        "What a field's bytes are is known, at once and from the table",
        arguments: [
            ("a-b", "c d", FieldFacts.valid), ("a", "", .valid), ("a", "\u{E9}\tx", .valid),
            ("A", "x", .validValue), ("", "x", .validValue), ("a b", "x", .validValue), ("a\u{E9}", "x", .validValue),
            ("a:", "x", .validValue), (":a", "x", .valid.union(.pseudo)), (":", "x", .validValue.union(.pseudo)),
            (":A", "x", .validValue.union(.pseudo)), ("::a", "x", .validValue.union(.pseudo)),
            ("a", " x", .validName), ("a", "x\t", .validName), ("a", "x\r\ny", .validName), ("a", "\u{0}", .validName),
            ("a", "\u{7F}", .validName), ("connection", "x", .valid.union(.connectionSpecific)),
            ("keep-alive", "x", .valid.union(.connectionSpecific)), ("upgrade", "x", .valid.union(.connectionSpecific)),
            ("proxy-connection", "x", .valid.union(.connectionSpecific)),
            ("transfer-encoding", "x", .valid.union(.connectionSpecific)), ("te", "trailers", .valid.union(.te)),
            ("ta", "x", .valid), ("upgrades", "x", .valid), ("connectiom", "x", .valid),
        ])
    func facts(_ name: String, _ value: String, _ facts: FieldFacts) throws {
        let block =
            [0x40] + integer(latin(name).count, prefix: 7, 0) + latin(name)
            + integer(latin(value).count, prefix: 7, 0) + latin(value)
        #expect(try decoder.list(block).details.map(\.facts) == [facts])
        #expect(try decoder.list(hex("be")).details.map(\.facts) == [facts])
        // Another value for the same name, and a name that is known with a value of its own.
        #expect(try decoder.list(hex("7e0101")).details.map(\.facts) == [facts.intersection(.ofName)])
    }

    // MARK: Repetition

    @Test("A block that says the same as the one before it is known")
    func repetition() throws {
        let first = try decoder.list(hex("8286be").dropLast() + literal(0x40, "a", "1"))
        #expect(!decoder.isRepeated)
        let second = try decoder.list(hex("8286be"))
        #expect(!decoder.isRepeated && second.fields == first.fields)
        #expect(try decoder.list(hex("8286be")).fields == first.fields)
        #expect(decoder.isRepeated)
        // The same bytes mean something else when the table is another one.
        _ = try decoder.list(literal(0x40, "a", "2"))
        #expect(try decoder.list(hex("8286be")).fields.last == TextField("a", "2"))
        #expect(!decoder.isRepeated)
        // An error is not remembered, and neither is what was there before it.
        #expect(decoder.error(hex("8286bebf80")) == .invalidIndex)
        #expect(try decoder.list(hex("8286be")).fields.last == TextField("a", "2"))
        #expect(!decoder.isRepeated)
    }

    @Test("What goes into the table goes there each time")
    func repeatedInsertion() throws {
        let block = literal(0x40, "a", "1")
        for count in 1...3 {
            _ = try decoder.list(block)
            #expect(decoder.table.count == count)
        }
    }

    @Test("A list that was too large for some limits is not for others")
    func repetitionAndLimits() throws {
        var limits = FieldListLimits()
        #expect(try decoder.list(hex("8286"), limits: limits).result == .complete)
        limits.fieldCount = 1
        #expect(try decoder.list(hex("8286"), limits: limits).result == .tooManyFields)
        #expect(try decoder.list(hex("8286"), limits: limits).result == .tooManyFields)
        #expect(try decoder.list(hex("8286")).result == .complete)
    }
}
