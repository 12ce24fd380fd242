import CZlib
import NIOCore

/// `gzip` and `deflate`, with zlib.
final class ZlibDecoder: ContentDecoder {
    // zlib keeps the address of this, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let isGzip: Bool
    private(set) var isAtEnd = false

    init?(isGzip: Bool) {
        self.isGzip = isGzip
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = inflateInit2_(stream, isGzip ? 15 + 16 : 15, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
    }

    deinit {
        _ = inflateEnd(stream)
        stream.deallocate()
    }

    func decode(_ input: inout ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(CodingError) {
        while output.readableBytes < limit {
            if isAtEnd {
                guard input.readableBytes > 0 else { return }
                // A gzip file may have several members (RFC 1952 §2.2). What follows a zlib stream is none of it.
                guard isGzip, inflateReset(stream) == Z_OK else { throw .invalidData }
                isAtEnd = false
            }
            let step = decodingStep(&input, &output, limit - output.readableBytes) { source, space in
                let sourceCount = min(source.count, 1 << 20)
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.assumingMemoryBound(to: Bytef.self))
                stream.pointee.avail_in = uInt(sourceCount)
                stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = uInt(clamping: space.count)
                let code = inflate(stream, Z_NO_FLUSH)
                return DecodingStep(
                    taken: sourceCount - Int(stream.pointee.avail_in),
                    made: min(space.count, Int(uInt.max)) - Int(stream.pointee.avail_out),
                    state: code == Z_STREAM_END
                        ? .ended : code == Z_OK ? .goesOn : code == Z_BUF_ERROR ? .needsInput : .invalid)
            }
            switch step.state {
            case .goesOn: break
            case .ended: isAtEnd = true
            case .needsInput: return
            case .invalid: throw .invalidData
            }
        }
    }
}
