import NIOCore

/// Compresses content that comes in pieces. One for each response; it is freed with the last reference.
protocol ContentEncoder: AnyObject {
    /// Takes all of `input`, and appends what comes out of it to `output`.
    func encode(_ input: UnsafeRawBufferPointer, _ step: EncodingStep, into output: inout ByteBuffer)
        throws(CodingError)
}

/// How much of what has been taken must come out.
enum EncodingStep: Sendable {
    /// As much as is convenient.
    case process
    /// Everything so far, so that the reader can have it.
    case flush
    /// Everything, and the end.
    case finish
}

/// Why content could not be compressed or made out.
enum CodingError: Error, CustomStringConvertible {
    /// The bytes are not in the format of the coding.
    case invalidData
    /// There was not enough memory, or the library failed for another reason of its own.
    case failed

    var description: String {
        switch self {
        case .invalidData: "The bytes are not in the format of their content coding."
        case .failed: "The compression library failed, most likely for a lack of memory."
        }
    }
}

extension ContentCoding {
    /// Makes an encoder; `nil` when there is not enough memory.
    ///
    /// - Parameters:
    ///   - level: one of ``levels``; another one is the nearest of them.
    ///   - size: how many bytes will be encoded, when all of them are known. It must be true.
    func encoder(level: Int, size: Int?) -> (any ContentEncoder)? {
        let level = min(max(level, levels.lowerBound), levels.upperBound)
        return switch self {
        case .brotli: BrotliEncoder(level: level, size: size)
        case .zstd: ZstdEncoder(level: level, size: size)
        case .gzip: ZlibEncoder(level: level, isGzip: true)
        case .deflate: ZlibEncoder(level: level, isGzip: false)
        }
    }
}
