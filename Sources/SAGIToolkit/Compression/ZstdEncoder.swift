import CZstd
import NIOCore

/// `zstd`, with the library of its inventors.
final class ZstdEncoder: ContentEncoder {
    private let context: OpaquePointer

    init?(level: Int, size: Int?) {
        guard let context = ZSTD_createCCtx() else { return nil }
        self.context = context
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level))
        // How far back it refers, as a power of two. The library fits its tables to that only when it knows the size;
        // with its own choice the highest levels take 80 MiB.
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 18)
        if let size {
            _ = ZSTD_CCtx_setPledgedSrcSize(context, UInt64(size))
        } else if level > 5 {
            _ = ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 18)
            _ = ZSTD_CCtx_setParameter(context, ZSTD_c_chainLog, 18)
        }
    }

    deinit { ZSTD_freeCCtx(context) }

    func encode(
        _ input: UnsafeRawBufferPointer, _ step: EncodingStep, into output: inout ByteBuffer
    ) throws(CodingError) {
        let directive =
            switch step {
            case .process: ZSTD_e_continue
            case .flush: ZSTD_e_flush
            case .finish: ZSTD_e_end
            }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while true {
            var rest = 0
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4096) { space in
                var target = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
                rest = ZSTD_compressStream2(context, &target, &source, directive)
                return target.pos
            }
            guard ZSTD_isError(rest) == 0 else { throw .failed }
            if source.pos == source.size, step == .process || rest == 0 { return }
        }
    }
}
