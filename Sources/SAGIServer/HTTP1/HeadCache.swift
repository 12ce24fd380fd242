import HTTP1
import HTTPSemantics
import HTTPTypes

/// Response heads that an application sends again and again, as bytes.
///
/// An application that keeps its head in a constant sends the same array of fields each time. Writing it out
/// costs more than all the rest of a small response, so the bytes of the last few such heads are kept.
struct HeadCache {
    private struct Entry {
        /// Keeps the storage alive, and unchanged, which `key` stands for.
        let fields: HTTPFields
        let key: UInt
        let status: Int
        let bytes: [UInt8]
        let facts: ResponseFacts
    }

    private var entries: [Entry] = []
    private var next = 0
    private var sightings = Sightings()

    private static let capacity = 8

    /// Writes the head into `output`: from the cache, or by the encoder.
    @inline(__always)
    mutating func write(
        _ status: Int, _ fields: HTTPFields, into output: OutputBuffer
    ) throws(InvalidField) -> ResponseFacts {
        guard HTTPFields.hasIdentity else { return try ResponseEncoder.writeStart(status, fields, into: output) }
        let key = fields.identity
        for index in entries.indices where entries[index].key == key && entries[index].status == status {
            output.append(entries[index].bytes)
            return entries[index].facts
        }
        return try encode(status, fields, key, into: output)
    }

    @inline(never)
    private mutating func encode(
        _ status: Int, _ fields: HTTPFields, _ key: UInt, into output: OutputBuffer
    ) throws(InvalidField) -> ResponseFacts {
        let start = output.count
        let facts = try ResponseEncoder.writeStart(status, fields, into: output)
        guard sightings.isWorthKeeping(key) else { return facts }
        let bytes = Array(output.bytes[start..<output.count])
        let entry = Entry(fields: fields, key: key, status: status, bytes: bytes, facts: facts)
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
        return facts
    }
}
