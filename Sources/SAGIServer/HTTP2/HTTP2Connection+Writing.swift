import HPACK
import HTTP2
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// What the streams write, and when it leaves.
extension HTTP2Connection {
    /// Where what is sent in this turn gathers, with memory of the loop's pool.
    @inline(__always)
    func outputBuffer() -> OutputBuffer {
        if output.capacity == 0 { beginOutput() }
        return output
    }

    @inline(never)
    private func beginOutput() {
        loop.giveMemory(to: output)
        requestTurnEnd()
    }

    func requestTurnEnd() {
        guard !isTurnEndRequested else { return }
        isTurnEndRequested = true
        loop.atTurnEnd(self)
    }

    /// Whether more can be written now: the peer takes it, and the other connections have had their turn.
    var isWritableNow: Bool {
        guard isServing, !isYielding, transport.isWritable else { return false }
        if output.count >= loop.waterMarks.high {
            flush()
            guard transport.isWritable else { return false }
        }
        guard sentInTurn < Self.bytesPerTurn else {
            yield()
            return false
        }
        return true
    }

    private static let bytesPerTurn = 1 << 20

    func countOutput(_ count: Int) { sentInTurn &+= count &+ 64 }

    private func yield() {
        isYielding = true
        loop.eventLoop.execute {
            self.loop.turn {
                self.isYielding = false
                self.sentInTurn = 0
                self.requestTurnEnd()
            }
        }
    }

    func writeInformational(_ stream: HTTP2Stream, _ status: Int, _ fields: HTTPFields) {
        guard isServing, !session.pointee.isReset(stream.slot) else { return }
        let output = outputBuffer()
        let start = session.pointee.beginHeaders(output)
        encoder.encode(status: status, into: output)
        encoder.encode(fields, allowsLength: false, into: output)
        session.pointee.endHeaders(stream.slot, from: start, end: false, output)
    }

    /// Writes the head of a response. `length`: the `Content-Length` to add.
    func writeHead(_ stream: HTTP2Stream, length: Int?, end: Bool) {
        guard isServing, !session.pointee.isReset(stream.slot) else { return }
        let output = outputBuffer()
        loop.serverFields.update(loop.now)
        let start = session.pointee.beginHeaders(output)
        let response = stream.response
        let key = HeadBlocks.Key(
            status: response.status, length: length ?? -1, tableVersion: encoder.tableVersion,
            serverFields: loop.serverFields.generation)
        if let block = heads.find(response.fields, key) {
            output.append(block)
        } else {
            let blockStart = output.count
            encoder.encode(status: response.status, into: output)
            encoder.encode(response.fields, allowsLength: response.status != 204, into: output)
            if let length { encoder.encode("content-length", String(length), into: output) }
            loop.serverFields.forEach(hasDate: response.facts.hasDate, hasServer: response.facts.hasServer) {
                encoder.encode($0, $1, into: output)
            }
            // A block that changed the table would be another one now.
            if key.tableVersion == encoder.tableVersion {
                heads.keep(UnsafeRawBufferPointer(rebasing: output.bytes[blockStart...]), response.fields, key)
            }
        }
        session.pointee.endHeaders(stream.slot, from: start, end: end, output)
        stream.written += 1
        if end { noteEnd(stream) }
    }

    /// Writes content as far as the windows allow.
    func writeData(_ stream: HTTP2Stream, _ bytes: inout ByteBuffer, isLast: Bool) {
        guard !session.pointee.isReset(stream.slot) else { return bytes.moveReaderIndex(to: bytes.writerIndex) }
        while bytes.readableBytes > 0, isWritableNow {
            let count = min(session.pointee.sendable(stream.slot), bytes.readableBytes)
            guard count > 0 else { return }
            let end = isLast && count == bytes.readableBytes
            let output = outputBuffer()
            session.pointee.writeDataHead(stream.slot, count, end: end, output)
            bytes.readWithUnsafeReadableBytes { source in
                output.append(UnsafeRawBufferPointer(rebasing: source[..<count]))
                return count
            }
            stream.written += count
            countOutput(count)
            if end { noteEnd(stream) }
        }
    }

    func sendable(_ stream: HTTP2Stream) -> Int { session.pointee.sendable(stream.slot) }

    /// Ends the stream when all of its response has been written, and the end has not.
    func endIfWhole(_ stream: HTTP2Stream) {
        guard stream.response.isWhole, isServing, !session.pointee.isLocalEnded(stream.slot),
            !session.pointee.isReset(stream.slot)
        else { return }
        if let trailers = stream.response.trailers {
            let output = outputBuffer()
            let start = session.pointee.beginHeaders(output)
            encoder.encode(trailers, allowsLength: false, into: output)
            session.pointee.endHeaders(stream.slot, from: start, end: true, output)
        } else {
            session.pointee.writeDataHead(stream.slot, 0, end: true, outputBuffer())
        }
        noteEnd(stream)
    }

    private func noteEnd(_ stream: HTTP2Stream) {
        finishing.append((stream, sentBytes + output.count))
        requestTurnEnd()
    }

    /// The stream has something to send, and gets a turn.
    func queue(_ stream: HTTP2Stream) {
        guard !stream.isQueued, isServing else { return }
        sendQueue.append(stream, session.pointee.priority(stream.slot), isContinuing: false)
        requestTurnEnd()
    }

    /// Its head or its messages wait for the turn's end.
    func hold(_ stream: HTTP2Stream) {
        guard !stream.isHeld else { return }
        stream.isHeld = true
        held.append(stream)
        requestTurnEnd()
    }

    private func pump() {
        while isWritableNow, let stream = sendQueue.next() {
            if stream.takeTurn(), !stream.isQueued {
                sendQueue.append(stream, session.pointee.priority(stream.slot), isContinuing: true)
            }
        }
        if openStreams > 0 { wake(at: loop.now + .seconds(1)) }
    }

    func flush() {
        guard output.capacity > 0 else { return }
        sentBytes += output.count
        transport.send(output)
        loop.takeMemory(of: output)
        if !transport.isDrained, stallStart == nil {
            stallStart = loop.now
            progressAtStall = transport.takenBytes
        }
    }

    /// Tells the streams whose last byte the operating system has taken.
    func completeFinished() {
        guard !finishing.isEmpty else { return }
        let taken = sentBytes - transport.bufferedBytes
        guard finishing[0].end <= taken else { return }
        let all = finishing
        finishing = []
        for entry in all {
            guard entry.end <= taken else {
                finishing.append(entry)
                continue
            }
            if entry.stream.connection === self { entry.stream.over() }
        }
    }

    func dropOutput() {
        loop.takeMemory(of: output)
        finishing.removeAll()
        held.removeAll()
    }
}

extension HTTP2Connection: TurnEndHandler {
    func turnEnded() {
        isTurnEndRequested = false
        if !isYielding { sentInTurn = 0 }
        let held = held
        self.held.removeAll(keepingCapacity: true)
        for stream in held where stream.isHeld && stream.connection === self {
            stream.isHeld = false
            stream.openHead(whole: nil, end: false)
            stream.gatherTunnel()
        }
        if !sendQueue.isEmpty { pump() }
        flush()
        completeFinished()
        if openStreams == 0, case .finishing = state { closeIfDone() }
    }
}
