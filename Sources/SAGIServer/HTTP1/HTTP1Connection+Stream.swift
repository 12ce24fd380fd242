import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

extension HTTP1Connection {
    /// Where the response stands on the wire.
    struct ResponseState {
        var framing = ResponseFraming.none
        /// The fields have been written, and the section is still open for the server's own.
        var isHeadOpen = false
        var facts = ResponseFacts()
        var hasContent = false
        /// The response to a HEAD that would have content: its length is told.
        var tellsLength = false
        var status = 0
        var hasTrailers = false
        var sentContinue = false
        /// The last byte has been written.
        var isWhole = false

        // Not "==", which is a call into the module of the engine.
        var isChunked: Bool { if case .chunked = framing { true } else { false } }
    }
}

extension HTTP1Connection: MessageStream {
    // MARK: The request

    func nextEvent() -> HTTPRequestEvent? {
        guard !bodyDelivered else {
            guard canHaveTrailers else { return nil }
            canHaveTrailers = false
            return .trailers(trailerFields)
        }
        guard facts.contains(.hasBody) else {
            bodyDelivered = true
            return .body(ByteBuffer(), more: false)
        }
        do throws(HTTP1Error) {
            guard let part = try decoder.nextBody(&input) else {
                sendContinueIfExpected()
                if !inputEnded { transport.setReading(true) }
                return nil
            }
            // The client did not wait: it needs no 100 (RFC 9110 §10.1.1).
            response.sentContinue = true
            bodyDelivered = !part.more
            bodyBegun = true
            if input.readableBytes < server.limits.inputBuffer, !inputEnded { transport.setReading(true) }
            return .body(part.bytes, more: part.more)
        } catch {
            return contentFailed(error)
        }
    }

    /// The content breaks a rule. The client is told, when no response has been started.
    private func contentFailed(_ error: HTTP1Error) -> HTTPRequestEvent? {
        inputError = error
        keepAlive = false
        let reason: DisconnectReason = error == .bodyTooLarge ? .bodyTooLarge : .protocolError
        let canAnswer = exchange.rules.phase == .idle
        disconnect(reason)
        if canAnswer { refuse(error) } else { cutOff(reason) }
        return .disconnect(reason)
    }

