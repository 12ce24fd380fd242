import HPACK
import HTTPSemantics

extension HTTP2Session {
    // MARK: WINDOW_UPDATE (RFC 9113 §6.9)

    mutating func receiveWindowUpdate(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard payload.count == 4 else { throw .wrongFrameSize }
        try makeNoise()
        let increment = Int(Self.dependency(payload))
        guard header.stream != 0 else {
            guard increment > 0 else { throw .zeroWindowIncrement }
            // §6.9.1.
            guard sendWindow + increment <= HTTP2Settings.largestWindow else { throw .windowTooLarge }
            sendWindow += increment
            return .windowGrew(slot: nil)
        }
        guard let slot = streams.find(header.stream) else {
            guard !isIdle(header.stream) else { throw .idleStream }
            if increment == 0 { writeReset(header.stream, .protocolError, output) }
            return nil
        }
        guard increment > 0 else { return try fail(slot, .protocolError, output) }
        guard streams[slot].sendWindow + increment <= HTTP2Settings.largestWindow else {
            return try fail(slot, .flowControlError, output)
        }
        streams[slot].sendWindow += increment
        return .windowGrew(slot: slot)
    }

    // MARK: RST_STREAM (§6.4)

    mutating func receiveReset(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream != 0 else { throw .needsStream }
        guard payload.count == 4 else { throw .wrongFrameSize }
        guard !isIdle(header.stream) else { throw .idleStream }
        try makeNoise()
        guard let slot = streams.find(header.stream) else { return nil }
        streams[slot].isReset = true
        streams.forget(slot)
        let code = UInt32(bigEndian: payload.loadUnaligned(as: UInt32.self))
        return .reset(slot: slot, ErrorCode(rawValue: code), byPeer: true)
    }

    // MARK: SETTINGS (§6.5)

    mutating func receiveSettings(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream == 0 else { throw .needsConnection }
        if header.has(FrameFlag.acknowledgement) {
            guard payload.isEmpty else { throw .wrongFrameSize }
            guard unacknowledgedSettings > 0 else {
                try makeNoise()
                return nil
            }
            unacknowledgedSettings -= 1
            settle()
            return .acknowledged
        }
        guard payload.count % 6 == 0 else { throw .wrongFrameSize }
        try makeNoise()
        let before = peer
        try apply(payload)
        FrameHeader(FrameType.settings, flags: FrameFlag.acknowledgement, stream: 0, length: 0).write(into: output)
        return peer.initialWindow > before.initialWindow ? .windowGrew(slot: nil) : nil
    }

    /// The peer knows the settings (§6.5.3): what the default allowed beyond them is not allowed any more.
    private mutating func settle() {
        decoder.setMaximumTableSize(local.headerTableSize)
        let growth = local.initialWindow - streamWindow
        streamWindow = local.initialWindow
        guard growth != 0 else { return }
        // §6.9.2: a window may become negative.
        for slot in streams.slots.indices where streams[slot].isFound { streams[slot].receiveWindow += growth }
    }

    /// Takes over the settings of the peer, as those of a frame or of `HTTP2-Settings`.
    mutating func apply(_ payload: UnsafeRawBufferPointer) throws(HTTP2Error) {
        let before = peer
        if let least = try peer.apply(payload) {
            // RFC 7541 §4.2: its decoder has been as small as that, though it may be larger again.
            encoder.setMaximumTableSize(least)
            encoder.setMaximumTableSize(peer.headerTableSize)
        }
        let growth = peer.initialWindow - before.initialWindow
        guard growth != 0 else { return }
        // §6.9.2: a window may become negative.
        for slot in streams.slots.indices where streams[slot].isFound && !streams[slot].localEnded {
            guard streams[slot].sendWindow + growth <= HTTP2Settings.largestWindow else { throw .windowTooLarge }
            streams[slot].sendWindow += growth
        }
    }

    // MARK: PING and GOAWAY (§6.7, §6.8)

    mutating func receivePing(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream == 0 else { throw .needsConnection }
        guard payload.count == 8 else { throw .wrongFrameSize }
        try makeNoise()
        guard !header.has(FrameFlag.acknowledgement) else {
            return .pong(UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self)))
        }
        FrameHeader(FrameType.ping, flags: FrameFlag.acknowledgement, stream: 0, length: 8).write(into: output)
        output.append(payload)
        return nil
    }

    mutating func receiveGoAway(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream == 0 else { throw .needsConnection }
        guard payload.count >= 8 else { throw .wrongFrameSize }
        try makeNoise()
        let code = UInt32(bigEndian: payload.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        return .goAway(ErrorCode(rawValue: code))
    }

    // MARK: PRIORITY (§6.3) and PRIORITY_UPDATE (RFC 9218 §7.1)

    mutating func receivePriority(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer, _ output: OutputBuffer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream != 0 else { throw .needsStream }
        try makeNoise()
        // RFC 7540 §5.3.1; what else it says is not looked at (RFC 9113 §5.3.2).
        let isSelfDependent = payload.count == 5 && Self.dependency(payload) == header.stream
        guard payload.count != 5 || isSelfDependent else { return nil }
        let code = isSelfDependent ? ErrorCode.protocolError : .frameSizeError
        if let slot = streams.find(header.stream) { return try fail(slot, code, output) }
        // §6.4: an idle stream cannot be reset.
        guard !isIdle(header.stream) else { throw isSelfDependent ? .selfDependency : .wrongFrameSize }
        writeReset(header.stream, code, output)
        return nil
    }

    mutating func receivePriorityUpdate(
        _ header: FrameHeader, _ payload: UnsafeRawBufferPointer
    ) throws(HTTP2Error) -> HTTP2Event? {
        guard header.stream == 0 else { throw .needsConnection }
        guard payload.count >= 4 else { throw .wrongFrameSize }
        try makeNoise()
        let number = Self.dependency(payload)
        guard number != 0 else { throw .needsStream }
        let priority = Priority(UnsafeRawBufferPointer(rebasing: payload[4...]))
        if let slot = streams.find(number) {
            streams[slot].priority = priority
            return .reprioritized(slot: slot)
        }
        // It may come before the stream that it is about.
        if number > lastStream, number & 1 == 1 {
            earlyPriorities.removeAll { $0.stream == number || $0.stream <= lastStream }
            if earlyPriorities.count == Self.earlyPriorityCount { earlyPriorities.removeFirst() }
            earlyPriorities.append((number, priority))
        }
        return nil
    }

    private static let earlyPriorityCount = 32

    /// What was said of a stream before it was opened; it counts for more than the request's field.
    mutating func takeEarlyPriority(of number: UInt32) -> Priority? {
        guard let index = earlyPriorities.firstIndex(where: { $0.stream == number }) else { return nil }
        return earlyPriorities.remove(at: index).priority
    }
}
