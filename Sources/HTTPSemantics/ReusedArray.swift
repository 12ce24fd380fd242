/// An array of plain values that is emptied at no cost and keeps its memory for what comes next. A copy shares it
/// until one of them changes.
///
/// Emptying an `Array` and filling it again costs as much as parsing a small request.
@usableFromInline
package struct ReusedArray<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, Sendable {
    /// What is used, and behind it what has been used before.
    @usableFromInline var memory: [Element] = []
    @usableFromInline package private(set) var count = 0

    @inlinable package init() {}

    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { count }
    @inlinable package var capacity: Int { memory.capacity }

    @inlinable
    package subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count)
        return memory[index]
    }

    @inlinable
    package mutating func removeAll() { count = 0 }

    package mutating func removeLast() {
        precondition(count > 0)
        count -= 1
    }

    @inlinable
    package mutating func append(_ element: Element) {
        if count < memory.count { memory[count] = element } else { memory.append(element) }
        count &+= 1
    }

    @inlinable
    package mutating func append(contentsOf elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    @inlinable @inline(__always)
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let size = count &* MemoryLayout<Element>.stride
        return memory.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    }
}

extension ReusedArray<UInt8> {
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let start = count
        let end = start + bytes.count
        if end > memory.count {
            memory.append(contentsOf: repeatElement(0, count: Swift.max(end, 2 * memory.count, 256) - memory.count))
        }
        memory.withUnsafeMutableBytes { memory in
            UnsafeMutableRawBufferPointer(rebasing: memory[start..<end]).copyMemory(from: bytes)
        }
        count = end
    }
}
