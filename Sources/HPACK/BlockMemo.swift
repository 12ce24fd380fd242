/// A block whose list is still there: a client that asks for the same again and again sends the same few bytes.
///
/// Its owner frees it.
struct BlockMemo {
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    private var count = 0

    private static let capacity = 64

    func deallocate() { memory.deallocate() }

    mutating func forget() { count = 0 }

    mutating func keep(_ block: UnsafeRawBufferPointer) {
        guard let start = block.baseAddress, block.count <= Self.capacity else { return }
        memory.copyMemory(from: start, byteCount: block.count)
        count = block.count
    }

    @inline(__always)
    func isBlock(_ block: UnsafeRawBufferPointer) -> Bool {
        guard let start = block.baseAddress, block.count == count, count > 0 else { return false }
        return ByteRun.areEqual(start, memory, count)
    }
}
