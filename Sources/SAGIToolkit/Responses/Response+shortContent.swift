import HTTPTypes
import NIOCore
import SAGI
import Synchronization

extension Response {
    /// The longest content that is gathered, in bytes.
    private static let limit = 1 << 20

    /// The content as a whole: a file of up to 1 MiB, and what is written of which `Content-Length` says so; `nil` for
    /// anything else, which may be long, or never end.
    ///
    /// - Throws: what a streaming function throws, or writes beyond its promise.
    nonisolated(nonsending) func shortContent(_ connection: any ConnectionState) async throws -> ByteBuffer? {
        let promise = self[.contentLength].flatMap { Int($0) }
        switch body {
        case .empty: return ByteBuffer()
        case .bytes(let bytes): return bytes
        case .file(let range):
            let reader = try FileReader(range)
            guard reader.count <= Self.limit else { return nil }
            let gathered = Gathered(limit: reader.count)
            try await gathered.add(reader)
            return gathered.content
        case .stream(let write):
            guard let promise, promise <= Self.limit else { return nil }
            let gathered = Gathered(limit: promise)
            try await write(ResponseWriter(Send(gathered), connection))
            return gathered.content
        }
    }
}

/// Keeps the content that is sent.
private final class Gathered: EventSink {
    private let limit: Int
    private let bytes = Mutex(ByteBuffer())

    init(limit: Int) { self.limit = limit }

    var content: ByteBuffer { bytes.withLock { $0 } }

    func offer(_ event: HTTPResponseEvent) throws -> Bool { false }

    nonisolated(nonsending) func send(_ event: HTTPResponseEvent) async throws {
        switch event {
        case .body(let piece, _): try add(piece)
        case .file(let range, _): try await add(FileReader(range))
        case .start, .informational, .trailers, .flush: break
        }
    }

    nonisolated(nonsending) func add(_ file: FileReader) async throws {
        try await file.forEachPiece(of: 64 * 1024) { try self.add($0) }
    }

    private func add(_ piece: ByteBuffer) throws {
        try bytes.withLock { bytes in
            guard bytes.readableBytes + piece.readableBytes <= limit else {
                throw ExchangeError.contentLengthExceeded(promised: limit)
            }
            bytes.writeImmutableBuffer(piece)
        }
    }
}
