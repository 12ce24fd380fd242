/// A table of fields that never changes (RFC 7541 §2.3.1, RFC 9204 §3.1), searchable by name. Its memory is never freed
/// and never written again.
package struct StaticTable {
    /// The first index is one: entry zero is empty.
    package let entries: UnsafePointer<TableEntry>
    /// Names and values, with room behind them for copies that go beyond the end.
    package let bytes: UnsafeRawPointer
    package let count: Int
    /// The first entry of each name, at the place that its number says or the next free one.
    private let places: UnsafePointer<UInt8>

    private static let placeCount = 256

    /// Entries of one name stand together.
    package init(_ fields: [(name: StaticString, value: StaticString)]) {
        precondition(fields.count < Self.placeCount)
        let size = fields.reduce(0) { $0 + $1.name.utf8CodeUnitCount + $1.value.utf8CodeUnitCount }
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: size + ByteRun.slack, alignment: 16)
        let entries = UnsafeMutablePointer<TableEntry>.allocate(capacity: fields.count + 1)
        let places = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.placeCount)
        places.initialize(repeating: 0, count: Self.placeCount)
        entries.initialize(to: TableEntry())
        self.entries = UnsafePointer(entries)
        self.bytes = UnsafeRawPointer(bytes)
        self.places = UnsafePointer(places)
        count = fields.count
        var end = 0
        for (field, index) in zip(fields, 1...) {
            let name = UnsafeRawBufferPointer(start: field.name.utf8Start, count: field.name.utf8CodeUnitCount)
            let value = UnsafeRawBufferPointer(start: field.value.utf8Start, count: field.value.utf8CodeUnitCount)
            UnsafeMutableRawBufferPointer(start: bytes + end, count: name.count).copyMemory(from: name)
            UnsafeMutableRawBufferPointer(start: bytes + end + name.count, count: value.count).copyMemory(from: value)
            let hash = ByteRun.hash(bytes + end, name.count)
            let known = self.index(of: UnsafeRawPointer(bytes + end), name.count, hash: hash)
            (entries + index).initialize(
                to: TableEntry(
                    position: UInt32(end), nameCount: UInt32(name.count), valueCount: UInt32(value.count),
                    staticIndex: known == 0 ? UInt8(index) : UInt8(known),
                    facts: FieldFacts(name: name).union(FieldFacts(value: value))))
            end += name.count + value.count
            guard known == 0 else { continue }
            var place = Self.place(hash)
            while places[place] != 0 { place = (place + 1) % Self.placeCount }
            places[place] = UInt8(index)
        }
    }

    private static func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 24) & (placeCount - 1) }

    /// The first entry with this name, whose number is `hash`; zero when there is none.
    @inline(__always)
    package func index(of name: UnsafeRawPointer, _ count: Int, hash: UInt64) -> Int {
        var place = Self.place(hash)
        while true {
            let index = Int(places[place])
            guard index != 0 else { return 0 }
            let entry = entries[index]
            if Int(entry.nameCount) == count, ByteRun.areEqual(bytes + Int(entry.position), name, count) {
                return index
            }
            place = (place &+ 1) & (Self.placeCount &- 1)
        }
    }

    /// The entry with the name of entry `index`, the first with it, and this value; zero when there is none.
    @inline(__always)
    package func index(ofNameAt index: Int, value: UnsafeRawPointer, _ count: Int) -> Int {
        var candidate = index
        while candidate <= self.count {
            let entry = entries[candidate]
            guard Int(entry.staticIndex) == index else { return 0 }
            if Int(entry.valueCount) == count,
                ByteRun.areEqual(bytes + Int(entry.position &+ entry.nameCount), value, count)
            {
                return candidate
            }
            candidate &+= 1
        }
        return 0
    }
}
