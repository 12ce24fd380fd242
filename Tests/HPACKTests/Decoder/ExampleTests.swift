import HPACK
import Testing

@Suite("RFC 7541 Appendix C") struct ExampleTests {
    @Test("The examples mean what they say, and leave the table that they say", arguments: Example.all)
    func decode(_ example: Example) throws {
        let decoder = HPACKDecoder(maximumTableSize: example.tableSize)
        for step in example.steps {
            let list = try decoder.list(step.block)
            #expect(list.result == .complete)
            #expect(list.fields == step.fields)
            #expect(decoder.table == step.table)
            #expect(decoder.tableSize == step.tableSize)
        }
    }

    @Test("An example that ends early is refused, unless it ends behind a field", arguments: Example.all)
    func truncated(_ example: Example) throws {
        for (index, step) in example.steps.enumerated() {
            var whole = 0
            for end in 0..<step.block.count {
                let decoder = HPACKDecoder(maximumTableSize: example.tableSize)
                for earlier in example.steps[..<index] { _ = try decoder.list(earlier.block) }
                let start = Array(step.block[..<end])
                do throws(HPACKError) {
                    #expect(try decoder.list(start).fields == Array(step.fields[..<whole]))
                    whole += 1
                } catch {
                    #expect(error == .truncated)
                }
            }
            #expect(whole == step.fields.count)
        }
    }

    @Test("The encoder writes the requests of C.4 as they are there")
    func encode() {
        let encoder = HPACKEncoder()
        for step in Example.codedRequests.steps {
            #expect(encoder.block(step.fields, .incremental) == step.block)
            #expect(encoder.table == step.table)
            #expect(encoder.tableSize == step.tableSize)
        }
    }

    @Test("The encoder's small table drops what it drops in C.6")
    func eviction() {
        let encoder = HPACKEncoder(maximumTableSize: 256)
        for step in Example.codedResponses.steps {
            _ = encoder.block(step.fields, .incremental)
            #expect(encoder.table == step.table)
            #expect(encoder.tableSize == step.tableSize)
        }
    }

    @Test(
        "C.1: integers", arguments: [(10, 5, "0a"), (1337, 5, "1f9a0a"), (42, 8, "2a"), (127, 7, "7f00"), (0, 1, "00")])
    func integers(_ value: Int, _ prefix: Int, _ bytes: String) throws {
        #expect(integer(value, prefix: prefix, 0) == hex(bytes))
        #expect(try read(hex(bytes), prefix: prefix) == value)
    }
}

/// Reads an integer that is alone.
func read(_ bytes: [UInt8], prefix: Int, bits: Int = 32) throws(HPACKError) -> Int {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    guard let start = memory.baseAddress else { throw .truncated }
    var cursor = UnsafeRawPointer(start)
    let value = try PrefixInteger.decode(prefix: prefix, bits: bits, &cursor, end: cursor + bytes.count)
    #expect(cursor == start + bytes.count)
    return value
}
