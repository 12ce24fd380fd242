import NIOCore
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file behind a `FileRange`, opened and measured. It is closed with the value, if it was opened here.
final class OpenFile: Sendable {
    /// How many bytes are to be sent.
    let count: Int
    private let descriptor: Descriptor
    private let offset: Int
    private let name: String

    private final class Descriptor: Sendable {
        let number: CInt
        private let isOwned: Bool

        init(_ number: CInt, isOwned: Bool) {
            self.number = number
            self.isOwned = isOwned
        }

        deinit { if isOwned { _ = close(number) } }
    }

    /// - Throws: ``ExchangeError/file(_:reason:)`` when it cannot be opened, is no regular file or is too short.
    init(_ range: FileRange) throws(ExchangeError) {
        let opened: Descriptor
        switch range.source {
        case .path(let path):
            name = path
            // Without waiting: a named pipe must not stop the test.
            let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard number >= 0 else { throw .file(path, reason: Self.sentence(errno)) }
            opened = Descriptor(number, isOwned: true)
        case .descriptor(let number):
            name = "of descriptor \(number)"
            opened = Descriptor(number, isOwned: false)
        }
        var status = stat()
        guard fstat(opened.number, &status) == 0 else { throw .file(name, reason: Self.sentence(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file(name, reason: "it is no regular file") }
        guard range.offset >= 0, range.length ?? 0 >= 0 else {
            throw .file(name, reason: "the offset and the length must not be negative")
        }
        let rest = max(0, Int(status.st_size) - range.offset)
        if let length = range.length, rest > 0, length > rest {
            throw .file(name, reason: "it has only \(rest) bytes from offset \(range.offset) on")
        }
        descriptor = opened
        offset = range.offset
        count = min(rest, range.length ?? rest)
    }

    /// The bytes from `position` of the range on, 64 KiB at most.
    ///
    /// - Throws: ``ExchangeError/file(_:reason:)`` when there are none any more.
    func read(at position: Int) throws -> ByteBuffer {
        let size = min(count - position, 64 * 1024)
        var buffer = ByteBuffer()
        var result = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
            result = pread(descriptor.number, bytes.baseAddress, size, off_t(offset + position))
            return max(0, result)
        }
        guard result >= 0 else { throw ExchangeError.file(name, reason: Self.sentence(errno)) }
        guard result > 0 else { throw ExchangeError.file(name, reason: "it became shorter while it was sent") }
        return buffer
    }

    private static func sentence(_ code: CInt) -> String { String(cString: strerror(code)) }
}
