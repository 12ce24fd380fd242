/// Fields that were sent before, the newest first; the oldest make room for new ones (RFC 7541 §2.3.2, §4).
///
/// Entries are numbered as they are inserted, from zero on, and keep their number. Names and values lie one behind the
/// other in one block of memory, which is as large as the table has ever been, and half as much again.
///
/// Its owner frees its memory.
package struct DynamicTable {
    /// How large it may be at most (RFC 7541 §4.2).
    package private(set) var maximumSize: Int
    /// The size of all entries (RFC 7541 §4.1).
    package private(set) var size = 0
    /// How many entries there are.
    package private(set) var count = 0
    /// How many there have ever been: the number of the next one.
    package private(set) var insertCount = 0

    /// Entries, each where the low bits of its number say.
    private var entries: UnsafeMutablePointer<TableEntry>?
    private var entryCapacity = 0
    private var bytes: UnsafeMutableRawPointer?
    private var byteCapacity = 0
    /// Positions grow with each entry, and wrap around. This is the one of the first byte of memory.
    private var origin: UInt32
    /// The position of the next entry.
    private var end: UInt32

    package init(maximumSize: Int) {
        self.maximumSize = maximumSize
        // They wrap around early, so that a table that lives for long does nothing that others do not.
        origin = .max - 1000
        end = origin
    }

    package mutating func deallocate() {
        entries?.deallocate()
        bytes?.deallocate()
        entries = nil
        bytes = nil
    }

    /// The entry of that number, which must be among the last ``count``.
    @inline(__always)
    package subscript(number: Int) -> TableEntry {
        get { slot(number).pointee }
        nonmutating set { slot(number).pointee = newValue }
    }

    @inline(__always)
    private func slot(_ number: Int) -> UnsafeMutablePointer<TableEntry> {
        entries.unsafelyUnwrapped + (number & (entryCapacity &- 1))
    }

    /// Where the entry's name is, with the value behind it.
    @inline(__always)
    package func bytes(of entry: TableEntry) -> UnsafeRawPointer {
        UnsafeRawPointer(bytes.unsafelyUnwrapped) + Int(entry.position &- origin)
    }

    /// Changes how large it may be (RFC 7541 §4.3).
    package mutating func resize(_ size: Int) {
        maximumSize = size
        evict(downTo: size)
    }

    /// Drops the oldest entries until the others take no more than `limit`.
    @inline(__always)
    private mutating func evict(downTo limit: Int) {
        while size > limit {
            size &-= self[insertCount &- count].count &+ TableEntry.overhead
            count &-= 1
        }
    }

    /// Inserts a field. One that is larger than the table empties it, and is not in it then (RFC 7541 §4.4).
    ///
    /// - Parameters:
    ///   - name: `entry.nameCount` bytes outside of the table.
    ///   - value: `entry.valueCount` bytes outside of the table.
    ///   - entry: the rest of what is kept.
    /// - Returns: whether it is in the table.
    @discardableResult
    package mutating func insert(_ name: UnsafeRawPointer, _ value: UnsafeRawPointer, _ entry: TableEntry) -> Bool {
        let count = entry.count
        let size = count &+ TableEntry.overhead
        evict(downTo: max(0, maximumSize &- size))
        guard size <= maximumSize else { return false }
        reserve(count)
        var entry = entry
        entry.position = end
        let place = bytes.unsafelyUnwrapped + Int(end &- origin)
        place.copyMemory(from: name, byteCount: Int(entry.nameCount))
        (place + Int(entry.nameCount)).copyMemory(from: value, byteCount: Int(entry.valueCount))
        slot(insertCount).initialize(to: entry)
        end &+= UInt32(truncatingIfNeeded: count)
        insertCount &+= 1
        self.count &+= 1
        self.size &+= size
        return true
    }

    /// Makes room for one more entry, of `room` bytes.
    private mutating func reserve(_ room: Int) {
        if count == entryCapacity { growEntries() }
        let used = Int(end &- origin)
        guard used &+ room &+ ByteRun.slack > byteCapacity else { return }
        let start = count > 0 ? self[insertCount &- count].position : end
        let live = Int(end &- start)
        let needed = live &+ room &+ ByteRun.slack
        var capacity = max(byteCapacity, 512)
        // A third is free after each move, so that moving costs less than inserting.
        while capacity < needed &+ needed / 2 { capacity *= 2 }
        let old = bytes
        let memory =
            if capacity == byteCapacity, let old { old } else {
                UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
            }
        if let old {
            memory.copyMemory(from: old + Int(start &- origin), byteCount: live)
            if old != memory { old.deallocate() }
        }
        bytes = memory
        byteCapacity = capacity
        origin = start
    }

    private mutating func growEntries() {
        let capacity = max(16, entryCapacity * 2)
        let memory = UnsafeMutablePointer<TableEntry>.allocate(capacity: capacity)
        memory.initialize(repeating: TableEntry(), count: capacity)
        for number in insertCount - count..<insertCount { memory[number & (capacity - 1)] = self[number] }
        entries?.deallocate()
        entries = memory
        entryCapacity = capacity
    }
}
