import HTTPSemantics

/// All routes of a router by the segments of their paths. Looking one up costs as much as its path is long, however
/// many there are.
///
/// At each segment a literal is tried first, then parameters with a constraint in the order in which they were added,
/// then a parameter without one, then the rest of the path. When that leads nowhere the next is tried.
struct RouteTrie: Sendable {
    /// The path of a request, cut into its segments.
    struct Path {
        let bytes: UnsafeRawBufferPointer
        let segments: UnsafeBufferPointer<Range<Int>>
        let endsInSlash: Bool

        subscript(_ index: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[segments[index]]) }

        func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

        /// All segments from one on, with the slashes between them.
        func rest(from index: Int) -> String {
            (index..<segments.count).map(text).joined(separator: "/") + (endsInSlash ? "/" : "")
        }
    }

    private struct Edge: Sendable {
        let constraint: RouteConstraint?
        let node: Int
    }

    private struct Node: Sendable {
        var literals = LiteralTable()
        var parameters: [Edge] = []
        /// Routes that end here, and those that take all the rest.
        var ends: [Int] = []
        var rests: [Int] = []
    }

    private var nodes = [Node()]

    /// Adds a route, by its number.
    ///
    /// - Returns: the routes that are at the same place already.
    mutating func insert(_ segments: ArraySlice<RoutePattern.Segment>, _ route: Int) -> [Int] {
        var node = 0
        for segment in segments {
            switch segment {
            case .literal(let text):
                node = nodes[node].literals[text] ?? add { trie, new in trie.nodes[node].literals[text] = new }
            case .parameter(_, let constraint):
                let known = nodes[node].parameters.first { $0.constraint?.identity == constraint?.identity }
                node =
                    known?.node
                    ?? add { trie, new in
                        let edge = Edge(constraint: constraint, node: new)
                        // One without a constraint matches everything: it comes last.
                        let index = constraint == nil ? trie.nodes[node].parameters.count : trie.constrained(node)
                        trie.nodes[node].parameters.insert(edge, at: index)
                    }
            case .rest:
                defer { nodes[node].rests.append(route) }
                return nodes[node].rests
            }
        }
        defer { nodes[node].ends.append(route) }
        return nodes[node].ends
    }

    private func constrained(_ node: Int) -> Int { nodes[node].parameters.count { $0.constraint != nil } }

    private mutating func add(_ link: (inout RouteTrie, Int) -> Void) -> Int {
        nodes.append(Node())
        link(&self, nodes.count - 1)
        return nodes.count - 1
    }

    /// Calls `visit` with the routes of each place that the path leads to, the best one first, and with the index of
    /// the first segment that `*` stands for, until it returns true.
    func visit(_ path: Path, _ visit: (_ routes: [Int], _ rest: Int?) -> Bool) -> Bool {
        descend(0, path, 0, visit)
    }

    private func descend(_ node: Int, _ path: Path, _ index: Int, _ visit: ([Int], Int?) -> Bool) -> Bool {
        guard index < path.segments.count else {
            if !nodes[node].ends.isEmpty, visit(nodes[node].ends, nil) { return true }
            return !nodes[node].rests.isEmpty && visit(nodes[node].rests, index)
        }
        let segment = path[index]
        if let next = nodes[node].literals.find(segment), descend(next, path, index + 1, visit) { return true }
        if !segment.isEmpty {
            for edge in nodes[node].parameters {
                if let constraint = edge.constraint, !constraint.matches(path.text(index)) { continue }
                if descend(edge.node, path, index + 1, visit) { return true }
            }
        }
        return !nodes[node].rests.isEmpty && visit(nodes[node].rests, index)
    }
}

/// The literal segments below a node, by a hash of their bytes.
struct LiteralTable: Sendable {
    private struct Slot: Sendable {
        var bytes: [UInt8] = []
        /// -1 where the slot is free.
        var node = -1
    }

    private var slots: [Slot] = []
    private var count = 0

    subscript(_ text: String) -> Int? {
        get { Array(text.utf8).withUnsafeBytes { find($0) } }
        set {
            guard let newValue else { return }
            if 2 * (count + 1) > slots.count { grow() }
            insert(Slot(bytes: Array(text.utf8), node: newValue))
            count += 1
        }
    }

    @inline(__always)
    func find(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard !slots.isEmpty else { return nil }
        var index = Self.hash(bytes) & (slots.count - 1)
        while slots[index].node >= 0 {
            if slots[index].bytes.count == bytes.count, bytes.elementsEqual(slots[index].bytes) {
                return slots[index].node
            }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: max(4, old.count * 2))
        for slot in old where slot.node >= 0 { insert(slot) }
    }

    private mutating func insert(_ slot: Slot) {
        var index = slot.bytes.withUnsafeBytes(Self.hash) & (slots.count - 1)
        while slots[index].node >= 0 { index = (index + 1) & (slots.count - 1) }
        slots[index] = slot
    }

    // FNV-1a: the routes are the application's own, so nobody can choose them to collide.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}

extension RouteTrie.Path {
    /// Cuts a path, as the client sent it, at each slash, and decodes each segment by itself, so that an encoded slash
    /// is a part of its segment.
    static func with<Result>(_ raw: UnsafeRawBufferPointer, _ body: (RouteTrie.Path) throws -> Result) rethrows
        -> Result
    {
        guard raw.contains(UInt8(ascii: "%")) else { return try cut(raw, body) }
        // Decoded, with a byte that UTF-8 never has in the place of each slash that cuts.
        var decoded: [UInt8] = []
        decoded.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            index += 1
            if byte == UInt8(ascii: "/") {
                decoded.append(separator)
            } else if byte == UInt8(ascii: "%"), index + 1 < raw.count, let high = PercentCoding.hexValue(raw[index]),
                let low = PercentCoding.hexValue(raw[index + 1]), high << 4 | low != separator
            {
                decoded.append(high << 4 | low)
                index += 2
            } else {
                decoded.append(byte)
            }
        }
        return try decoded.withUnsafeBytes { try cut($0, at: separator, body) }
    }

    private static let separator: UInt8 = 0xFF

    private static func cut<Result>(
        _ bytes: UnsafeRawBufferPointer, at separator: UInt8 = UInt8(ascii: "/"),
        _ body: (RouteTrie.Path) throws -> Result
    ) rethrows -> Result {
        let isRooted = bytes.first == separator
        let endsInSlash = bytes.count > 1 && bytes.last == separator
        let inside = (isRooted ? 1 : 0)..<max(isRooted ? 1 : 0, bytes.count - (endsInSlash ? 1 : 0))
        var count = inside.isEmpty ? 0 : 1
        for index in inside where bytes[index] == separator { count += 1 }
        return try withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: max(1, count)) { segments in
            var next = 0
            var start = inside.lowerBound
            for index in inside where bytes[index] == separator {
                segments.initializeElement(at: next, to: start..<index)
                next += 1
                start = index + 1
            }
            if count > 0 { segments.initializeElement(at: next, to: start..<inside.upperBound) }
            let filled = UnsafeBufferPointer(rebasing: segments[0..<count])
            return try body(RouteTrie.Path(bytes: bytes, segments: filled, endsInSlash: endsInSlash))
        }
    }
}
