import HPACK
import HTTPSemantics

/// HPACK: blocks mean what they mean to a decoder that is slow and simple, limits change nothing but how much is kept,
/// and what was read can be written and read again.
///
/// An input is a byte that chooses the table's size, and then blocks, each behind a byte with its length.
struct HPACKTarget: FuzzTarget {
    static let corpus = [
        "\u{0}\u{11}\u{82}\u{86}\u{84}\u{41}\u{0F}www.example.c\u{2}\u{84}\u{BE}",
        "\u{0}\u{11}\u{82}\u{86}\u{84}\u{41}\u{8C}\u{F1}\u{E3}\u{C2}\u{E5}\u{F2}\u{3A}\u{6B}\u{A0}\u{AB}\u{90}\u{F4}\u{FF}\u{4}\u{82}\u{86}\u{84}\u{BE}",
        "\u{1}\u{0A}\u{48}\u{82}\u{64}\u{02}\u{58}\u{03}abc\u{BE}\u{6}\u{48}\u{83}\u{64}\u{0E}\u{FF}\u{C0}",
        "\u{2}\u{9}\u{40}\u{04}name\u{02}ab\u{4}\u{7E}\u{02}cd\u{1}\u{BE}",
        "\u{3}\u{1}\u{20}\u{2}\u{3F}\u{20}\u{7}\u{20}\u{3F}\u{21}\u{40}\u{1}a\u{0}",
        "\u{0}\u{6}\u{10}\u{2}te\u{1}x\u{8}\u{0F}\u{0D}\u{2}\u{81}\u{0}\u{5}\u{82}\u{85}",
        "\u{0}\u{7}\u{7F}\u{80}\u{80}\u{80}\u{80}\u{10}\u{0}",
        "\u{0}\u{22}\u{61}\u{96}\u{D0}\u{7A}\u{BE}\u{94}\u{10}\u{54}\u{D4}\u{44}\u{A8}\u{20}\u{05}\u{95}\u{04}\u{0B}\u{81}\u{66}\u{E0}\u{82}\u{A6}\u{2D}\u{1B}\u{FF}\u{BE}\u{7E}\u{84}\u{FF}\u{FF}\u{FF}\u{FF}\u{0}\u{0}\u{0}\u{0}",
    ]
    static let tokens = [
        "\u{82}", "\u{BE}", "\u{BF}", "\u{C0}", "\u{FF}\u{0}", "\u{40}", "\u{40}\u{1}a\u{1}b", "\u{7E}\u{1}c", "\u{10}",
        "\u{0F}\u{2F}", "\u{20}", "\u{3F}\u{0}", "\u{3F}\u{E1}\u{1F}", "\u{3F}\u{81}\u{1F}", "\u{84}", "\u{81}\u{07}",
        "\u{81}\u{FF}", "\u{80}", "\u{FF}\u{FF}\u{FF}\u{FF}", "\u{FF}\u{EA}\u{FF}", "\u{7F}\u{80}\u{0}", "\u{F1}\u{E3}",
        "\u{41}\u{8C}", "\u{61}\u{96}", "set-cookie", "\u{0}\u{2}te\u{8}trailers", "\u{40}\u{0A}connection\u{0}",
    ]

    private typealias Entry = HPACKModel.Entry

