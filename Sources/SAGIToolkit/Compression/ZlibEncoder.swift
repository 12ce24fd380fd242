import CZlib
import NIOCore

/// `gzip` and `deflate`, with zlib.
final class ZlibEncoder: ContentEncoder {
    // zlib keeps the address of this, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init?(level: Int, isGzip: Bool) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the window of 32 KiB, and 16 more asks for the format of gzip; 8 is zlib's own choice of memory: 256 KiB
        // in all.
        let code = deflateInit2_(
            stream, CInt(level), Z_DEFLATED, isGzip ? 15 + 16 : 15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
    }

    deinit {
        // Of a stream that was never made it says that, and does nothing.
        _ = deflateEnd(stream)
        stream.deallocate()
    }

    func encode(
        _ input: UnsafeRawBufferPointer, _ step: EncodingStep, into output: inout ByteBuffer
    ) throws(CodingError) {
        let flush =
            switch step {
            case .process: Z_NO_FLUSH
            case .flush: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = uInt(input.count)
        while true {
            var code = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4096) { space in
                let count = min(space.count, 1 << 20)
                stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = uInt(count)
                code = deflate(stream, flush)
                return count - Int(stream.pointee.avail_out)
            }
            // Z_BUF_ERROR says that there was nothing to do, which is no error.
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw .failed }
            if code == Z_STREAM_END { return }
            // Room that is left means that there is no more to come.
            if stream.pointee.avail_out > 0 {
                guard step != .finish else { throw .failed }
                return
            }
        }
    }
}
