/// Finds the entries of a dynamic table by their bytes.
///
/// Entries with one place in the index are chained from the newest to the oldest. Where an entry is older than the
/// oldest in the table the chain ends: nothing has to be removed when entries are dropped. Every answer is compared with
/// the table, so a place that is taken by another entry costs a byte or two and nothing else.
///
/// Its owner frees it.
struct FieldIndex {
    /// The newest entry at each place, by the number for name and value.
    private let fields: UnsafeMutablePointer<UInt32>
    /// The newest entry at each place, by the number for the name.
    private let names: UnsafeMutablePointer<UInt32>
    /// The numbers of fields that were seen and not put into the table.
    private let seen: UnsafeMutablePointer<UInt32>
    /// The entry that was the first, the second, … field of the last list.
    private let guesses: UnsafeMutablePointer<UInt32>

    private static let fieldPlaces = 256
    private static let namePlaces = 128
    private static let seenPlaces = 64
    private static let guessPlaces = 16

    init() {
        let count = Self.fieldPlaces + Self.namePlaces + Self.seenPlaces + Self.guessPlaces
        fields = .allocate(capacity: count)
        fields.initialize(repeating: 0, count: count)
        names = fields + Self.fieldPlaces
        seen = names + Self.namePlaces
        guesses = seen + Self.seenPlaces
    }

    func deallocate() { fields.deallocate() }

    /// How many entries ago the entry was inserted, from one on; zero when it is not in the table any more.
    @inline(__always)
    private static func age(of number: UInt32, in table: DynamicTable) -> Int {
        let age = Int(UInt32(truncatingIfNeeded: table.insertCount) &- number)
        return age <= table.count ? age : 0
    }

    /// The age of the entry that is this field, if it was the field at this place of the last list.
    @inline(__always)
    func guess(
        _ turn: Int, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, in table: DynamicTable
    ) -> Int {
        guard turn < Self.guessPlaces else { return 0 }
        let age = Self.age(of: guesses[turn], in: table)
        return age > 0 && Self.isField(age, name, value, in: table) ? age : 0
    }

    @inline(__always)
    func remember(_ turn: Int, age: Int, in table: DynamicTable) {
        if turn < Self.guessPlaces { guesses[turn] = UInt32(truncatingIfNeeded: table.insertCount &- age) }
    }

    /// The age of the entry that is this field, or zero.
    @inline(__always)
    func find(
        _ hash: UInt64, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, in table: DynamicTable
    ) -> Int {
        var age = Self.age(of: fields[Self.place(hash, Self.fieldPlaces)], in: table)
        var last = 0
        while age > last {
            let entry = table[table.insertCount &- age]
            if entry.hash == UInt32(truncatingIfNeeded: hash), Self.isField(age, name, value, in: table) { return age }
            last = age
            age = Self.age(of: entry.older, in: table)
        }
        return 0
    }

    /// The age of an entry with this name, or zero.
    func find(name: UnsafeRawBufferPointer, _ hash: UInt64, in table: DynamicTable) -> Int {
        let age = Self.age(of: names[Self.place(hash, Self.namePlaces)], in: table)
        guard age > 0 else { return 0 }
        let entry = table[table.insertCount &- age]
        let bytes = UnsafeRawBufferPointer(start: table.bytes(of: entry), count: Int(entry.nameCount))
        return ByteRun.areEqual(bytes, name) ? age : 0
    }

    /// Inserts a field into the table, unless it is larger than that.
    func insert(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, nameHash: UInt64, hash: UInt64,
        into table: inout DynamicTable
    ) {
        guard let nameStart = name.baseAddress else { return }
        let place = Self.place(hash, Self.fieldPlaces)
        let number = UInt32(truncatingIfNeeded: table.insertCount)
        let entry = TableEntry(
            nameCount: UInt32(name.count), valueCount: UInt32(value.count), hash: UInt32(truncatingIfNeeded: hash),
            older: fields[place])
        guard table.insert(nameStart, value.baseAddress ?? nameStart, entry) else { return }
        fields[place] = number
        names[Self.place(nameHash, Self.namePlaces)] = number
    }

    /// Whether the field was seen before; from now on it was.
    func noteSeen(_ hash: UInt64) -> Bool {
        let place = Self.place(hash, Self.seenPlaces)
        let mark = UInt32(truncatingIfNeeded: hash >> 32)
        let wasSeen = seen[place] == mark
        seen[place] = mark
        return wasSeen
    }

    @inline(__always)
    private static func place(_ hash: UInt64, _ count: Int) -> Int { Int(truncatingIfNeeded: hash) & (count &- 1) }

    @inline(__always)
    private static func isField(
        _ age: Int, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, in table: DynamicTable
    ) -> Bool {
        let entry = table[table.insertCount &- age]
        guard Int(entry.nameCount) == name.count, Int(entry.valueCount) == value.count else { return false }
        let bytes = table.bytes(of: entry)
        return ByteRun.areEqual(UnsafeRawBufferPointer(start: bytes, count: name.count), name)
            && ByteRun.areEqual(UnsafeRawBufferPointer(start: bytes + name.count, count: value.count), value)
    }
}
