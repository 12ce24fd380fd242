import CZstd
import NIOCore

/// `zstd`, with the library of its inventors.
final class ZstdDecoder: ContentDecoder {
    private let context: OpaquePointer
    private(set) var isAtEnd = false

    init?() {
        guard let context = ZSTD_createDCtx() else { return nil }
        self.context = context
        // RFC 9659 §3: no more than 8 MiB, so no more than that is ever kept.
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)
    }

    deinit { ZSTD_freeDCtx(context) }

    func decode(_ input: inout ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(CodingError) {
        while output.readableBytes < limit {
            // Another frame may follow one that has ended (RFC 8878 §3.1).
            if isAtEnd, input.readableBytes == 0 { return }
            let step = decodingStep(&input, &output, limit - output.readableBytes) { source, space in
                var from = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var to = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
                let rest = ZSTD_decompressStream(context, &to, &from)
                let state: DecodingStep.State =
                    ZSTD_isError(rest) != 0
                    ? .invalid : rest == 0 ? .ended : from.pos == 0 && to.pos == 0 ? .needsInput : .goesOn
                return DecodingStep(taken: from.pos, made: to.pos, state: state)
            }
            switch step.state {
            case .goesOn: isAtEnd = false
            case .ended: isAtEnd = true
            case .needsInput: return
            case .invalid: throw .invalidData
            }
        }
    }
}
