import HTTP1
import HTTPSemantics
import NIOCore

/// The request decoder: whole against split, and the rules that every accepted request keeps.
struct HTTP1Target: FuzzTarget {
    private var buffer = ByteBuffer()
    private var head = RequestHead()

    private static let limits: [HTTP1Limits] = {
        let normal = HTTP1Limits()
        var small = HTTP1Limits()
        small.requestLine = 48
        small.headerSection = 240
        small.fieldCount = 6
        small.body = 48
        small.chunkExtensions = 12
        small.trailerSection = 40
        var lenient = normal
        lenient.allowsBareLineFeed = true
        var unbounded = normal
        unbounded.body = nil
        var smallAndLenient = small
        smallAndLenient.allowsBareLineFeed = true
        return [normal, small, lenient, unbounded, smallAndLenient]
    }()

    /// For requests that have been written anew, which may be longer than they were.
    private static let generous: HTTP1Limits = {
        var limits = HTTP1Limits()
        limits.headerSection = 1 << 20
        limits.trailerSection = 1 << 20
        limits.body = nil
        return limits
    }()

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let limits = Self.limits[random.oneIn(2) ? 0 : random.below(Self.limits.count)]
        var copies: [UInt8]? = []
        let whole = try decode(input, limits: limits, pieces: .whole, maximum: .max, rewritten: &copies)
        var none: [UInt8]?
        let maximum = random.oneIn(2) ? Int.max : 1 + random.below(random.oneIn(2) ? 4 : 64)
        let pieces: Pieces =
            switch random.below(8) {
            case 0: .single
            case 1, 2, 3: .two(random.below(input.count + 1))
            default: .random(random, largest: 1 + random.below(random.oneIn(2) ? 8 : 128))
            }
        let split = try decode(input, limits: limits, pieces: pieces, maximum: maximum, rewritten: &none)
        guard whole == split else {
            throw Violation("\(whole) when whole, \(split) when in pieces: \(pieces), \(limits)")
        }
        if whole.accepted > 0, let copies {
            let again = try decode(copies, limits: Self.generous, pieces: .whole, maximum: .max, rewritten: &none)
            guard again.accepted == whole.accepted, again.acceptedDigest == whole.acceptedDigest, again.error == nil
            else {
                throw Violation("\(whole) once, \(again) when written again: \(limits)")
            }
        }
        return whole.mark
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        for limits in Self.limits {
            var none: [UInt8]?
            let whole = try decode(input, limits: limits, pieces: .whole, maximum: .max, rewritten: &none)
            var ways = (0...input.count).map { Pieces.two($0) } + [.single]
            for seed in 0..<200 { ways.append(.random(Generator(seed: UInt64(seed)), largest: 1 + seed)) }
            for pieces in ways {
                for maximum in [Int.max, 1, 7] {
                    let split = try decode(input, limits: limits, pieces: pieces, maximum: maximum, rewritten: &none)
                    guard whole == split else {
                        throw Violation("\(whole) when whole, \(split) when in pieces: \(pieces), \(limits)")
                    }
                }
            }
        }
        for seed in 0..<100 {
            var random = Generator(seed: UInt64(seed))
            _ = try check(input, using: &random)
        }
    }

    // MARK: Decoding

    /// Feeds the input in pieces and reads all that can be read after each of them.
    private mutating func decode(
        _ input: [UInt8], limits: HTTP1Limits, pieces: Pieces, maximum: Int, rewritten: inout [UInt8]?
    ) throws(Violation) -> Result {
        var decoder = RequestDecoder(limits: limits)
        var result = Result()
        var pieces = pieces
        var fed = 0
        buffer.clear()
        head.reset()
        do throws(Stop) {
            while fed < input.count {
                let count = pieces.next(input.count - fed)
                input.withUnsafeBytes { bytes in
                    _ = buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[fed..<fed + count]))
                }
                fed += count
                while true {
                    let before = buffer.readableBytes
                    if result.isReading {
                        guard try readContent(&decoder, limits, maximum, &result, &rewritten) else { break }
                    } else {
                        guard try readHead(&decoder, limits, &result, &rewritten) else { break }
                    }
                    // What is read without taking a byte would be read for ever.
                    guard buffer.readableBytes < before else { throw .violation("a step took nothing") }
                }
                try checkHeld(limits, isReading: result.isReading, decoder)
            }
        } catch {
            guard case .refused(let refusal) = error else {
                if case .violation(let message) = error { throw Violation("\(message): \(pieces), \(limits)") }
                return result
            }
            result.error = refusal
            try checkStaysRefused(&decoder, refusal)
        }
        if result.error == nil {
            result.waiting = buffer.readableBytes
            if result.isReading { result.digest.add(Int(truncatingIfNeeded: result.content.value)) }
        }
        return result
    }

    enum Stop: Error {
        case refused(HTTP1Error)
        case violation(String)
    }

    private mutating func readHead(
        _ decoder: inout RequestDecoder, _ limits: HTTP1Limits, _ result: inout Result, _ rewritten: inout [UInt8]?
    ) throws(Stop) -> Bool {
        let before = buffer.readableBytes
        do throws(HTTP1Error) {
            guard try decoder.nextHead(&buffer, into: &head) else { return false }
        } catch {
            throw .refused(error)
        }
        if let message = head.brokenRule(taken: before - buffer.readableBytes, limits) { throw .violation(message) }
        guard decoder.isReadingBody == head.facts.contains(.hasBody) else { throw .violation("content and no content") }
        result.begin(head, isReading: decoder.isReadingBody)
        if rewritten != nil, !decoder.isReadingBody {
            rewritten?.append(head: head)
        }
        if !decoder.isReadingBody { head.reset() }
        return true
    }

    private mutating func readContent(
        _ decoder: inout RequestDecoder, _ limits: HTTP1Limits, _ maximum: Int, _ result: inout Result,
        _ rewritten: inout [UInt8]?
    ) throws(Stop) -> Bool {
        let part: BodyPart
        do throws(HTTP1Error) {
            guard let next = try decoder.nextBody(&buffer, maximum: maximum) else { return false }
            part = next
        } catch {
            throw .refused(error)
        }
        guard part.bytes.readableBytes <= maximum else { throw .violation("more than the maximum") }
        guard !part.more || part.bytes.readableBytes > 0 else { throw .violation("an empty part") }
        result.add(part.bytes)
        if rewritten != nil { result.bytes += part.bytes.readableBytesView }
        if let limit = limits.body, result.contentCount > limit { throw .violation("more content than allowed") }
        guard !part.more else { return true }
        guard !decoder.isReadingBody else { throw .violation("the content ends and does not") }
        if let length = head.contentLength, result.contentCount != length {
            throw .violation("content of another length")
        }
        if let message = brokenRule(ofTrailer: decoder.trailer, limits) { throw .violation(message) }
        if rewritten != nil {
            rewritten?.append(head: head)
            rewritten?.append(content: result.bytes, trailer: decoder.trailer, isChunked: head.contentLength == nil)
        }
        result.end(trailer: decoder.trailer)
        head.reset()
        return true
    }

    // MARK: Rules

    /// What waits for more must be bounded.
    private func checkHeld(_ limits: HTTP1Limits, isReading: Bool, _ decoder: RequestDecoder) throws(Stop) {
        let held = buffer.readableBytes
        if !isReading {
            guard held <= limits.headerSection else { throw .violation("\(held) bytes of a head wait") }
        } else if decoder.remainingBody != nil {
            guard held == 0 else { throw .violation("\(held) bytes of content wait") }
        } else {
            guard held <= limits.trailerSection else { throw .violation("\(held) bytes of a trailer wait") }
        }
    }

    private mutating func checkStaysRefused(_ decoder: inout RequestDecoder, _ refusal: HTTP1Error) throws(Violation) {
        var later: HTTP1Error?
        do throws(HTTP1Error) {
            var other = RequestHead()
            var input = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try decoder.nextHead(&input, into: &other)
        } catch {
            later = error
        }
        guard later == refusal else { throw Violation("\(refusal) first, then \(String(describing: later))") }
    }

    private func brokenRule(ofTrailer trailer: [(name: String, value: String)], _ limits: HTTP1Limits) -> String? {
        guard trailer.count <= limits.fieldCount else { return "too many trailer fields" }
        var size = 0
        for (name, value) in trailer {
            guard FieldSyntax.isToken(name.utf8), name == name.lowercased() else { return "the trailer's name \(name)" }
            guard !value.unicodeScalars.contains(where: { $0.value < 0x20 && $0.value != 9 || $0.value == 0x7F }) else {
                return "a trailer's value"
            }
            size += name.utf8.count + value.unicodeScalars.count
        }
        return size <= limits.trailerSection ? nil : "a trailer section that is too large"
    }
}

/// How an input is cut.
enum Pieces: CustomStringConvertible {
    case whole
    case single
    case two(Int)
    case random(Generator, largest: Int)

    /// How many of the bytes that are left come next.
    mutating func next(_ left: Int) -> Int {
        switch self {
        case .whole:
            return left
        case .single:
            return 1
        case .two(let first):
            self = .whole
            return first > 0 ? min(first, left) : left
        case .random(var generator, let largest):
            let count = min(left, 1 + generator.below(largest))
            self = .random(generator, largest: largest)
            return count
        }
    }

    var description: String {
        switch self {
        case .whole: "whole"
        case .single: "byte by byte"
        case .two(let first): "cut at \(first)"
        case .random(_, let largest): "pieces of at most \(largest)"
        }
    }
}
