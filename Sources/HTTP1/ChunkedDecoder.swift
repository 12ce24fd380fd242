import HTTPSemantics
import NIOCore

/// Takes the chunked transfer coding off a body (RFC 9112 §7.1).
struct ChunkedDecoder: Sendable {
    private enum Step: Sendable {
        /// In the digits of a chunk's size.
        case size(value: Int, digits: Int)
        /// In white space after the size, which only an extension may follow.
        case blank(size: Int)
        /// In the extensions. Bytes are checked and dropped.
        case chunkExtension(size: Int)
        /// After the CR that ends the line of a size.
        case sizeLineFeed(size: Int)
        case data(remaining: Int)
        case dataCarriageReturn
        case dataLineFeed
        /// At the start of a line of the trailer section.
        case trailer
        case ended
    }

    private var step = Step.size(value: 0, digits: 0)
    private var extensionBytes = 0
    private var bodyBytes = 0
    private(set) var trailer: [(name: String, value: String)] = []
    private var trailerBytes = 0

    /// Takes what `input` holds of the body.
    ///
    /// - Returns: the data found, several chunks joined, and whether more follows; `nil` when nothing can be
    ///   said before more input has arrived.
    mutating func next(
        _ input: inout ByteBuffer, limits: HTTP1Limits, maximum: Int
    ) throws(HTTP1Error) -> BodyPart? {
        var gathered: ByteBuffer?
        while true {
            if case .ended = step { return BodyPart(bytes: gathered ?? ByteBuffer(), more: false) }
            if case .data(let remaining) = step {
                let room = maximum - (gathered?.readableBytes ?? 0)
                let count = min(remaining, input.readableBytes, room)
                if count == 0 { return gathered.map { BodyPart(bytes: $0, more: true) } }
                if var bytes = input.readSlice(length: count) {
                    if gathered == nil { gathered = bytes } else { gathered?.writeBuffer(&bytes) }
                }
                step = remaining == count ? .dataCarriageReturn : .data(remaining: remaining - count)
                continue
            }
            if case .trailer = step {
                guard try readTrailerLine(&input, limits: limits) else {
                    return gathered.map { BodyPart(bytes: $0, more: true) }
                }
                continue
            }
            guard let byte: UInt8 = input.readInteger() else {
                return gathered.map { BodyPart(bytes: $0, more: true) }
            }
            try take(byte, limits: limits)
        }
    }

    private mutating func take(_ byte: UInt8, limits: HTTP1Limits) throws(HTTP1Error) {
        switch step {
        case .size(let value, let digits):
            if let digit = PercentCoding.hexValue(byte) {
                // Fifteen digits are more than any limit, and cannot overflow.
                guard digits < 15 else { throw .malformedChunk }
                step = .size(value: value << 4 | Int(digit), digits: digits + 1)
                return
            }
            guard digits > 0 else { throw .malformedChunk }
            try endSize(byte, size: value, limits: limits)
        case .blank(let size):
            guard byte == UInt8(ascii: ";") || FieldSyntax.isBlank(byte) else { throw .malformedChunk }
            try endSize(byte, size: size, limits: limits)
        case .chunkExtension(let size):
            try endSize(byte, size: size, limits: limits)
        case .sizeLineFeed(let size):
            guard byte == 0x0A else { throw .bareCarriageReturn }
            try begin(size, limits: limits)
        case .dataCarriageReturn:
            if byte == 0x0A, limits.allowsBareLineFeed {
                step = .size(value: 0, digits: 0)
                return
            }
            guard byte == 0x0D else { throw .malformedChunk }
            step = .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0A else { throw .malformedChunk }
            step = .size(value: 0, digits: 0)
        case .data, .trailer, .ended:
            break
        }
    }

    /// Takes a byte after the digits: the line's end, or a part of an extension, which is dropped
    /// (RFC 9112 §7.1.1).
    private mutating func endSize(_ byte: UInt8, size: Int, limits: HTTP1Limits) throws(HTTP1Error) {
        switch byte {
        case 0x0D:
            step = .sizeLineFeed(size: size)
        case 0x0A:
            guard limits.allowsBareLineFeed else { throw .bareLineFeed }
            try begin(size, limits: limits)
        default:
            guard byte >= 0x20 || byte == 0x09, byte != 0x7F else { throw .malformedChunk }
            extensionBytes += 1
            guard extensionBytes <= limits.chunkExtensions else { throw .chunkExtensionsTooLarge }
            if case .chunkExtension = step { return }
            switch byte {
            case UInt8(ascii: ";"): step = .chunkExtension(size: size)
            case 0x20, 0x09: step = .blank(size: size)
            default: throw .malformedChunk
            }
        }
    }

    private mutating func begin(_ size: Int, limits: HTTP1Limits) throws(HTTP1Error) {
        guard size > 0 else {
            step = .trailer
            return
        }
        bodyBytes += size
        if let limit = limits.body, bodyBytes > limit { throw .bodyTooLarge }
        step = .data(remaining: size)
    }

    /// Reads one line of the trailer section (RFC 9112 §7.1.2). False when it has not arrived whole.
    private mutating func readTrailerLine(_ input: inout ByteBuffer, limits: HTTP1Limits) throws(HTTP1Error) -> Bool {
        let view = input.readableBytesView
        guard let lineFeed = view.firstIndex(of: 0x0A) else {
            if trailerBytes + view.count > limits.trailerSection { throw .trailerSectionTooLarge }
            return false
        }
        let count = lineFeed - view.startIndex + 1
        trailerBytes += count
        if trailerBytes > limits.trailerSection { throw .trailerSectionTooLarge }
        let line = input.withUnsafeReadableBytes { Array($0[0..<count]) }
        input.moveReaderIndex(forwardBy: count)
        let end: Int
        if line.count >= 2, line[line.count - 2] == 0x0D {
            end = line.count - 2
        } else {
            guard limits.allowsBareLineFeed else { throw .bareLineFeed }
            end = line.count - 1
        }
        if end == 0 {
            step = .ended
            return true
        }
        guard trailer.count < limits.fieldCount else { throw .trailerSectionTooLarge }
        guard !FieldSyntax.isBlank(line[0]) else { throw .obsoleteLineFolding }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { throw .malformedFieldLine }
        guard FieldSyntax.isToken(line[0..<colon]) else { throw .invalidFieldName }
        var value = ""
        let isValid = line[(colon + 1)..<end].withUnsafeBytes { bytes in
            value = PercentCoding.text(FieldSyntax.trimmed(bytes))
            return FieldSyntax.isFieldValue(bytes)
        }
        guard isValid else { throw .invalidFieldValue }
        trailer.append((String(decoding: line[0..<colon], as: UTF8.self).lowercased(), value))
        return true
    }
}
