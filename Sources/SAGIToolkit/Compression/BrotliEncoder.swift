import CBrotli
import NIOCore

/// `br`, with the library of its inventors.
final class BrotliEncoder: ContentEncoder {
    private let state: OpaquePointer

    init?(level: Int, size: Int?) {
        guard let state = BrotliEncoderCreateInstance(nil, nil, nil) else { return nil }
        self.state = state
        _ = BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, UInt32(level))
        // How far back it refers, as a power of two. With more than 64 KiB the levels from 7 on take up to 40 MiB, and
        // the others the more the larger it is; so all stay below 8 MiB, for a few percent more bytes.
        _ = BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, level < 7 ? 18 : 16)
        if let size { _ = BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, UInt32(clamping: size)) }
    }

    deinit { BrotliEncoderDestroyInstance(state) }

    func encode(
        _ input: UnsafeRawBufferPointer, _ step: EncodingStep, into output: inout ByteBuffer
    ) throws(CodingError) {
        let operation =
            switch step {
            case .process: BROTLI_OPERATION_PROCESS
            case .flush: BROTLI_OPERATION_FLUSH
            case .finish: BROTLI_OPERATION_FINISH
            }
        var nextIn = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var availableIn = input.count
        while true {
            var isFine = false
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4096) { space in
                var nextOut = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                var availableOut = space.count
                isFine =
                    BrotliEncoderCompressStream(
                        state, operation, &availableIn, &nextIn, &availableOut, &nextOut, nil) != 0
                return space.count - availableOut
            }
            guard isFine else { throw .failed }
            let isDone = step != .finish || BrotliEncoderIsFinished(state) != 0
            if availableIn == 0, BrotliEncoderHasMoreOutput(state) == 0, isDone { return }
        }
    }
}
