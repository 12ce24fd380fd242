import CBrotli
import NIOCore

/// `br`, with the library of its inventors.
final class BrotliDecoder: ContentDecoder {
    private let state: OpaquePointer
    private(set) var isAtEnd = false

    init?() {
        // The parameter for windows beyond 16 MiB stays off, so no more than that is ever kept.
        guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
        self.state = state
    }

    deinit { BrotliDecoderDestroyInstance(state) }

    func decode(_ input: inout ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(CodingError) {
        while output.readableBytes < limit {
            if isAtEnd {
                guard input.readableBytes == 0 else { throw .invalidData }
                return
            }
            let step = decodingStep(&input, &output, limit - output.readableBytes) { source, space in
                var nextIn = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
                var availableIn = source.count
                var nextOut = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                var availableOut = space.count
                let result = BrotliDecoderDecompressStream(
                    state, &availableIn, &nextIn, &availableOut, &nextOut, nil)
                let state: DecodingStep.State =
                    switch result {
                    case BROTLI_DECODER_RESULT_SUCCESS: .ended
                    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: .needsInput
                    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: .goesOn
                    default: .invalid
                    }
                return DecodingStep(
                    taken: source.count - availableIn, made: space.count - availableOut, state: state)
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
