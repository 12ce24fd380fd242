import HPACK
import SeededRandom
import Testing

@Suite("Encoder and decoder") struct RoundTripTests {
    private static let names = [
        ":path", ":authority", "date", "server", "content-type", "content-length", "cookie", "set-cookie", "x", "te",
        "x-request-id", "accept-encoding", "etag", "a-name-of-some-length",
    ]
    private static let policies: [FieldIndexing?] = [
        nil, nil, .incremental, .incremental, .whenRepeated, .without, .never,
    ]

    private static func value(_ random: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: ""
        case 1: String(repeating: "x", count: Int.random(in: 0...600, using: &random))
        case 2: String((0..<30).map { _ in Character(Unicode.Scalar(UInt8.random(in: 1...255, using: &random))) })
        default: "value \(Int.random(in: 0..<12, using: &random))"
        }
    }

    @Test("Lists at random are read as they were written, whatever becomes of the table's size", arguments: 0..<20)
    func lists(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let encoder = HPACKEncoder(maximumTableSize: 6000)
        let decoder = HPACKDecoder()
        for _ in 0..<200 {
            if Int.random(in: 0..<10, using: &random) == 0 {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let size = [0, 40, 100, 500, 4096, 8000].randomElement(using: &random) ?? 0
                    encoder.setMaximumTableSize(size)
                    decoder.setMaximumTableSize(size)
                }
            }
            let fields = (0..<Int.random(in: 0...25, using: &random)).map { _ in
                TextField(Self.names.randomElement(using: &random) ?? "a", Self.value(&random))
            }
            let policy = Self.policies.randomElement(using: &random) ?? nil
            let list = try decoder.list(encoder.block(fields, policy))
            #expect(list.result == .complete)
            #expect(list.fields == fields.map { TextField($0.name, text(of: $0.value)) })
            #expect(decoder.table == encoder.table)
            #expect(decoder.tableSize == encoder.tableSize)
        }
    }

    /// The text as it is read: some of it may be UTF-8.
    private func text(of value: String) -> String {
        String(validating: latin(value), as: UTF8.self) ?? value
    }
}
