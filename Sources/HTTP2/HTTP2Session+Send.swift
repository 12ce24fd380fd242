package import HPACK
package import HTTPSemantics

extension HTTP2Session {
    // MARK: Fields

    /// Begins a header block of a response. Its fields are encoded with ``fieldEncoder``, and nothing else is written
    /// before ``endHeaders(_:from:end:_:)``.
    ///
    /// - Returns: where it begins in the output.
    package mutating func beginHeaders(_ output: OutputBuffer) -> Int {
        let start = output.count
        _ = output.reserve(FrameHeader.size)
        output.count &+= FrameHeader.size
        encoder.begin(into: output)
        return start
    }

    package var fieldEncoder: HPACKEncoder { encoder }

    /// Ends a header block.
    ///
    /// - Parameter end: whether nothing follows on the stream.
    package mutating func endHeaders(_ slot: Int, from start: Int, end: Bool, _ output: OutputBuffer) {
        let length = output.count - start - FrameHeader.size
        let endFlag = end ? FrameFlag.endStream : 0
        let base = output.reserve(0) - output.count
        if length <= peer.frameSize {
            FrameHeader(
                FrameType.headers, flags: FrameFlag.endHeaders | endFlag, stream: streams[slot].number, length: length
            ).write(to: base + start)
        } else {
            split(slot, start, length, endFlag, output)
        }
        if end { localEnded(slot) }
    }

    /// §6.10: what does not fit in one frame goes on in others.
    private func split(_ slot: Int, _ start: Int, _ length: Int, _ endFlag: UInt8, _ output: OutputBuffer) {
        let block = Array(output.bytes[(start + FrameHeader.size)...])
        output.count = start
        var index = 0
        while index < block.count {
            let count = min(peer.frameSize, block.count - index)
            let isLast = index + count == block.count
            FrameHeader(
                index == 0 ? FrameType.headers : FrameType.continuation,
                flags: (index == 0 ? endFlag : 0) | (isLast ? FrameFlag.endHeaders : 0),
                stream: streams[slot].number, length: count
            ).write(into: output)
            block.withUnsafeBytes { output.append(UnsafeRawBufferPointer(rebasing: $0[index..<index + count])) }
            index += count
        }
    }

    // MARK: Data

    /// How many bytes of content the stream may send now, in one frame.
    @inlinable @inline(__always)
    package func sendable(_ slot: Int) -> Int {
        max(0, min(sendWindow, streams[slot].sendWindow, peer.frameSize))
    }

    /// Writes the head of a DATA frame, whose `count` bytes follow. They must be ``sendable(_:)``.
    @inline(__always)
    package mutating func writeDataHead(_ slot: Int, _ count: Int, end: Bool, _ output: OutputBuffer) {
        sendWindow &-= count
        streams[slot].sendWindow &-= count
        FrameHeader(
            FrameType.data, flags: end ? FrameFlag.endStream : 0, stream: streams[slot].number, length: count
        ).write(into: output)
        // A peer may give back both windows after each frame, but not keep them so small that it has to.
        if count >= 256 || streams[slot].sendWindow > 0 && sendWindow > 0 { earn(2) }
        if end { localEnded(slot) }
    }

    private mutating func localEnded(_ slot: Int) {
        streams[slot].localEnded = true
        // And it may say of each stream how large its window is, how urgent it is, and that it is over.
        earn(3)
        if streams[slot].remoteEnded { streams.forget(slot) }
    }

    // MARK: Streams

    /// Whether each side may still send on the stream.
    @inlinable
    package func isRemoteEnded(_ slot: Int) -> Bool { streams[slot].remoteEnded }
    /// How much of the content is known to come; nil when its length is not known.
    @inlinable
    package func remainingContent(_ slot: Int) -> Int? {
        streams[slot].announced < 0 ? nil : streams[slot].announced - streams[slot].received
    }
    @inlinable
    package func isLocalEnded(_ slot: Int) -> Bool { streams[slot].localEnded }
    @inlinable
    package func isReset(_ slot: Int) -> Bool { streams[slot].isReset }
    @inlinable
    package func number(_ slot: Int) -> UInt32 { streams[slot].number }
    @inlinable
    package func priority(_ slot: Int) -> Priority { streams[slot].priority }

