import CPlatform
import NIOCore
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a file could not be written.
public enum FileWriteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is something of that name already; nothing is overwritten.
    case exists(path: String)
    /// The system says no, and why.
    case failed(path: String, reason: String)

    public var description: String {
        switch self {
        case .exists(let path): "The file \(path) is not written: there is something of that name already."
        case .failed(let path, let reason): "The file \(path) cannot be written: \(reason)."
        }
    }

    init(_ path: String, code: CInt) {
        self = code == EEXIST ? .exists(path: path) : .failed(path: path, reason: String(cString: strerror(code)))
    }
}

/// A file that was not there before, and is removed again unless it becomes whole. All of it blocks.
final class NewFile: Sendable {
    private let path: String
    private let descriptor: Descriptor

    /// Makes the file. A symbolic link in its place is not followed, not even a dangling one.
    init(_ path: String) throws(FileWriteError) {
        guard !path.utf8.contains(0) else { throw .failed(path: path, reason: "its name has a NUL") }
        let raw = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw FileWriteError(path, code: errno) }
        self.path = path
        descriptor = Descriptor(raw)
    }

    func write(_ bytes: ByteBuffer) throws(FileWriteError) {
        if let code = descriptor.write(bytes) { throw FileWriteError(path, code: code) }
    }

    /// Removes the file, if it is still the one of that name.
    func remove() {
        var named = sagi_file_status()
        var own = sagi_file_status()
        guard sagi_status_of_link(path, &named) == 0, sagi_status_of_descriptor(descriptor.raw, &own) == 0,
            named.inode == own.inode, named.device == own.device
        else { return }
        _ = unlink(path)
    }

    /// Has the system say what went wrong with what was written, where it says so only on closing.
    func check() throws(FileWriteError) {
        let copy = dup(descriptor.raw)
        guard copy >= 0, close(copy) == 0 else { throw FileWriteError(path, code: errno) }
    }

    /// Writes pieces until there are no more, off the event loop.
    ///
    /// - Returns: the number of bytes.
    static nonisolated(nonsending) func write(
        to path: String, _ next: nonisolated(nonsending) () async throws -> ByteBuffer?
    ) async throws -> Int {
        let file = try await offLoop { try NewFile(path) }
        do {
            var count = 0
            while let bytes = try await next() {
                try await offLoop { try file.write(bytes) }
                count += bytes.readableBytes
            }
            try await offLoop { try file.check() }
            return count
        } catch {
            try? await offLoop { file.remove() }
            throw error
        }
    }
}

extension Descriptor {
    /// Writes all of the bytes.
    ///
    /// - Returns: the errno of a failure.
    func write(_ bytes: ByteBuffer) -> CInt? {
        bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                let count = systemWrite(raw, base, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                rest = rest.dropFirst(count)
            }
            return nil
        }
    }

    /// Reads `count` bytes from `start` on; `nil` when they cannot be read.
    func read(count: Int, from start: Int = 0) -> ByteBuffer? {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count)
        while buffer.readableBytes < count {
            let offset = off_t(start + buffer.readableBytes)
            let wanted = count - buffer.readableBytes
            let result = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { bytes in
                max(0, pread(raw, bytes.baseAddress, wanted, offset))
            }
            guard result > 0 else { return nil }
        }
        return buffer
    }
}

// The method of the same name would be meant.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
