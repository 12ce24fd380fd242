import HTTP1
import HTTPSemantics
import NIOCore

/// A request as the decoder saw it, in values that can be compared.
struct Message: Equatable, Sendable {
    var method = ""
    var target = ""
    var path = ""
    var query: String?
    var scheme = ""
    var authority = ""
    var version = HTTPVersion.http11
    var facts: RequestHead.Facts = []
    var contentLength: Int?
    var fields: [String] = []
    var body: [UInt8] = []
    var trailer: [String] = []
    /// Whether the content has come to its end.
    var isWhole = false

    init() {}

    init(_ head: RequestHead) {
        method = head.text(head.method)
        target = head.text(head.target)
        path = head.text(head.path)
        query = head.hasQuery ? head.text(head.query) : nil
        scheme = head.text(head.scheme)
        authority = head.text(head.authority)
        version = head.version
        facts = head.facts
        contentLength = head.contentLength
        fields = head.fields.map { "\(head.text($0.name)): \(head.text($0.value))" }
    }
}

/// All that a decoder makes of some bytes.
struct Outcome: Equatable, Sendable {
    var messages: [Message] = []
    var error: HTTP1Error?
    /// Bytes that wait for more to come. Not told after an error, when they have no meaning.
    var waiting = 0

    /// Feeds `pieces` one after another and reads all that can be read after each of them.
    init(of pieces: [[UInt8]], limits: HTTP1Limits = HTTP1Limits(), maximum: Int = .max) {
        var decoder = RequestDecoder(limits: limits)
        var input = ByteBuffer()
        var head = RequestHead()
        do throws(HTTP1Error) {
            for piece in pieces {
                input.writeBytes(piece)
                while true {
                    if let last = messages.indices.last, !messages[last].isWhole {
                        guard let part = try decoder.nextBody(&input, maximum: maximum) else { break }
                        messages[last].body += part.bytes.readableBytesView
                        guard !part.more else { continue }
                        messages[last].isWhole = true
                        messages[last].trailer = decoder.trailer.map { "\($0.name): \($0.value)" }
                    } else {
                        guard try decoder.nextHead(&input, into: &head) else { break }
                        messages.append(Message(head))
                        messages[messages.count - 1].isWhole = !decoder.isReadingBody
                        head.reset()
                    }
                }
            }
            waiting = input.readableBytes
        } catch {
            self.error = error
            // How much of the content came before the error depends on the pieces.
            if let last = messages.indices.last, !messages[last].isWhole { messages[last].body = [] }
        }
    }
}

extension Outcome {
    /// What the bytes mean fed whole, when feeding them in any other way means the same; else a
    /// sentence about the first difference.
    static func ofEverySplit(_ bytes: [UInt8], limits: HTTP1Limits) -> (whole: Outcome, difference: String?) {
        let whole = Outcome(of: [bytes], limits: limits)
        for index in bytes.indices.dropFirst() {
            let split = Outcome(of: [Array(bytes[..<index]), Array(bytes[index...])], limits: limits)
            if split != whole { return (whole, "split at \(index): \(split)") }
        }
        let single = Outcome(of: bytes.map { [$0] }, limits: limits)
        if single != whole { return (whole, "byte by byte: \(single)") }
        for maximum in [1, 2, 7] {
            let pulled = Outcome(of: [bytes], limits: limits, maximum: maximum)
            if pulled != whole { return (whole, "at most \(maximum) bytes of content at a time: \(pulled)") }
        }
        return (whole, nil)
    }
}