    private var trailerFields: HTTPFields {
        var fields = HTTPFields()
        // RFC 9110 §6.5.1: whoever adds trailers to the header fields must not be told another host, length or user.
        for (name, value) in decoder.trailer where !TrailerFields.forbids(name) {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    func isAwaited(_ isAwaited: Bool) {
        isAwaitingBody = isAwaited && !bodyDelivered
        if isAwaitingBody { startWaitingForContent() } else { stopWaitingForContent() }
    }

    private func sendContinueIfExpected() {
        guard facts.contains(.expectsContinue), !response.sentContinue, response.status == 0 else { return }
        response.sentContinue = true
        outputBuffer().append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    // MARK: The response

    func sendInformational(_ status: Int, _ fields: HTTPFields) throws(InvalidField) {
        // RFC 9110 §15.2: not for HTTP/1.0.
        guard version != .http10 else { return }
        try ResponseEncoder.writeInformational(status, fields, into: outputBuffer())
    }

    func sendStart(
        _ status: Int, _ fields: HTTPFields, isHead: Bool, trailers: Bool
    ) throws(InvalidField) -> ResponseFacts {
        let facts = try loop.heads.write(status, fields, into: outputBuffer())
        let allowsContent = HTTPResponse.Status.allowsContent(status)
        response.facts = facts
        response.isHeadOpen = true
        response.status = status
        response.hasContent = !isHead && allowsContent
        response.tellsLength = isHead && allowsContent
        response.hasTrailers = trailers
        if facts.close { keepAlive = false }
        return facts
    }

    func sendContent(_ bytes: ByteBuffer, more: Bool) {
        if response.isHeadOpen { closeHead(whole: more || response.hasTrailers ? nil : bytes.readableBytes) }
        if response.hasContent { writeContent(bytes) }
        if !more, !response.hasTrailers { endContent() }
    }

    func sendSuppressed(_ count: Int, more: Bool) {
        if response.isHeadOpen { closeHead(whole: more || response.hasTrailers ? nil : count) }
        if !more, !response.hasTrailers { endContent() }
    }

    func truncate() { cutOff(.serverError) }

    /// Ends the connection in the middle of a response. What has been sent of it leaves first, and so do the responses
    /// before it; but not what would look whole.
    private func cutOff(_ reason: DisconnectReason) {
        if exchange.rules.isVisiblyShort { flush() }
        abort(reason)
    }

    func sendTrailers(_ fields: HTTPFields) throws(InvalidField) {
        if response.isHeadOpen { closeHead(whole: nil) }
        if response.isChunked {
            // RFC 9110 §6.5.1: only for a client that said it reads them.
            let sent = facts.contains(.acceptsTrailers) ? fields : nil
            try ResponseEncoder.writeLastChunk(trailers: sent, into: outputBuffer())
        }
        response.isWhole = true
    }

    func sendFile(_ file: OpenFile, more: Bool, completion: @escaping (FileFailure?) -> Void) {
        if response.isHeadOpen { closeHead(whole: more || response.hasTrailers ? nil : file.count) }
        if response.isChunked {
            ResponseEncoder.writeChunkStart(file.count, into: outputBuffer())
        }
        flush()
        startWriteDeadline()
        transport.send(file) { failure in
            self.writeDeadline = nil
            if failure == nil {
                if self.response.isChunked { self.outputBuffer().append("\r\n") }
                if !more, !self.response.hasTrailers { self.endContent() }
            }
            completion(failure)
        }
    }

    /// Ends the header section, now that it is known how the content is framed.
    private func closeHead(whole: Int?) {
        response.isHeadOpen = false
        let facts = response.facts
        if !response.hasContent {
            response.framing = .none
            if response.tellsLength, facts.contentLength == nil, let whole, whole > 0 {
                response.framing = .knownLength(whole)
            }
        } else if facts.contentLength != nil {
            response.framing = .length
        } else if let whole {
            response.framing = .knownLength(whole)
        } else if version == .http10 {
            response.framing = .untilClose
            keepAlive = false
        } else {
            response.framing = .chunked
        }
        // RFC 9110 §10.1.1: the client may or may not send its content now, so the connection cannot go on.
        if self.facts.contains(.expectsContinue), !response.sentContinue { keepAlive = false }
        // RFC 9112 §9.6: a client that is not told sends its next request on a connection that is about to be closed.
        if whole != nil, self.facts.contains(.hasBody), decoder.isReadingBody,
            server.drainable(decoder.remainingBody) == nil
        {
            keepAlive = false
        }
        if isDraining || isTooOld || server.isStopping.load(ordering: .relaxed) { keepAlive = false }
        let connection: StaticString? =
            !keepAlive ? "close" : self.facts.contains(.persistent10) ? "keep-alive" : nil
        let output = outputBuffer()
        loop.serverFields.append(to: output, hasDate: facts.hasDate, hasServer: facts.hasServer, now: loop.now)
        ResponseEncoder.writeHeadEnd(response.framing, connection: connection, into: output)
    }

    private func writeContent(_ bytes: ByteBuffer) {
        let count = bytes.readableBytes
        guard count > 0 else { return }
        countOutput(count)
        let isChunked = response.isChunked
        let output = outputBuffer()
        if isChunked { ResponseEncoder.writeChunkStart(count, into: output) }
        if count <= 16 * 1024 {
            bytes.withUnsafeReadableBytes { output.append($0) }
        } else {
            transport.send(output, bytes)
            noteWritten()
        }
        if isChunked { output.append("\r\n") }
    }

    private func endContent() {
        if response.isChunked { outputBuffer().append("0\r\n\r\n") }
        response.isWhole = true
    }

    /// The application has returned or thrown: the response is whole, or is made so, or is cut off.
    func finishResponse(_ failure: (any Error)?) {
        guard !exchange.hasEnded, case .serving = state else { return }
        switch exchange.returned(failure) {
        case .whole:
            if !response.isWhole { sendContent(ByteBuffer(), more: false) }
            exchange.complete()
        case .nothing:
            keepAlive = false
            writeOwnResponse(status: 500, sentence: "The server failed to answer this request.")
            exchange.complete()
        case .cutOff:
            truncate()
        }
    }

    func writeOwnResponse(status: Int, sentence: String, fields: HTTPFields = [:]) {
        var fields = fields
        fields[.contentType] = "text/plain; charset=utf-8"
        // RFC 9110 §9.3.2.
        let isHead = hasExchange ? exchange.isHead : refusesHead
        let text = sentence + "\n"
        let output = outputBuffer()
        _ = try? ResponseEncoder.writeStart(status, fields, into: output)
        loop.serverFields.append(to: output, hasDate: false, hasServer: false, now: loop.now)
        // RFC 9110 §15.5.22: which protocol would do.
        if status == 426 { output.append("Upgrade: websocket\r\n") }
        ResponseEncoder.writeHeadEnd(
            .knownLength(text.utf8.count), connection: status == 426 ? "upgrade, close" : "close", into: output)
        if !isHead { output.append(string: text) }
    }

    // MARK: Output

    var isWritable: Bool { transport.isWritable && output.count < loop.waterMarks.high }

    var bufferedBytes: Int { transport.bufferedBytes + output.count }

    func makeWritable() -> Bool {
        if output.count >= loop.waterMarks.high { flush() }
        guard transport.isWritable else {
            requestFlush()
            return false
        }
        // A fast peer must not keep the loop from its other connections: the rest comes in another turn.
        if sentInTurn >= Self.bytesPerTurn { yield() }
        return !isYielding
    }

    private static let bytesPerTurn = 1 << 20

    /// Notes what is sent in this turn. A small piece costs time too.
    @inline(__always)
    func countOutput(_ count: Int) { sentInTurn &+= count &+ 64 }

    private func yield() {
        guard !isYielding else { return }
        isYielding = true
        loop.eventLoop.execute {
            self.loop.turn {
                self.isYielding = false
                self.sentInTurn = 0
                self.writabilityChanged()
            }
        }
    }

    /// Where what is sent in this turn gathers, with memory of the loop's pool.
    @inline(__always)
    func outputBuffer() -> OutputBuffer {
        if output.capacity == 0 { beginOutput() }
        return output
    }

    @inline(never)
    private func beginOutput() {
        loop.giveMemory(to: output)
        requestFlush()
    }

    /// Sends what has gathered. An open head goes out too: the client must not wait for the first content.
    func flush() {
        if response.isHeadOpen, case .serving = state { closeHead(whole: nil) }
        guard output.capacity > 0 else { return }
        transport.send(output)
        dropOutput()
        noteWritten()
    }

    func dropOutput() { loop.takeMemory(of: output) }

    func noteWritten() {
        if !transport.isDrained, writeDeadline == nil { startWriteDeadline() }
    }

    func startWriteDeadline() {
        guard let time = server.timeouts.writeStall else { return }
        progressAtStall = transport.takenBytes
        writeDeadline = loop.now + time
        updateDeadline()
    }
}