    private static let tableSizes = [4096, 256, 64, 40, 0]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        var limits = FieldListLimits()
        limits.size = random.below(random.oneIn(2) ? 200 : 4000)
        limits.fieldCount = random.below(random.oneIn(2) ? 4 : 40)
        return try check(input, limits, &random)
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        var random = Generator(seed: 1)
        for size in [0, 40, 100, 1000] {
            for count in [0, 1, 2, 10] {
                var limits = FieldListLimits()
                limits.size = size
                limits.fieldCount = count
                _ = try check(input, limits, &random)
            }
        }
    }

    private func check(
        _ input: [UInt8], _ limits: FieldListLimits, _ random: inout Generator
    ) throws(Violation) -> UInt64 {
        let tableSize = Self.tableSizes[Int(input.first ?? 0) % Self.tableSizes.count]
        var blocks = input.dropFirst()
        var model = HPACKModel(maximumTableSize: tableSize)
        let decoder = HPACKDecoder(maximumTableSize: tableSize)
        let limited = HPACKDecoder(maximumTableSize: tableSize)
        let peers = (encoder: HPACKEncoder(maximumTableSize: 300), decoder: HPACKDecoder())
        var unlimited = FieldListLimits()
        unlimited.size = .max
        unlimited.fieldCount = .max
        var digest = Digest()
        digest.add(tableSize)
        while let count = blocks.popFirst() {
            let block = Array(blocks.prefix(Int(count)))
            blocks = blocks.dropFirst(Int(count))
            let expected = model.decode(block)
            let whole = try Self.read(block, decoder, unlimited)
            let part = try Self.read(block, limited, limits)
            guard whole.failed == (expected.failure != nil), part.failed == whole.failed else {
                throw Violation("\(expected) is \(whole), with limits \(part)")
            }
            digest.add(whole.mark)
            guard !whole.failed else {
                digest.add(whole.error?.sentence.utf8.count ?? 0)
                break
            }
            guard whole.fields == expected.fields, whole.result == .complete else {
                throw Violation("\(expected) is \(whole)")
            }
            try Self.checkLimits(part, whole.fields, limits)
            // Texts take longer than all the rest.
            let isLast = blocks.isEmpty
            for decoder in [decoder, limited] {
                guard decoder.tableSize == model.size, decoder.tableSize <= tableSize else {
                    throw Violation("a table of \(decoder.tableSize), not \(model.size)")
                }
                if isLast { try Self.checkTable(decoder, model) }
            }
            try Self.writeAgain(whole.fields, peers.encoder, peers.decoder, &random)
        }
        return digest.value
    }

    private struct Reading {
        var fields: [Entry] = []
        var result = FieldListResult.complete
        var error: HPACKError?
        var mark = 0

        var failed: Bool { error != nil }
    }

    private static func read(
        _ block: [UInt8], _ decoder: HPACKDecoder, _ limits: FieldListLimits
    ) throws(Violation) -> Reading {
        var reading = Reading()
        var head = RequestHead()
        do throws(HPACKError) {
            // Memory of exactly its size.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: block.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: block)
            reading.result = try decoder.decode(UnsafeRawBufferPointer(memory), limits: limits, into: &head)
        } catch {
            reading.error = error
            return reading
        }
        reading.mark = min(decoder.fields.count, 8) << 4 | min(decoder.tableSize >> 6, 15)
        for field in decoder.fields {
            let name = head.withBytes(of: field.name) { Array($0) }
            let value = head.withBytes(of: field.value) { Array($0) }
            var facts = name.withUnsafeBytes { FieldFacts(name: $0) }
            facts = facts.union(value.withUnsafeBytes { FieldFacts(value: $0) })
            guard facts == field.facts.intersection(FieldFacts(rawValue: ~FieldFacts.neverIndexed.rawValue)),
                Int(field.staticIndex) == HPACKModel.staticIndex(of: name)
            else { throw Violation("\(field) is not \(name): \(value)") }
            reading.fields.append(Entry(name: name, value: value))
            reading.mark = reading.mark &* 31 &+ Int(facts.rawValue)
        }
        return reading
    }

    private static func checkLimits(
        _ part: Reading, _ fields: [Entry], _ limits: FieldListLimits
    ) throws(Violation) {
        var size = 0
        var count = 0
        for field in fields {
            guard size + field.size <= limits.size, count < limits.fieldCount else { break }
            size += field.size
            count += 1
        }
        let isWhole = count == fields.count
        guard part.fields == Array(fields[..<count]), (part.result == .complete) == isWhole else {
            throw Violation("\(part) of \(fields), with \(limits)")
        }
    }

    private static func checkTable(_ decoder: HPACKDecoder, _ model: HPACKModel) throws(Violation) {
        let texts = model.table.map { entry in
            (
                entry.name.withUnsafeBytes { PercentCoding.text($0) },
                entry.value.withUnsafeBytes { PercentCoding.text($0) }
            )
        }
        guard decoder.tableEntries.elementsEqual(texts, by: { $0 == $1 }) else {
            throw Violation("\(decoder.tableEntries), not \(texts)")
        }
    }

    private static func writeAgain(
        _ fields: [Entry], _ encoder: HPACKEncoder, _ decoder: HPACKDecoder, _ random: inout Generator
    ) throws(Violation) {
        if random.oneIn(8) {
            for _ in 0...random.below(2) {
                let size = [0, 40, 100, 300, 4096][random.below(5)]
                encoder.setMaximumTableSize(size)
                decoder.setMaximumTableSize(size)
            }
        }
        let fields = fields.filter { !$0.name.isEmpty }
        let output = OutputBuffer(capacity: 8)
        encoder.begin(into: output)
        for field in fields {
            let policies: [FieldIndexing?] = [nil, .incremental, .incremental, .whenRepeated, .without, .never]
            let policy = policies[random.below(policies.count)]
            field.name.withUnsafeBytes { name in
                field.value.withUnsafeBytes { value in
                    encoder.encode(name: name, value: value, indexing: policy, into: output)
                }
            }
        }
        var limits = FieldListLimits()
        limits.size = .max
        limits.fieldCount = .max
        let reading = try read(Array(output.bytes), decoder, limits)
        guard reading.error == nil, reading.fields == fields,
            decoder.tableSize == encoder.tableSize
        else { throw Violation("\(fields) became \(reading)") }
    }
}
