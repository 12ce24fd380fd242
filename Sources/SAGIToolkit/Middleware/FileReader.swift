import NIOCore
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a part of a file that an application sends, for middleware that needs its bytes.
struct FileReader: Sendable {
    /// How many bytes there are to read: no more than the file has.
    let count: Int
    private let offset: Int
    private let name: String
    private let raw: CInt
    /// Of a file that was opened here.
    private let descriptor: Descriptor?

    /// - Throws: ``ExchangeError/file(_:reason:)``, as the server does.
    init(_ range: FileRange) throws {
        switch range.source {
        case .path(let path):
            name = path
            guard let opened = try? Descriptor.file(path) else {
                throw ExchangeError.file(path, reason: "it cannot be opened for reading")
            }
            descriptor = opened
            raw = opened.raw
        case .descriptor(let number):
            name = "with the descriptor \(number)"
            descriptor = nil
            raw = number
        }
        guard let status = try? FileStatus(of: raw), status.kind == .file else {
            throw ExchangeError.file(name, reason: "it is no regular file")
        }
        guard range.offset >= 0, range.length ?? 0 >= 0 else {
            throw ExchangeError.file(name, reason: "the offset and the length must not be negative")
        }
        offset = range.offset
        let rest = max(0, status.size - offset)
        if let length = range.length, rest > 0, length > rest {
            throw ExchangeError.file(name, reason: "it has only \(rest) bytes from offset \(offset) on")
        }
        count = min(range.length ?? rest, rest)
    }

    /// Calls `body` with one piece after the other. The file is read off the event loop.
    nonisolated(nonsending) func forEachPiece(
        of size: Int, _ body: nonisolated(nonsending) (ByteBuffer) async throws -> Void
    ) async throws {
        var position = 0
        while position < count {
            let (from, length) = (position, min(size, count - position))
            let piece = try await offLoop { try read(from, length) }
            position += piece.readableBytes
            try await body(piece)
        }
        withExtendedLifetime(descriptor) {}
    }

    private func read(_ position: Int, _ length: Int) throws -> ByteBuffer {
        var piece = ByteBuffer()
        var failure: CInt?
        piece.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
            while true {
                let count = pread(raw, space.baseAddress, length, off_t(offset + position))
                if count > 0 { return count }
                if count < 0, errno == EINTR { continue }
                failure = count < 0 ? errno : 0
                return 0
            }
        }
        if let failure {
            let reason = failure == 0 ? "it has become shorter" : String(cString: strerror(failure))
            throw ExchangeError.file(name, reason: reason)
        }
        return piece
    }
}
