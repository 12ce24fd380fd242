import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension OpenFile {
    /// Reads from the start of the part, at most `size` bytes and at least one. It may block.
    func read(upTo size: Int) -> Result<ByteBuffer, FileFailure> {
        let size = min(count, size)
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        var failure: FileFailure?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
            let count = pread(descriptor, bytes.baseAddress, size, off_t(offset))
            if count < 0 { failure = .read(errno) }
            if count == 0 { failure = .truncated }
            return max(0, count)
        }
        return failure.map { .failure($0) } ?? .success(buffer)
    }

    /// The same on a thread of the pool. It fails when the pool is shut down.
    func read(
        upTo size: Int, on pool: NIOThreadPool, for eventLoop: any EventLoop
    ) -> EventLoopFuture<Result<ByteBuffer, FileFailure>> {
        pool.runIfActive(eventLoop: eventLoop) { self.read(upTo: size) }
    }

    /// A piece of it has been read.
    mutating func advance(_ size: Int) {
        offset += size
        count -= size
    }
}
