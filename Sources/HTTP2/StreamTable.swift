/// The streams of a connection that are in use, each in a slot that is its own until it is released.
///
/// Numbers of streams grow, so the number itself is as good as a hash of it.
@usableFromInline
struct StreamTable {
    @usableFromInline private(set) var slots: [StreamState] = []
    private var free: [Int] = []
    /// Slots by the number of their stream, in a table with open addressing; -1 is free.
    private var places: [Int] = Array(repeating: -1, count: 16)
    /// Streams that can be found by their number.
    private(set) var found = 0

    /// Slots that are in use, whether or not their stream can still be found.
    var used: Int { slots.count - free.count }

    @usableFromInline
    subscript(slot: Int) -> StreamState {
        @inlinable @inline(__always) get { slots[slot] }
        @inline(__always) _modify { yield &slots[slot] }
    }

    @inline(__always)
    private func home(_ number: UInt32) -> Int { Int(number >> 1) & (places.count &- 1) }

    /// The slot of a stream.
    @inline(__always)
    func find(_ number: UInt32) -> Int? {
        var place = home(number)
        while places[place] >= 0 {
            if slots[places[place]].number == number { return places[place] }
            place = (place &+ 1) & (places.count &- 1)
        }
        return nil
    }

    mutating func add(_ stream: StreamState) -> Int {
        let slot: Int
        if let last = free.popLast() {
            slot = last
            slots[slot] = stream
        } else {
            slot = slots.count
            slots.append(stream)
        }
        if 2 * (found + 1) > places.count { grow() }
        place(slot)
        found += 1
        return slot
    }

    private mutating func place(_ slot: Int) {
        var place = home(slots[slot].number)
        while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
        places[place] = slot
    }

    private mutating func grow() {
        let old = places.filter { $0 >= 0 }
        places = Array(repeating: -1, count: places.count * 2)
        for slot in old { place(slot) }
    }

    /// The stream is not found by its number any more. Its slot stays in use.
    mutating func forget(_ slot: Int) {
        guard slots[slot].isFound else { return }
        slots[slot].isFound = false
        found -= 1
        var hole = home(slots[slot].number)
        while places[hole] != slot { hole = (hole + 1) & (places.count - 1) }
        // Those behind it move up, so that none is cut off from its home.
        var next = (hole + 1) & (places.count - 1)
        while places[next] >= 0 {
            let distance = (next - home(slots[places[next]].number)) & (places.count - 1)
            if distance >= (next - hole) & (places.count - 1) {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & (places.count - 1)
        }
        places[hole] = -1
    }

    /// Gives a slot to others.
    mutating func release(_ slot: Int) {
        forget(slot)
        slots[slot].isUsed = false
        free.append(slot)
    }
}

/// One stream, as the protocol sees it (RFC 9113 §5.1).
@usableFromInline
struct StreamState {
    @usableFromInline let number: UInt32
    /// What may still be sent, and what the peer may still send, in bytes.
    @usableFromInline var sendWindow: Int
    var receiveWindow: Int
    /// Bytes that were taken, and that the peer has not been told of.
    var untold = 0
    /// The length of the content that the request announced, or -1; and what has come of it.
    @usableFromInline var announced = -1
    @usableFromInline var received = 0
    @usableFromInline var priority = Priority()
    /// Each side has ended its half.
    @usableFromInline var remoteEnded: Bool
    @usableFromInline var localEnded = false
    /// RST_STREAM went either way.
    @usableFromInline var isReset = false
    var isFound = true
    var isUsed = true
    /// The content goes on for as long as the tunnel, and has no trailers.
    var isTunnel = false

    init(_ number: UInt32, sendWindow: Int, receiveWindow: Int, remoteEnded: Bool) {
        self.number = number
        self.sendWindow = sendWindow
        self.receiveWindow = receiveWindow
        self.remoteEnded = remoteEnded
    }
}
