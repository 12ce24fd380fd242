import HPACK
import HTTPSemantics
import NIOCore

extension HTTP2Session {
    // MARK: HEADERS and CONTINUATION (RFC 9113 §6.2, §6.10)

    mutating func receiveHeaders(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ head: inout RequestHead, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream != 0 else { throw .needsStream }
        // §5.1.1.
        guard header.stream & 1 == 1 else { throw .clientStreamNumber }
        var fragment = try unpadded(header, payload)
        var isSelfDependent = false
        if header.has(FrameFlag.priority) {
            guard fragment.count >= 5 else {
                // §6.2, or §4.2 when there was no room for it to begin with.
                throw header.has(FrameFlag.padded) && payload.count > 5 ? .paddingTooLong : .wrongFrameSize
            }
            isSelfDependent = Self.dependency(fragment) == header.stream
            fragment = UnsafeRawBufferPointer(rebasing: fragment[5...])
        }
        guard fragment.count <= limits.headerBlock else { throw .headerBlockTooLarge }
        let end = header.has(FrameFlag.endStream)
        if header.has(FrameFlag.endHeaders) {
            return try receiveBlock(header.stream, fragment, end, isSelfDependent, &head, output)
        }
        block = Block(stream: header.stream, end: end, isSelfDependent: isSelfDependent, bytes: Array(fragment))
        return nil
    }

    mutating func receiveContinuation(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ head: inout RequestHead, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard var whole = block.take() else { throw .unexpectedContinuation }
        guard whole.bytes.count + payload.count <= limits.headerBlock else { throw .headerBlockTooLarge }
        try makeNoise()
        whole.bytes.append(contentsOf: payload)
        guard header.has(FrameFlag.endHeaders) else {
            block = whole
            return nil
        }
        let result = whole.bytes.withUnsafeBytes { bytes in
            Result { () throws(HTTP2Error) in
                try receiveBlock(whole.stream, bytes, whole.end, whole.isSelfDependent, &head, output)
            }
        }
        return try result.get()
    }

    /// The payload of DATA or HEADERS without its padding (§6.1).
    func unpadded(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer
    ) throws(HTTP2Error) -> UnsafeRawBufferPointer {
        guard header.has(FrameFlag.padded) else { return payload }
        guard let padding = payload.first.map(Int.init) else { throw .wrongFrameSize }
        guard padding < payload.count else { throw .paddingTooLong }
        return UnsafeRawBufferPointer(rebasing: payload[1..<payload.count - padding])
    }

