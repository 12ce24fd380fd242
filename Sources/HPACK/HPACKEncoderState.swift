import HTTPSemantics

/// What an encoder knows between two fields.
struct HPACKEncoderState {
    /// What the peer allows before it has set anything (RFC 9113 §6.5.2).
    private static let initialTableSize = 4096

    var table = DynamicTable(maximumSize: initialTableSize)
    private let index = FieldIndex()
    private let statics = StaticTable.hpack
    private let huffman = HuffmanCode.shared
    private let ownMaximum: Int
    /// The smallest size since the last block, and the last one, when the peer has to be told (RFC 7541 §4.2).
    private var pendingSizes: (smallest: Int, last: Int)?
    /// How many fields of the block have been encoded.
    private var turn = 0
    /// Twice how often the table's size was changed.
    private var resizeCount = 0

    init(maximumTableSize: Int) {
        ownMaximum = maximumTableSize
        setMaximumTableSize(Self.initialTableSize)
    }

    mutating func deallocate() {
        table.deallocate()
        index.deallocate()
    }

    mutating func setMaximumTableSize(_ size: Int) {
        let size = min(size, ownMaximum)
        if let pending = pendingSizes {
            pendingSizes = (min(pending.smallest, size), size)
        } else if size != table.maximumSize {
            pendingSizes = (size, size)
        }
    }

    var tableVersion: Int { table.insertCount &+ resizeCount &+ (pendingSizes == nil ? 0 : 1) }

    @inline(__always)
    mutating func begin(into output: OutputBuffer) {
        turn = 0
        if let pendingSizes { writeSizes(pendingSizes.smallest, pendingSizes.last, into: output) }
    }

    private mutating func writeSizes(_ smallest: Int, _ last: Int, into output: OutputBuffer) {
        pendingSizes = nil
        resizeCount &+= 2
        for size in [smallest, last] where size < table.maximumSize || (size == last && size != table.maximumSize) {
            // RFC 7541 §6.3.
            output.count &+= PrefixInteger.encode(
                size, prefix: 5, pattern: 0x20, to: output.reserve(PrefixInteger.longest))
            table.resize(size)
        }
    }

    @inline(__always)
    mutating func encode(status: Int, into output: OutputBuffer) {
        let known =
            switch status {
            case 200: 8
            case 204: 9
            case 206: 10
            case 304: 11
            case 400: 12
            case 404: 13
            case 500: 14
            default: 0
            }
        guard known > 0 else { return encode(otherStatus: status, into: output) }
        // RFC 7541 §6.1.
        output.reserve(1).storeBytes(of: 0x80 | UInt8(truncatingIfNeeded: known), as: UInt8.self)
        output.count &+= 1
    }

    @inline(never)
    private mutating func encode(otherStatus status: Int, into output: OutputBuffer) {
        precondition(status >= 100 && status <= 999)
        let name: StaticString = ":status"
        let digits = (status / 100) | (status / 10 % 10) << 8 | (status % 10) << 16 | 0x303030
        withUnsafeBytes(of: digits.littleEndian) { digits in
            encode(
                UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
                UnsafeRawBufferPointer(rebasing: digits[..<3]), .incremental, into: output)
        }
    }

    mutating func encode(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ indexing: FieldIndexing?,
        into output: OutputBuffer
    ) {
        let turn = turn
        self.turn &+= 1
        if indexing != .never {
            let age = index.guess(turn, name, value, in: table)
            if age > 0 { return writeIndex(statics.count &+ age, into: output) }
        }
        search(turn, name, value, indexing, into: output)
    }

    /// A field that is in a table (RFC 7541 §6.1).
    @inline(__always)
    private func writeIndex(_ number: Int, into output: OutputBuffer) {
        output.count &+= PrefixInteger.encode(
            number, prefix: 7, pattern: 0x80, to: output.reserve(PrefixInteger.longest))
    }

    @inline(never)
    private mutating func search(
        _ turn: Int, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ choice: FieldIndexing?,
        into output: OutputBuffer
    ) {
        guard let nameStart = name.baseAddress else { return }
        let valueStart = value.baseAddress ?? nameStart
        let nameHash = ByteRun.hash(nameStart, name.count)
        let staticIndex = statics.index(of: nameStart, name.count, hash: nameHash)
        var indexing =
            choice ?? .default(staticIndex: UInt8(truncatingIfNeeded: staticIndex), valueCount: value.count)
        guard indexing != .never else { return writeLiteral(staticIndex, name, value, .never, into: output) }

        if staticIndex > 0 {
            let whole = statics.index(ofNameAt: staticIndex, value: valueStart, value.count)
            if whole > 0 { return writeIndex(whole, into: output) }
        }
        let hash = ByteRun.hash(valueStart, value.count, from: nameHash)
        let age = index.find(hash, name, value, in: table)
        if age > 0 {
            index.remember(turn, age: age, in: table)
            return writeIndex(statics.count &+ age, into: output)
        }

        if indexing == .whenRepeated { indexing = index.noteSeen(hash) ? .incremental : .without }
        // A field that takes most of the table would push out nearly all others.
        let size = name.count &+ value.count &+ TableEntry.overhead
        if size > table.maximumSize &- table.maximumSize / 4 { indexing = .without }
        var nameIndex = staticIndex
        if nameIndex == 0 {
            let age = index.find(name: name, nameHash, in: table)
            if age > 0 { nameIndex = statics.count &+ age }
        }
        writeLiteral(nameIndex, name, value, indexing, into: output)
        if indexing == .incremental {
            index.insert(name, value, nameHash: nameHash, hash: hash, into: &table)
            index.remember(turn, age: 1, in: table)
        }
    }

    /// A field whose value, at least, is written out (RFC 7541 §6.2).
    private func writeLiteral(
        _ nameIndex: Int, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ indexing: FieldIndexing,
        into output: OutputBuffer
    ) {
        let place = output.reserve(PrefixInteger.longest)
        let size =
            switch indexing {
            case .incremental: PrefixInteger.encode(nameIndex, prefix: 6, pattern: 0x40, to: place)
            case .without, .whenRepeated: PrefixInteger.encode(nameIndex, prefix: 4, pattern: 0, to: place)
            case .never: PrefixInteger.encode(nameIndex, prefix: 4, pattern: 0x10, to: place)
            }
        output.count &+= size
        if nameIndex == 0 { writeString(name, into: output) }
        writeString(value, into: output)
    }

    /// A string, in Huffman code when that is shorter (RFC 7541 §5.2).
    private func writeString(_ string: UnsafeRawBufferPointer, into output: OutputBuffer) {
        let place = output.reserve(string.count &+ PrefixInteger.longest)
        guard let start = string.baseAddress, string.count > 0 else {
            place.storeBytes(of: 0, as: UInt8.self)
            output.count &+= 1
            return
        }
        let coded = huffman.encodedCount(start, string.count)
        if coded < string.count {
            let size = PrefixInteger.encode(coded, prefix: 7, pattern: 0x80, to: place)
            huffman.encode(start, string.count, to: place + size)
            output.count &+= size &+ coded
        } else {
            let size = PrefixInteger.encode(string.count, prefix: 7, pattern: 0, to: place)
            (place + size).copyMemory(from: start, byteCount: string.count)
            output.count &+= size &+ string.count
        }
    }
}