    /// Ends a stream at once (RFC 9113 §6.4).
    package mutating func reset(_ slot: Int, _ code: ErrorCode, _ output: OutputBuffer) {
        guard streams[slot].isFound else { return }
        streams[slot].isReset = true
        noteReset(streams[slot].number, window: streams[slot].receiveWindow)
        streams.forget(slot)
        writeReset(streams[slot].number, code, output)
    }

    /// The stream is over, and its slot can be another's. What of its content was not taken is given back with
    /// ``giveBack(_:_:)``.
    package mutating func release(_ slot: Int) { streams.release(slot) }

    mutating func noteReset(_ number: UInt32, window: Int) {
        let stream = ResetStream(number: number, window: window)
        if recentlyReset.count < Self.recentResets {
            recentlyReset.append(stream)
        } else {
            recentlyReset[nextReset] = stream
            nextReset = (nextReset + 1) % Self.recentResets
        }
    }

    func writeReset(_ number: UInt32, _ code: ErrorCode, _ output: OutputBuffer) {
        FrameHeader(FrameType.resetStream, stream: number, length: 4).write(into: output)
        append(code.rawValue, output)
    }

    // MARK: Windows (§6.9)

    /// Bytes of a stream's content were taken: the peer may send as many more. It is told when it is worth a frame.
    package mutating func consumed(_ slot: Int, _ count: Int, _ output: OutputBuffer) {
        giveBack(count, output)
        guard streams[slot].isFound, !streams[slot].remoteEnded else { return }
        streams[slot].untold += count
        guard streams[slot].untold >= max(1, local.initialWindow / 2) else { return }
        writeWindowUpdate(streams[slot].number, streams[slot].untold, output)
        streams[slot].receiveWindow += streams[slot].untold
        streams[slot].untold = 0
    }

    /// The same, of a stream that is no more.
    package mutating func giveBack(_ count: Int, _ output: OutputBuffer) {
        untold += count
        guard untold >= max(1, limits.connectionWindow / 2) else { return }
        writeWindowUpdate(0, untold, output)
        receiveWindow += untold
        untold = 0
    }

    func writeWindowUpdate(_ number: UInt32, _ increment: Int, _ output: OutputBuffer) {
        FrameHeader(FrameType.windowUpdate, stream: number, length: 4).write(into: output)
        append(UInt32(clamping: increment), output)
    }

    private func append(_ number: UInt32, _ output: OutputBuffer) {
        output.reserve(4).storeBytes(of: number.bigEndian, as: UInt32.self)
        output.count += 4
    }

    // MARK: The connection

    /// Tells the peer that no stream after the last one is served (§6.8).
    ///
    /// - Parameter last: false leaves it open which one that is: the peer is only asked to open no more.
    package mutating func goAway(_ code: ErrorCode, last: Bool = true, sentence: String = "", _ output: OutputBuffer) {
        if last { lastServed = min(lastServed, lastStream) }
        let debug = Array(sentence.utf8.prefix(1024))
        FrameHeader(FrameType.goAway, stream: 0, length: 8 + debug.count).write(into: output)
        append(lastServed, output)
        append(code.rawValue, output)
        output.append(debug)
    }

    package func ping(_ number: UInt64, _ output: OutputBuffer) {
        FrameHeader(FrameType.ping, stream: 0, length: 8).write(into: output)
        output.reserve(8).storeBytes(of: number.bigEndian, as: UInt64.self)
        output.count += 8
    }

    /// Begins with the request of an HTTP/1.1 connection, whose `Upgrade: h2c` was accepted (RFC 7540 §3.2): it is
    /// stream 1, and the client has said all of it.
    ///
    /// - Parameter settings: the payload of `HTTP2-Settings`.
    /// - Returns: its slot.
    package mutating func upgrade(_ settings: UnsafeRawBufferPointer) throws(HTTP2Error) -> Int {
        guard settings.count % 6 == 0 else { throw .wrongFrameSize }
        try apply(settings)
        noteOpened(1)
        return streams.add(
            StreamState(1, sendWindow: peer.initialWindow, receiveWindow: streamWindow, remoteEnded: true))
    }
}
