package import HTTPSemantics
package import NIOCore

/// A part of a request's content.
package struct BodyPart: Sendable, Equatable {
    package var bytes: ByteBuffer
    /// Whether more parts follow.
    package var more: Bool

    package init(bytes: ByteBuffer, more: Bool) {
        self.bytes = bytes
        self.more = more
    }
}

/// The receiving half of HTTP/1.1: bytes in, heads and content out.
///
/// It is pulled: it takes from the input only what the caller asks for, so a caller that does not ask leaves
/// the bytes where they are. Requests that came together are read one after another.
package struct RequestDecoder: Sendable {
    private enum State: Sendable {
        case head
        /// In a head that comes in pieces. Boxed: it is rare, and an idle connection must stay small.
        indirect case unfinishedHead(HeadProgress, RequestHead)
        case fixed(remaining: Int)
        case chunked(ChunkedDecoder)
        /// A rule was broken. Where the next request starts is not known any more.
        case failed(HTTP1Error)
    }

    package let limits: HTTP1Limits
    private var state = State.head
    /// The trailer fields of the last content, names in lower case.
    package private(set) var trailer: [(name: String, value: String)] = []

    package init(limits: HTTP1Limits = HTTP1Limits()) {
        self.limits = limits
    }

    /// Whether the content of the last head has not been read to its end.
    package var isReadingBody: Bool {
        switch state {
        case .head, .unfinishedHead: false
        case .fixed, .chunked, .failed: true
        }
    }

    /// How many bytes of content are known to come; `nil` when that is not known.
    package var remainingBody: Int? {
        switch state {
        case .head, .unfinishedHead: 0
        case .fixed(let remaining): remaining
        case .chunked, .failed: nil
        }
    }

    /// Reads the next head into `head`, which must be empty. The content of the last one must have been read.
    ///
    /// What has been learned of a head that is not whole yet is kept here, so `head` may be another one when
    /// more has arrived; the input must then still start at the same byte.
    ///
    /// - Returns: false when the end of the head has not arrived yet.
    /// - Throws: ``HTTP1Error``; the connection can serve nothing more, and every later call throws it again.
    package mutating func nextHead(
        _ input: inout ByteBuffer, into head: inout RequestHead
    ) throws(HTTP1Error) -> Bool {
        guard input.readableBytes > 0 else { return false }
        var progress = HeadProgress()
        switch state {
        case .head: break
        case .unfinishedHead(let kept, let partial):
            progress = kept
            head = partial
            state = .head
        case .fixed, .chunked: return false
        case .failed(let error): throw error
        }
        let result = input.withUnsafeReadableBytes { bytes in
            Result { () throws(HTTP1Error) in
                try HeadParser.parse(bytes, limits: limits, progress: &progress, into: &head)
            }
        }
        switch result {
        case .success(let count?):
            input.moveReaderIndex(forwardBy: count)
        case .success(nil):
            state = .unfinishedHead(progress, head)
            head = RequestHead()
            return false
        case .failure(let error):
            state = .failed(error)
            throw error
        }
        if !trailer.isEmpty { trailer = [] }
        if head.facts.contains(.hasBody) {
            state = head.contentLength.map { .fixed(remaining: $0) } ?? .chunked(ChunkedDecoder())
        }
        return true
    }

    /// Reads the next part of the content, at most `maximum` bytes of it.
    ///
    /// - Returns: `nil` when nothing of it has arrived.
    package mutating func nextBody(
        _ input: inout ByteBuffer, maximum: Int = .max
    ) throws(HTTP1Error) -> BodyPart? {
        switch state {
        case .head, .unfinishedHead:
            return BodyPart(bytes: ByteBuffer(), more: false)
        case .fixed(let remaining):
            guard let bytes = input.readSlice(length: min(remaining, input.readableBytes, maximum)),
                bytes.readableBytes > 0
            else { return nil }
            let rest = remaining - bytes.readableBytes
            state = rest == 0 ? .head : .fixed(remaining: rest)
            return BodyPart(bytes: bytes, more: rest > 0)
        case .chunked(var decoder):
            do throws(HTTP1Error) {
                let part = try decoder.next(&input, limits: limits, maximum: maximum)
                if let part, !part.more {
                    trailer = decoder.trailer
                    state = .head
                } else {
                    state = .chunked(decoder)
                }
                return part
            } catch {
                state = .failed(error)
                throw error
            }
        case .failed(let error):
            throw error
        }
    }
}