    static func dependency(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)) & 0x7FFF_FFFF
    }

    /// Takes a whole header block. It is decoded whatever becomes of it: the next ones depend on it (§4.3).
    private mutating func receiveBlock(
        _ number: UInt32, _ bytes: UnsafeRawBufferPointer, _ end: Bool, _ isSelfDependent: Bool,
        _ head: inout RequestHead, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard number > lastStream else { return try receiveMore(number, bytes, end, output) }
        noteOpened(number)
        let size = try Self.decode(bytes, decoder, limits.fields, &head)
        var event: HTTP2Event?
        defer { if event == nil { head.reset() } }
        // §6.8: what comes after the last stream that is served is not looked at.
        guard number <= lastServed else {
            try makeNoise()
            return nil
        }
        let limit = local.concurrentStreams ?? .max
        guard streams.found < limit, streams.used < limit &* 2 || limit == .max else {
            // §5.1.2.
            try refuse(number, .refusedStream, output)
            return nil
        }
        // §5.3.1 of RFC 7540.
        guard !isSelfDependent else {
            try refuse(number, .protocolError, output)
            return nil
        }
        var fields = RequestFields()
        var result = fields.read(decoder.fields, into: &head, end: end, allowsProtocol: local.connectProtocol)
        // Of a list that was cut off the answer needs the beginning, such as the method; what is wrong may be what is missing.
        if size != .complete { result = .refused(431) }
        guard result != .malformed else {
            try refuse(number, .protocolError, output)
            return nil
        }
        if result != .valid { try makeNoise() }
        var stream = StreamState(
            number, sendWindow: peer.initialWindow, receiveWindow: streamWindow, remoteEnded: end)
        stream.announced = head.contentLength ?? -1
        stream.priority = fields.priority
        if !earlyPriorities.isEmpty, let early = takeEarlyPriority(of: number) { stream.priority = early }
        stream.isTunnel = head.knownMethod == .connect
        let slot = streams.add(stream)
        if case .refused(let status) = result {
            event = .refused(slot: slot, status: status, end: end)
        } else {
            event = .request(slot: slot, end: end)
        }
        return event
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, _ decoder: HPACKDecoder, _ limits: FieldListLimits, _ head: inout RequestHead
    ) throws(HTTP2Error) -> FieldListResult {
        do throws(HPACKError) {
            return try decoder.decode(bytes, limits: limits, into: &head)
        } catch {
            throw .compression(error)
        }
    }

    /// A header block of a stream that is not new: its trailers, or a mistake.
    private mutating func receiveMore(
        _ number: UInt32, _ bytes: UnsafeRawBufferPointer, _ end: Bool, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        scratch.reset()
        let size = try Self.decode(bytes, decoder, limits.trailers, &scratch)
        guard let slot = streams.find(number) else {
            // §5.1.1.
            guard !isSkipped(number) else { throw .shrinkingStreamNumber }
            // §5.1, §6.8: it may have been on its way.
            guard number > lastServed || recentlyReset.contains(where: { $0.number == number }) else {
                throw .closedStream
            }
            try makeNoise()
            return nil
        }
        // §5.1, half-closed (remote).
        guard !streams[slot].remoteEnded else { return try fail(slot, .streamClosed, output) }
        let stream = streams[slot]
        // §8.1: trailers end the stream, and all that was promised has come.
        guard end, !stream.isTunnel, stream.announced < 0 || stream.announced == stream.received,
            let trailers = RequestFields.trailers(decoder.fields, in: scratch)
        else { return try fail(slot, .protocolError, output) }
        remoteEnded(slot)
        guard size == .complete else {
            // RFC 6585 §5.
            try makeNoise()
            return .trailersTooLarge(slot: slot)
        }
        return .trailers(slot: slot, trailers)
    }

    // MARK: DATA (§6.1)

    mutating func receiveData(
        _ header: FrameHeader, _ input: inout ByteBuffer, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream != 0 else { throw .needsStream }
        let length = header.length
        // §6.9.1: the padding counts too.
        guard length <= receiveWindow else { throw .windowExceeded }
        receiveWindow -= length
        var padding = 0
        if header.has(FrameFlag.padded) {
            guard let count = input.getInteger(at: input.readerIndex, as: UInt8.self), length > 0 else {
                throw .wrongFrameSize
            }
            guard Int(count) < length else { throw .paddingTooLong }
            padding = Int(count) + 1
            input.moveReaderIndex(forwardBy: 1)
        }
        let count = length - padding
        guard let bytes = input.readSlice(length: count) else { return nil }
        if padding > 1 { input.moveReaderIndex(forwardBy: padding - 1) }
        let end = header.has(FrameFlag.endStream)

        guard let slot = streams.find(header.stream) else {
            giveBack(length, output)
            try ignoreData(header.stream, length)
            return nil
        }
        let stream = streams[slot]
        let error: ErrorCode? =
            if stream.remoteEnded {
                .streamClosed
            } else if length > max(0, stream.receiveWindow) {
                // §6.9.2: it may be negative, and a frame without content passes.
                .flowControlError
            } else if stream.announced >= 0,
                // §8.1.1.
                end ? stream.received + count != stream.announced : stream.received + count > stream.announced
            {
                .protocolError
            } else {
                nil
            }
        if let error {
            giveBack(length, output)
            return try fail(slot, error, output)
        }
        streams[slot].receiveWindow -= length
        streams[slot].received += count
        if padding > 0 { consumed(slot, padding, output) }
        if end {
            remoteEnded(slot)
        } else if count == 0 {
            try makeNoise()
            return nil
        }
        return .data(slot: slot, bytes, end: end)
    }

    /// DATA of a stream that is not there.
    private mutating func ignoreData(_ number: UInt32, _ length: Int) throws(HTTP2Error) {
        guard !isIdle(number) else { throw .idleStream }
        // §6.8.
        guard number <= lastServed else { return try makeNoise() }
        // §5.1: what was on its way when the stream was reset is ignored, and is as much as its window allowed.
        guard let index = recentlyReset.firstIndex(where: { $0.number == number }) else { throw .closedStream }
        guard length > 0, length <= recentlyReset[index].window else { return try makeNoise() }
        recentlyReset[index].window -= length
    }

    // MARK: Numbers (§5.1.1)

    mutating func noteOpened(_ number: UInt32) {
        opened = opened << ((number + 1) >> 1 - (lastStream + 1) >> 1) | 1
        lastStream = number
    }

    /// Whether a stream has never been opened.
    func isIdle(_ number: UInt32) -> Bool { number > lastStream || number & 1 == 0 }

    /// Whether a stream up to the last one is known to have been skipped, as long as that is not long ago.
    private func isSkipped(_ number: UInt32) -> Bool {
        let distance = (lastStream - number) >> 1
        return distance < UInt64.bitWidth && opened >> distance & 1 == 0
    }

    // MARK: The end of a stream

    private mutating func remoteEnded(_ slot: Int) {
        streams[slot].remoteEnded = true
        if streams[slot].localEnded { streams.forget(slot) }
    }

    /// A stream that will not be opened.
    private mutating func refuse(_ number: UInt32, _ code: ErrorCode, _ output: OutputBuffer) throws(HTTP2Error) {
        try makeNoise()
        noteReset(number, window: streamWindow)
        writeReset(number, code, output)
    }

    /// The peer has broken a rule of the stream (§5.4.2). Whoever does that again and again makes the server reset
    /// streams at no cost to himself, which is as bad as resetting them himself.
    mutating func fail(_ slot: Int, _ code: ErrorCode, _ output: OutputBuffer) throws(HTTP2Error) -> HTTP2Event? {
        try makeNoise()
        reset(slot, code, output)
        return .reset(slot: slot, code, byPeer: false)
    }
}
