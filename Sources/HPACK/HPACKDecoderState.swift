import HTTPSemantics

/// What a decoder knows between two blocks, and the list that it decoded last.
struct HPACKDecoderState {
    var table: DynamicTable
    /// The fields of the last block, and their names and values.
    private var list = FieldListMemory()
    private(set) var isRepeated = false

    private let statics = StaticTable.hpack
    private let huffman = HuffmanCode.shared
    private var maximumTableSize: Int
    /// What the next block has to make the table's size, or less (RFC 7541 §4.2).
    private var requiredTableSize: Int?

    private var limits = FieldListLimits()
    private var result = FieldListResult.complete
    private var listSize = 0
    /// Where the list's bytes will be in the head.
    private var base = 0
    private var memo = BlockMemo()

    init(maximumTableSize: Int) {
        table = DynamicTable(maximumSize: maximumTableSize)
        self.maximumTableSize = maximumTableSize
    }

    mutating func deallocate() {
        table.deallocate()
        list.deallocate()
        memo.deallocate()
    }

    var fields: UnsafeBufferPointer<DecodedField> { list.fields }
    var bytes: UnsafeRawBufferPointer { list.bytes }

    mutating func setMaximumTableSize(_ size: Int) {
        maximumTableSize = size
        if size < table.maximumSize { requiredTableSize = min(size, requiredTableSize ?? size) }
        memo.forget()
    }

    mutating func decode(
        _ block: UnsafeRawBufferPointer, _ limits: FieldListLimits, at base: Int
    ) throws(HPACKError) -> FieldListResult {
        if memo.isBlock(block), base == self.base, limits == self.limits {
            isRepeated = true
            return .complete
        }
        isRepeated = false
        memo.forget()
        list.removeAll()
        self.base = base
        self.limits = limits
        result = .complete
        listSize = 0
        guard var cursor = block.baseAddress else { return .complete }
        let end = cursor + block.count
        let insertCount = table.insertCount
        let hasUpdates = try decodeSizeUpdates(&cursor, end)
        while cursor < end {
            let byte = cursor.load(as: UInt8.self)
            if byte > 0x80, byte < 0xFF {
                // Nearly all of most blocks: an index in one byte.
                cursor += 1
                try decodeIndexed(Int(byte & 0x7F))
            } else if byte >= 0x80 {
                try decodeIndexed(try PrefixInteger.decode(prefix: 7, &cursor, end: end))
            } else if byte & 0xE0 != 0x20 {
                try decodeLiteral(byte, &cursor, end)
            } else {
                // RFC 7541 §4.2: only at the start.
                throw .misplacedTableSizeUpdate
            }
        }
        // Decoding it again would do the same to the table, which is nothing.
        if !hasUpdates, table.insertCount == insertCount, result == .complete { memo.keep(block) }
        return result
    }

    /// Reads the size updates at the start of a block (RFC 7541 §4.2, §6.3).
    private mutating func decodeSizeUpdates(
        _ cursor: inout UnsafeRawPointer, _ end: UnsafeRawPointer
    ) throws(HPACKError) -> Bool {
        var hasUpdates = false
        while cursor < end, cursor.load(as: UInt8.self) & 0xE0 == 0x20 {
            let size = try PrefixInteger.decode(prefix: 5, &cursor, end: end)
            // RFC 7541 §6.3.
            guard size <= maximumTableSize else { throw .tableSizeUpdateTooLarge }
            // RFC 7541 §4.2: the smallest of the sizes that were set comes first.
            if let required = requiredTableSize, size > required { throw .missingTableSizeUpdate }
            requiredTableSize = nil
            table.resize(size)
            hasUpdates = true
        }
        if requiredTableSize != nil, cursor < end { throw .missingTableSizeUpdate }
        return hasUpdates
    }

    /// A field that is in a table (RFC 7541 §6.1).
    @inline(__always)
    private mutating func decodeIndexed(_ index: Int) throws(HPACKError) {
        let (entry, source) = try entry(at: index)
        let count = entry.count
        guard admits(count) else { return }
        ByteRun.copy(source, count, to: list.reserve(count))
        let start = base &+ list.count
        list.append(
            DecodedField(
                name: .init(start, Int(entry.nameCount)),
                value: .init(start &+ Int(entry.nameCount), Int(entry.valueCount)), staticIndex: entry.staticIndex,
                wholeStaticIndex: index <= statics.count ? UInt8(truncatingIfNeeded: index) : 0, facts: entry.facts),
            count)
    }

