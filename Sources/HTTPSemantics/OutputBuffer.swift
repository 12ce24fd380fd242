/// Bytes on their way out: a growing block of memory that is written to without checks or bookkeeping beyond
/// its end. Engines write into it, transports send from it, and a pool keeps its memory for the next turn.
///
/// It belongs to one event loop.
@usableFromInline
package final class OutputBuffer {
    @usableFromInline
    struct State {
        @usableFromInline var base: UnsafeMutableRawPointer
        @usableFromInline var count: Int
        @usableFromInline var capacity: Int
    }

    /// Behind a pointer, where no access is checked for exclusivity: that costs as much as the writing.
    @usableFromInline let state: UnsafeMutablePointer<State>

    package init(capacity: Int = 4096) {
        state = .allocate(capacity: 1)
        // Without memory it points to itself, where nothing is written: there is no room.
        state.initialize(to: State(base: UnsafeMutableRawPointer(state), count: 0, capacity: 0))
        if capacity > 0 { adopt(.allocate(byteCount: capacity, alignment: 16)) }
    }

    deinit {
        surrender()?.deallocate()
        state.deallocate()
    }

    /// Takes the memory, which is its own from now on. It must have none.
    package func adopt(_ memory: UnsafeMutableRawBufferPointer) {
        precondition(capacity == 0)
        guard let base = memory.baseAddress else { return }
        state.pointee = State(base: base, count: 0, capacity: memory.count)
    }

    /// Gives the memory to the caller, and what was written with it.
    package func surrender() -> UnsafeMutableRawBufferPointer? {
        guard capacity > 0 else { return nil }
        let memory = UnsafeMutableRawBufferPointer(start: state.pointee.base, count: state.pointee.capacity)
        state.pointee = State(base: UnsafeMutableRawPointer(state), count: 0, capacity: 0)
        return memory
    }

    /// How many bytes have been written. Making it smaller takes bytes back.
    @inlinable @inline(__always)
    package var count: Int {
        get { state.pointee.count }
        set { state.pointee.count = newValue }
    }

    @inlinable
    package var capacity: Int { state.pointee.capacity }

    /// What has been written.
    @inlinable
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: state.pointee.base, count: state.pointee.count)
    }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    @inlinable
    package func removeAll() { count = 0 }

    /// Room for `size` more bytes: where they go. The caller adds to ``count`` what it has written.
    @inlinable @inline(__always)
    package func reserve(_ size: Int) -> UnsafeMutableRawPointer {
        if state.pointee.count &+ size > state.pointee.capacity { grow(size) }
        return state.pointee.base + state.pointee.count
    }

    @usableFromInline @inline(never)
    func grow(_ size: Int) {
        let count = count
        let larger = max(state.pointee.capacity * 2, count + size)
        let fresh = UnsafeMutableRawBufferPointer.allocate(byteCount: larger, alignment: 16)
        fresh.copyMemory(from: bytes)
        surrender()?.deallocate()
        adopt(fresh)
        self.count = count
    }

    @inlinable @inline(__always)
    package func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count).copyMemory(from: start, byteCount: bytes.count)
        count &+= bytes.count
    }

    @inlinable @inline(__always)
    package func append(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        reserve(size).copyMemory(from: text.utf8Start, byteCount: size)
        count &+= size
    }

    @inlinable @inline(__always)
    package func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    @inlinable @inline(__always)
    package func append(string text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// `number`, which is not negative, in decimal digits.
    package func append(decimal number: Int) {
        let start = reserve(20)
        var digits = 1
        var limit: UInt = 10
        var rest = UInt(bitPattern: number)
        while digits < 19, rest >= limit {
            digits &+= 1
            limit &*= 10
        }
        for index in stride(from: digits &- 1, through: 0, by: -1) {
            start.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) &+ 0x30, toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
        count &+= digits
    }

    /// `number`, which is not negative, in hexadecimal digits.
    package func append(hexadecimal number: Int) {
        let start = reserve(16)
        let digits = max(1, (Int.bitWidth - number.leadingZeroBitCount + 3) / 4)
        for index in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: number >> (4 * (digits - 1 - index))) & 15
            start.storeBytes(of: digit < 10 ? digit + 0x30 : digit + 0x57, toByteOffset: index, as: UInt8.self)
        }
        count += digits
    }
}
