import HTTPTypes
import NIOCore
import SAGITesting

@testable import SAGIToolkit

/// Makes out content in a coding, all of it or piece by piece.
final class Reader {
    private let decoder: any ContentDecoder

    init(_ coding: ContentCoding) throws { decoder = try coding.decoder().orThrow() }

    /// What can be made out of all that has come so far, and was not returned before.
    func read(_ bytes: ByteBuffer) throws -> String {
        var (input, output) = (bytes, ByteBuffer())
        try decoder.decode(&input, into: &output, limit: 1 << 30)
        return String(buffer: output)
    }

    var isAtEnd: Bool { decoder.isAtEnd }
}

struct Missing: Error {}

extension Optional {
    func orThrow() throws -> Wrapped {
        guard let self else { throw Missing() }
        return self
    }
}

/// What `bytes` are made of; throws when they are cut off.
func decoded(_ bytes: ByteBuffer, _ coding: ContentCoding) throws -> String {
    let reader = try Reader(coding)
    let text = try reader.read(bytes)
    guard reader.isAtEnd else { throw CodingError.invalidData }
    return text
}

/// `text` as a client would send it.
func encoded(_ text: String, _ coding: ContentCoding) throws -> ByteBuffer {
    try Compression.Coding(coding).encode(ByteBuffer(string: text))
}

extension TestResponse {
    /// The content, made out as `Content-Encoding` says.
    var plain: String {
        get throws {
            guard let name = headerFields[.contentEncoding] else { return text }
            return try decoded(body, ContentCoding(name: name).orThrow())
        }
    }
}
