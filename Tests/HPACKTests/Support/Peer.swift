import HPACK
import HTTPSemantics

/// A field as text, to be compared.
struct TextField: Equatable, Hashable, Sendable, CustomStringConvertible {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    var description: String { "\(name): \(value)" }
}

/// What a decoder made of a block.
struct DecodedList: Equatable {
    var result: FieldListResult
    var fields: [TextField]
    var details: [DecodedField]
}

extension HPACKDecoder {
    /// Decodes a block, in memory of exactly its size.
    func list(_ block: [UInt8], limits: FieldListLimits = FieldListLimits()) throws(HPACKError) -> DecodedList {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: block.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: block)
        var head = RequestHead()
        let result = try decode(UnsafeRawBufferPointer(memory), limits: limits, into: &head)
        return DecodedList(
            result: result, fields: fields.map { TextField(head.text($0.name), head.text($0.value)) },
            details: Array(fields))
    }

    var table: [TextField] { tableEntries.map { TextField($0.name, $0.value) } }

    /// Why a block cannot be decoded.
    func error(_ block: [UInt8]) -> HPACKError? {
        do throws(HPACKError) {
            _ = try list(block)
            return nil
        } catch {
            return error
        }
    }
}

extension HPACKEncoder {
    /// Encodes a block.
    func block(_ fields: [TextField], _ indexing: FieldIndexing? = nil) -> [UInt8] {
        let output = OutputBuffer(capacity: 16)
        begin(into: output)
        for field in fields { encode(field, indexing, into: output) }
        return Array(output.bytes)
    }

    func encode(_ field: TextField, _ indexing: FieldIndexing? = nil, into output: OutputBuffer) {
        latin(field.name).withUnsafeBytes { name in
            latin(field.value).withUnsafeBytes { value in
                encode(name: name, value: value, indexing: indexing, into: output)
            }
        }
    }

    var table: [TextField] { tableEntries.map { TextField($0.name, $0.value) } }
}

/// The bytes of a text whose characters are all below U+0100.
func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// The bytes that hexadecimal digits stand for.
func hex(_ digits: String) -> [UInt8] {
    let digits = digits.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// An integer of RFC 7541 §5.1 with `pattern` above its prefix.
func integer(_ value: Int, prefix: Int, _ pattern: UInt8) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: PrefixInteger.longest, alignment: 1) { memory in
        guard let start = memory.baseAddress else { return [] }
        let count = PrefixInteger.encode(value, prefix: prefix, pattern: pattern, to: start)
        return Array(memory[..<count])
    }
}

/// A literal without Huffman code: its first byte, then name and value.
func literal(_ first: UInt8, _ name: String, _ value: String) -> [UInt8] {
    [first] + integer(name.utf8.count, prefix: 7, 0) + latin(name) + integer(value.utf8.count, prefix: 7, 0)
        + latin(value)
}

/// A size update (RFC 7541 §6.3).
func sizeUpdate(_ size: Int) -> [UInt8] { integer(size, prefix: 5, 0x20) }