    /// A field whose value, at least, comes here (RFC 7541 §6.2).
    @inline(never)
    private mutating func decodeLiteral(
        _ byte: UInt8, _ cursor: inout UnsafeRawPointer, _ end: UnsafeRawPointer
    ) throws(HPACKError) {
        let isInserted = byte & 0xC0 == 0x40
        let index = try PrefixInteger.decode(prefix: isInserted ? 6 : 4, &cursor, end: end)
        var field = TableEntry()
        let start = list.count
        if index == 0 {
            let count = try decodeString(&cursor, end)
            let name = UnsafeRawBufferPointer(start: list.base + start, count: count)
            field.nameCount = UInt32(truncatingIfNeeded: count)
            field.facts = FieldFacts(name: name)
            field.staticIndex = UInt8(
                truncatingIfNeeded: statics.index(
                    of: list.base + start, count, hash: ByteRun.hash(list.base + start, count)))
        } else {
            let (entry, source) = try entry(at: index)
            field.nameCount = entry.nameCount
            field.facts = entry.facts.intersection(.ofName)
            field.staticIndex = entry.staticIndex
            let count = Int(entry.nameCount)
            // Copied before the value is known, because its entry may have to go for this one (RFC 7541 §4.4).
            if isInserted || result == .complete {
                ByteRun.copy(source, count, to: list.reserve(count))
                list.count &+= count
            }
        }
        let valueStart = list.count
        let valueCount = try decodeString(&cursor, end)
        field.valueCount = UInt32(truncatingIfNeeded: valueCount)
        let value = list.base + valueStart
        field.facts = field.facts.union(FieldFacts(value: UnsafeRawBufferPointer(start: value, count: valueCount)))
        let name = list.base + start
        if isInserted { table.insert(name, value, field) }
        list.count = start
        guard admits(field.count) else { return }
        list.append(
            DecodedField(
                name: .init(base &+ start, Int(field.nameCount)), value: .init(base &+ valueStart, valueCount),
                staticIndex: field.staticIndex, wholeStaticIndex: 0,
                facts: byte & 0xF0 == 0x10 ? field.facts.union(.neverIndexed) : field.facts),
            field.count)
    }

    /// A string (RFC 7541 §5.2), which is put behind the list's bytes.
    ///
    /// - Returns: how long it is.
    private mutating func decodeString(
        _ cursor: inout UnsafeRawPointer, _ end: UnsafeRawPointer
    ) throws(HPACKError) -> Int {
        guard cursor < end else { throw .truncated }
        let isCoded = cursor.load(as: UInt8.self) >= 0x80
        let count = try PrefixInteger.decode(prefix: 7, &cursor, end: end)
        guard count <= end - cursor else { throw .truncated }
        let source = cursor
        cursor += count
        var decoded = count
        if isCoded {
            decoded = try huffman.decode(source, count, to: list.reserve(HuffmanCode.decodedBound(count)))
        } else {
            list.reserve(count).copyMemory(from: source, byteCount: count)
        }
        list.count &+= decoded
        return decoded
    }

    /// The entry of either table (RFC 7541 §2.3.3).
    @inline(__always)
    private func entry(at index: Int) throws(HPACKError) -> (TableEntry, UnsafeRawPointer) {
        if index <= statics.count {
            // RFC 7541 §6.1.
            guard index > 0 else { throw .invalidIndex }
            let entry = statics.entries[index]
            return (entry, statics.bytes + Int(entry.position))
        }
        let age = index &- statics.count
        guard age <= table.count else { throw .invalidIndex }
        let entry = table[table.insertCount &- age]
        return (entry, table.bytes(of: entry))
    }

    /// Counts a field of `count` bytes, and says whether it is kept.
    @inline(__always)
    private mutating func admits(_ count: Int) -> Bool {
        guard result == .complete else { return false }
        // RFC 9113 §6.5.2.
        listSize &+= count &+ TableEntry.overhead
        if listSize <= limits.size, list.fieldCount < limits.fieldCount { return true }
        result = listSize > limits.size ? .tooLarge : .tooManyFields
        return false
    }
}
