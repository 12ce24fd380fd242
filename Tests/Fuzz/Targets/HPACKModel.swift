import HPACK

/// HPACK in its simplest form, to compare with: arrays, and one bit at a time.
struct HPACKModel {
    struct Entry: Equatable {
        var name: [UInt8]
        var value: [UInt8]

        var size: Int { name.count + value.count + 32 }
    }

    /// What a block ends with that cannot be decoded.
    enum Failure: Error {
        case truncated, overflow, index, huffman, update
    }

    private(set) var table: [Entry] = []
    private var tableSize: Int
    private let largest: Int
    private var rest: ArraySlice<UInt8> = []

    init(maximumTableSize: Int) {
        tableSize = maximumTableSize
        largest = maximumTableSize
    }

    var size: Int { table.reduce(0) { $0 + $1.size } }

    /// The fields before the first error, and the error.
    mutating func decode(_ block: [UInt8]) -> (fields: [Entry], failure: Failure?) {
        rest = block[...]
        var fields: [Entry] = []
        do throws(Failure) {
            while let byte = rest.first {
                if byte & 0x80 != 0 {
                    fields.append(try entry(at: integer(7)))
                } else if byte & 0x40 != 0 {
                    let field = try literal(6)
                    fields.append(field)
                    evict(to: tableSize - field.size)
                    if field.size <= tableSize { table.insert(field, at: 0) }
                } else if byte & 0x20 != 0 {
                    guard fields.isEmpty else { throw .update }
                    let size = try integer(5)
                    guard size <= largest else { throw .update }
                    tableSize = size
                    evict(to: size)
                } else {
                    fields.append(try literal(4))
                }
            }
            return (fields, nil)
        } catch {
            return (fields, error)
        }
    }

    private mutating func evict(to size: Int) {
        while !table.isEmpty, self.size > size { table.removeLast() }
    }

    private func entry(at index: Int) throws(Failure) -> Entry {
        guard index > 0, index <= Self.statics.count + table.count else { throw .index }
        return index <= Self.statics.count ? Self.statics[index - 1] : table[index - Self.statics.count - 1]
    }

    private mutating func literal(_ prefix: Int) throws(Failure) -> Entry {
        let index = try integer(prefix)
        let name = index == 0 ? try string() : try entry(at: index).name
        return Entry(name: name, value: try string())
    }

    private mutating func integer(_ prefix: Int) throws(Failure) -> Int {
        guard let first = rest.popFirst() else { throw .truncated }
        let mask = (1 << prefix) - 1
        var value = Int(first) & mask
        guard value == mask else { return value }
        for place in 0... {
            guard let byte = rest.popFirst() else { throw .truncated }
            guard place < 5 else { throw .overflow }
            value += Int(byte & 0x7F) << (7 * place)
            guard value <= UInt32.max else { throw .overflow }
            if byte < 0x80 { return value }
        }
        throw .overflow
    }

    private mutating func string() throws(Failure) -> [UInt8] {
        guard let first = rest.first else { throw .truncated }
        let count = try integer(7)
        guard count <= rest.count else { throw .truncated }
        let bytes = Array(rest.prefix(count))
        rest.removeFirst(count)
        return first & 0x80 == 0 ? bytes : try Self.huffman(bytes)
    }

    private static func huffman(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var text: [UInt8] = []
        var code = 0
        var length = 0
        for byte in bytes {
            for bit in (0..<8).reversed() {
                code = code << 1 | Int(byte >> UInt8(bit)) & 1
                length += 1
                if let symbol = symbols[length << 32 | code] {
                    text.append(symbol)
                    code = 0
                    length = 0
                }
                guard length < 30 else { throw .huffman }
            }
        }
        guard length < 8, code == (1 << length) - 1 else { throw .huffman }
        return text
    }

    /// The symbol of each code, under its length and itself, as the encoder writes it: eight times the same symbol are
    /// as many bytes as its code has bits.
    private static let symbols: [Int: UInt8] = {
        var symbols: [Int: UInt8] = [:]
        for symbol in UInt8.min ... .max {
            [UInt8](repeating: symbol, count: 8).withUnsafeBytes { text in
                guard let start = text.baseAddress else { return }
                let length = HuffmanCode.shared.encodedCount(start, 8)
                var coded = [UInt8](repeating: 0, count: length)
                coded.withUnsafeMutableBytes { coded in
                    if let place = coded.baseAddress { HuffmanCode.shared.encode(start, 8, to: place) }
                }
                let bits = coded.prefix(4).reduce(0) { $0 << 8 | Int($1) } << (8 * max(0, 4 - length))
                symbols[length << 32 | bits >> (32 - length)] = symbol
            }
        }
        return symbols
    }()

    private static let statics: [Entry] = (1...StaticTable.hpack.count).map { index in
        let entry = StaticTable.hpack.entries[index]
        let start = StaticTable.hpack.bytes + Int(entry.position)
        let bytes = UnsafeRawBufferPointer(start: start, count: entry.count)
        return Entry(
            name: Array(bytes.prefix(Int(entry.nameCount))), value: Array(bytes.dropFirst(Int(entry.nameCount))))
    }

    /// The first entry of the static table with that name, or zero.
    static func staticIndex(of name: [UInt8]) -> Int { (statics.firstIndex { $0.name == name } ?? -1) + 1 }
}
