import NIOCore
import Testing

@testable import SAGIToolkit

/// The encoders and decoders by themselves.
@Suite("Content codings")
struct CodingTests {
    /// Text, noise, nothing, and much of the same.
    static let samples: [[UInt8]] = {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let text = (0..<20_000).map { "line \($0 % 977) of a text, " }.joined()
        return [[], [0], Array("hello".utf8), Array(text.utf8), noise, [UInt8](repeating: 7, count: 3_000_000)]
    }()

    private func decode(_ bytes: ByteBuffer, _ coding: ContentCoding, piece: Int, room: Int) throws -> [UInt8] {
        let decoder = try coding.decoder().orThrow()
        var (rest, result) = (bytes, [UInt8]())
        while true {
            var input = rest.readSlice(length: min(piece, rest.readableBytes)) ?? ByteBuffer()
            let isLast = rest.readableBytes == 0
            while true {
                var output = ByteBuffer()
                try decoder.decode(&input, into: &output, limit: room)
                #expect(output.readableBytes <= room)
                result += output.readableBytesView
                if output.readableBytes < room { break }
            }
            #expect(input.readableBytes == 0)
            if isLast { break }
        }
        #expect(decoder.isAtEnd)
        return result
    }

    @Test("what was encoded is made out again, in pieces of any size", arguments: ContentCoding.allCases)
    func roundTrip(coding: ContentCoding) throws {
        for sample in Self.samples {
            for level in [coding.levels.lowerBound, coding.defaultLevel] {
                let encoder = try coding.encoder(level: level, size: level == coding.defaultLevel ? sample.count : nil)
                    .orThrow()
                var encoded = ByteBuffer()
                for start in stride(from: 0, to: sample.count, by: 70_001) {
                    let piece = ByteBuffer(bytes: sample[start..<min(sample.count, start + 70_001)])
                    try encoder.encode(piece, .process, into: &encoded)
                }
                try encoder.encode(ByteBuffer(), .finish, into: &encoded)
                #expect(try decode(encoded, coding, piece: 1 << 30, room: 1 << 16) == sample)
                let piece = max(1, encoded.readableBytes / 300)
                #expect(try decode(encoded, coding, piece: piece, room: 10_007) == sample)
            }
        }
    }

    @Test("every level works, and one beyond them is the nearest", arguments: ContentCoding.allCases)
    func levels(coding: ContentCoding) throws {
        let text = String(repeating: "some text that is long enough ", count: 100)
        for level in Array(coding.levels) + [-100, 100] {
            let bytes = try Compression.Coding(coding, level: level).encode(ByteBuffer(string: text))
            #expect(bytes.readableBytes < 200)
            #expect(try decoded(bytes, coding) == text)
        }
    }

    @Test("a flush lets the reader have everything so far", arguments: ContentCoding.allCases)
    func flush(coding: ContentCoding) throws {
        let encoder = try coding.encoder(level: coding.defaultLevel, size: nil).orThrow()
        let reader = try Reader(coding)
        for number in 0..<50 {
            let text = "part \(number), " + String(repeating: "\(number)", count: number * number)
            var output = ByteBuffer()
            try encoder.encode(ByteBuffer(string: text), .process, into: &output)
            try encoder.encode(ByteBuffer(), .flush, into: &output)
            #expect(try reader.read(output) == text)
        }
        #expect(!reader.isAtEnd)
        var output = ByteBuffer()
        try encoder.encode(ByteBuffer(), .finish, into: &output)
        #expect(try reader.read(output) == "")
        #expect(reader.isAtEnd)
    }

    @Test("what is cut off is not whole, wherever it is", arguments: ContentCoding.allCases)
    func truncated(coding: ContentCoding) throws {
        let bytes = try encoded(String(repeating: "abc", count: 100), coding)
        for length in 0..<bytes.readableBytes {
            let part = try bytes.getSlice(at: 0, length: length).orThrow()
            #expect(throws: CodingError.self) { try decoded(part, coding) }
        }
    }

    @Test("broken bytes are an error or other bytes, and nothing else", arguments: ContentCoding.allCases)
    func broken(coding: ContentCoding) throws {
        let bytes = try encoded(CodingTests.samples[3].map { String($0) }.joined(), coding)
        for _ in 0..<300 {
            var copy = Array(bytes.readableBytesView)
            for _ in 0..<Int.random(in: 1...4) { copy[Int.random(in: 0..<copy.count)] = .random(in: 0...255) }
            let decoder = try coding.decoder().orThrow()
            var (input, output) = (ByteBuffer(bytes: copy), ByteBuffer())
            try? decoder.decode(&input, into: &output, limit: 1 << 20)
            #expect(output.readableBytes <= 1 << 20)
        }
    }

    @Test("names are read in any case")
    func names() {
        for coding in ContentCoding.allCases {
            #expect(ContentCoding(name: coding.name.uppercased()) == coding)
        }
        #expect(ContentCoding(name: "x-gzip") == .gzip)
        #expect(ContentCoding(name: "compress") == nil)
        #expect(ContentCoding(name: "identity") == nil)
    }
}
