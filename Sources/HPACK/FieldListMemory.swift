/// The fields of a list and their bytes, in memory that is kept for the next list unless a large one made it large.
///
/// Its owner frees it.
struct FieldListMemory {
    private(set) var base: UnsafeMutableRawPointer
    /// How many bytes there are.
    var count = 0
    private(set) var fieldCount = 0
    private var capacity: Int
    private var entries: UnsafeMutablePointer<DecodedField>
    private var fieldCapacity: Int

    private static let keptCapacity = 16 * 1024

    init() {
        capacity = 512
        base = .allocate(byteCount: capacity, alignment: 16)
        fieldCapacity = 16
        entries = .allocate(capacity: fieldCapacity)
    }

    func deallocate() {
        base.deallocate()
        entries.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
    var fields: UnsafeBufferPointer<DecodedField> { UnsafeBufferPointer(start: entries, count: fieldCount) }

    @inline(__always)
    mutating func removeAll() {
        count = 0
        fieldCount = 0
        if capacity > Self.keptCapacity {
            deallocate()
            self = FieldListMemory()
        }
    }

    /// Room for `size` bytes behind the others, and what ``ByteRun/copy(_:_:to:)`` may write beyond them.
    @inline(__always)
    mutating func reserve(_ size: Int) -> UnsafeMutableRawPointer {
        if count &+ size &+ ByteRun.slack > capacity { grow(size) }
        return base + count
    }

    /// Appends a field with its `size` bytes, which have been written.
    @inline(__always)
    mutating func append(_ field: DecodedField, _ size: Int) {
        if fieldCount == fieldCapacity { growFields() }
        (entries + fieldCount).initialize(to: field)
        fieldCount &+= 1
        count &+= size
    }

    @inline(never)
    private mutating func grow(_ size: Int) {
        let larger = max(capacity * 2, count + size + ByteRun.slack)
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        fresh.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = fresh
        capacity = larger
    }

    @inline(never)
    private mutating func growFields() {
        let fresh = UnsafeMutablePointer<DecodedField>.allocate(capacity: fieldCapacity * 2)
        fresh.initialize(from: entries, count: fieldCount)
        entries.deallocate()
        entries = fresh
        fieldCapacity *= 2
    }
}
