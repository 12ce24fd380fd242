import NIOCore

/// Makes out content that comes in pieces. One for each request; it is freed with the last reference.
protocol ContentDecoder: AnyObject {
    /// Whether what has been taken so far is whole: nothing has begun that has not ended.
    var isAtEnd: Bool { get }

    /// Takes bytes of `input`, and appends what comes out of them to `output`, until that has `limit` bytes or there is
    /// nothing more to be had of the input. When it has `limit` bytes, more may come without any input.
    func decode(_ input: inout ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(CodingError)
}

extension ContentCoding {
    /// Makes a decoder; `nil` when there is not enough memory.
    func decoder() -> (any ContentDecoder)? {
        switch self {
        case .brotli: BrotliDecoder()
        case .zstd: ZstdDecoder()
        case .gzip: ZlibDecoder(isGzip: true)
        case .deflate: ZlibDecoder(isGzip: false)
        }
    }
}

/// What one call of a library did.
struct DecodingStep {
    enum State { case goesOn, ended, needsInput, invalid }

    var taken: Int
    var made: Int
    var state: State
}

/// Calls a library with the readable bytes of `input` and room for up to `count` bytes in `output`.
func decodingStep(
    _ input: inout ByteBuffer, _ output: inout ByteBuffer, _ count: Int,
    _ body: (_ source: UnsafeRawBufferPointer, _ space: UnsafeMutableRawBufferPointer) -> DecodingStep
) -> DecodingStep {
    input.readWithUnsafeReadableBytes { source in
        var step = DecodingStep(taken: 0, made: 0, state: .invalid)
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            step = body(source, UnsafeMutableRawBufferPointer(rebasing: space.prefix(count)))
            return step.made
        }
        return (step.taken, step)
    }
}
