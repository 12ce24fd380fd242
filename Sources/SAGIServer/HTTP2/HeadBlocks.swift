import HPACK
import HTTP2
import HTTPSemantics
import HTTPTypes

/// Response heads that an application sends again and again, as header blocks of one connection.
///
/// Encoding a head anew costs as much as all the rest of a small response. A block is the same again as long as the
/// dynamic table, the server's own fields and the length are.
struct HeadBlocks {
    /// What a block depends on, besides the fields.
    struct Key: Equatable {
        var status: Int
        /// The length that the server adds, or -1.
        var length: Int
        var tableVersion: Int
        var serverFields: Int
    }

    private struct Entry {
        /// Keeps the storage alive, and unchanged, which `identity` stands for.
        let fields: HTTPFields
        let identity: UInt
        let facts: ResponseFacts
        var key: Key?
        var block: [UInt8] = []
    }

    private var entries: [Entry] = []
    private var next = 0
    private var sightings = Sightings()

    private static let capacity = 4

    /// Checks the fields, and learns from them.
    mutating func facts(_ status: Int, _ fields: HTTPFields) throws(InvalidField) -> ResponseFacts {
        // The length of a 204 is left out, which is not worth keeping apart.
        guard HTTPFields.hasIdentity, status != 204 else { return try Self.check(status, fields) }
        let identity = fields.identity
        for index in entries.indices where entries[index].identity == identity { return entries[index].facts }
        let facts = try Self.check(status, fields)
        guard sightings.isWorthKeeping(identity) else { return facts }
        let entry = Entry(fields: fields, identity: identity, facts: facts)
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
        return facts
    }

    static func check(_ status: Int, _ fields: HTTPFields) throws(InvalidField) -> ResponseFacts {
        var facts = ResponseFacts()
        for field in fields {
            // RFC 9110 §8.6: no Content-Length in a 1xx or 204.
            let isSent = try facts.note(
                field.name.canonicalName, field.value, allowsLength: status >= 200 && status != 204)
            guard !isSent || field.withUnsafeBytesOfValue({ FieldSyntax.isFieldValue(UnsafeRawBufferPointer($0)) })
            else { throw InvalidField(name: field.name.rawName) }
        }
        return facts
    }

    /// The block that was kept for this head.
    @inline(__always)
    func find(_ fields: HTTPFields, _ key: Key) -> [UInt8]? {
        guard HTTPFields.hasIdentity else { return nil }
        let identity = fields.identity
        for index in entries.indices where entries[index].identity == identity && entries[index].key == key {
            return entries[index].block
        }
        return nil
    }

    /// Keeps a block, when its fields are worth it.
    mutating func keep(_ block: UnsafeRawBufferPointer, _ fields: HTTPFields, _ key: Key) {
        guard HTTPFields.hasIdentity else { return }
        let identity = fields.identity
        for index in entries.indices where entries[index].identity == identity {
            entries[index].key = key
            entries[index].block = Array(block)
        }
    }
}

extension HPACKEncoder {
    /// Encodes fields that have been checked.
    func encode(_ fields: HTTPFields, allowsLength: Bool, into output: OutputBuffer) {
        var facts = ResponseFacts()
        for field in fields {
            var name = field.name.canonicalName
            guard (try? facts.note(name, field.value, allowsLength: allowsLength)) ?? false else { continue }
            field.withUnsafeBytesOfValue { value in
                let value = FieldSyntax.trimmed(UnsafeRawBufferPointer(value))
                name.withUTF8 { encode(name: UnsafeRawBufferPointer($0), value: value, into: output) }
            }
        }
    }

    func encode(_ name: StaticString, _ value: String, into output: OutputBuffer) {
        var value = value
        value.withUTF8 { value in
            encode(
                name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
                value: UnsafeRawBufferPointer(value), into: output)
        }
    }
}
