package import HPACK
package import HTTPSemantics
package import NIOCore

/// How much a peer may ask of a connection.
package struct HTTP2Limits: Sendable {
    /// The fields of one request. Beyond: it is answered 431.
    package var fields = FieldListLimits()
    /// Those of its trailer section. Beyond: 431.
    package var trailers = FieldListLimits()
    /// Bytes of a header block as it is sent, over all its frames. Beyond: ENHANCE_YOUR_CALM.
    package var headerBlock = 64 * 1024
    /// Frames that serve no request, beyond what requests have earned. Beyond: ENHANCE_YOUR_CALM.
    package var noise = 1000
    /// Bytes that may be sent to the server before it takes any, over all streams (the connection's window).
    package var connectionWindow = 1 << 20

    package init() {}
}

/// One connection of HTTP/2, as the server of it (RFC 9113): bytes in, events and bytes out.
///
/// It is pulled: ``next(_:into:_:)`` takes one frame after another from the input, answers in `output` what the protocol
/// itself has to answer, and returns what concerns a request. What breaks a rule of one stream ends that stream; what
/// breaks one of the connection is thrown, and nothing can be read after it.
///
/// What only reads from it can be inlined: for a call across modules it would be copied, whole.
@usableFromInline
package struct HTTP2Session {
    enum Phase {
        case preface, settings, open, over
    }

    /// A stream that was reset here, and how much the peer might have sent on it before it knew.
    struct ResetStream {
        var number: UInt32
        var window: Int
    }

    /// A header block that is not whole.
    struct Block {
        var stream: UInt32
        var end: Bool
        var isSelfDependent: Bool
        var bytes: [UInt8]
    }

    let limits: HTTP2Limits
    let local: HTTP2Settings
    /// What the peer has said of itself.
    @usableFromInline
    package internal(set) var peer = HTTP2Settings()

    var phase = Phase.preface
    @usableFromInline var streams = StreamTable()
    let decoder: HPACKDecoder
    let encoder: HPACKEncoder
    var block: Block?
    /// For header blocks that are no request's.
    var scratch = RequestHead()

    /// The last stream that the peer has opened, and the last that is served.
    package internal(set) var lastStream: UInt32 = 0
    var lastServed: UInt32 = 0x7FFF_FFFF
    /// Which of the last streams up to that one were opened, and which were skipped: its own bit is the lowest.
    var opened: UInt64 = 0
    /// Streams that were reset here a moment ago: what the peer had sent before it knew is ignored (§5.1).
    var recentlyReset: [ResetStream] = []
    var nextReset = 0
    /// What PRIORITY_UPDATE has said of streams that are still to be opened, the last few.
    var earlyPriorities: [(stream: UInt32, priority: Priority)] = []

    // What may be sent on all streams together, and what the peer may still send.
    @usableFromInline var sendWindow = 65535
    var receiveWindow = 65535
    var untold = 0
    /// The window of the peer's streams in the beginning. It sends by the default until it knows ours (§6.9.3).
    var streamWindow: Int

    var noise: Int
    /// SETTINGS that the peer has not acknowledged.
    package internal(set) var unacknowledgedSettings = 0

    static let recentResets = 512

    package init(settings: HTTP2Settings = HTTP2Settings(), limits: HTTP2Limits = HTTP2Limits()) {
        local = settings
        self.limits = limits
        noise = limits.noise
        let defaults = HTTP2Settings()
        streamWindow = max(defaults.initialWindow, settings.initialWindow)
        // §6.5.3: until it knows ours, the peer may use what the default allows.
        decoder = HPACKDecoder(maximumTableSize: max(defaults.headerTableSize, settings.headerTableSize))
        encoder = HPACKEncoder()
    }

    /// Writes the server's preface: its settings, and the window of the connection (§3.4).
    package mutating func start(_ output: OutputBuffer) {
        local.write(into: output)
        unacknowledgedSettings += 1
        let growth = limits.connectionWindow - receiveWindow
        if growth > 0 {
            writeWindowUpdate(0, growth, output)
            receiveWindow += growth
        }
    }

    /// Streams that are in use: open ones, and those that have been reset and are not released.
    package var usedStreams: Int { streams.used }

    /// Whether a header block has begun that has not ended.
    package var isInHeaderBlock: Bool { block != nil }

    // MARK: Receiving

    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Takes frames from the input until one of them is an event; nil when more has to arrive.
    ///
    /// - Parameter head: an empty one. It is filled by a request, and empty again with any other event.
    package mutating func next(
        _ input: inout ByteBuffer, into head: inout RequestHead, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard phase != .over else { return nil }
        do throws(HTTP2Error) {
            return try take(&input, &head, output)
        } catch {
            phase = .over
            throw error
        }
    }

    @inline(__always)
    private mutating func take(
        _ input: inout ByteBuffer, _ head: inout RequestHead, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        if phase == .preface {
            guard try readPreface(&input) else { return nil }
            phase = .settings
        }
        while input.readableBytes >= FrameHeader.size {
            let header = input.withUnsafeReadableBytes { FrameHeader($0) }
            try check(header)
            guard input.readableBytes >= FrameHeader.size + header.length else { return nil }
            input.moveReaderIndex(forwardBy: FrameHeader.size)
            let event: HTTP2Event?
            if header.type == FrameType.data {
                event = try receiveData(header, &input, output)
            } else {
                let result = input.withUnsafeReadableBytes { bytes in
                    Result { () throws(HTTP2Error) in
                        try receive(
                            header, UnsafeRawBufferPointer(rebasing: bytes[..<header.length]), &head, output)
                    }
                }
                input.moveReaderIndex(forwardBy: header.length)
                event = try result.get()
            }
            if let event { return event }
        }
        return nil
    }

    private func readPreface(_ input: inout ByteBuffer) throws(HTTP2Error) -> Bool {
        let begins = input.readableBytesView.prefix(Self.preface.count).elementsEqual(
            Self.preface.prefix(input.readableBytes))
        // §3.4.
        guard begins else { throw .invalidPreface }
        guard input.readableBytes >= Self.preface.count else { return false }
        input.moveReaderIndex(forwardBy: Self.preface.count)
        return true
    }

    /// What a header says wrong by itself, before the payload has arrived.
    @inline(__always)
    private mutating func check(_ header: FrameHeader) throws(HTTP2Error) {
        if phase == .settings {
            // §3.4.
            guard header.type == FrameType.settings, !header.has(FrameFlag.acknowledgement) else {
                throw .missingSettings
            }
            phase = .open
        }
        // §4.2.
        guard header.length <= local.frameSize else { throw .frameTooLarge }
        // §6.10: nothing comes between the parts of a header block.
        if let block {
            guard header.type == FrameType.continuation, header.stream == block.stream else {
                throw .interruptedHeaderBlock
            }
        }
    }

    private mutating func receive(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ head: inout RequestHead, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        switch header.type {
        case FrameType.headers: try receiveHeaders(header, payload, &head, output)
        case FrameType.continuation: try receiveContinuation(header, payload, &head, output)
        case FrameType.windowUpdate: try receiveWindowUpdate(header, payload, output)
        case FrameType.resetStream: try receiveReset(header, payload)
        case FrameType.settings: try receiveSettings(header, payload, output)
        case FrameType.ping: try receivePing(header, payload, output)
        case FrameType.goAway: try receiveGoAway(header, payload)
        case FrameType.priority: try receivePriority(header, payload, output)
        case FrameType.priorityUpdate: try receivePriorityUpdate(header, payload)
        // §8.4.
        case FrameType.pushPromise: throw .pushFromClient
        default: try ignore()
        }
    }

    private mutating func ignore() throws(HTTP2Error) -> HTTP2Event? {
        try makeNoise()
        return nil
    }

    // MARK: Noise

    /// A frame that serves no request. Some are needed; a peer that sends little else wants to keep the server busy
    /// (§10.5).
    mutating func makeNoise() throws(HTTP2Error) {
        noise -= 1
        guard noise >= 0 else { throw .tooMuchNoise }
    }

    /// Something was served, which earns some noise.
    @inline(__always)
    mutating func earn(_ count: Int) { noise = min(limits.noise, noise &+ count) }

    /// Forgives a part of the noise. To be called as time goes by, as in each second.
    package mutating func forgive() { earn(max(1, limits.noise / 10)) }
}
