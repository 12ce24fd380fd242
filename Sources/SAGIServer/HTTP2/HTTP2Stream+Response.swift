import HTTP2
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

extension HTTP2Stream: MessageStream {
    // MARK: The head

    func sendInformational(_ status: Int, _ fields: HTTPFields) throws(InvalidField) {
        _ = try HeadBlocks.check(status, fields)
        connection?.writeInformational(self, status, fields)
    }

    func sendStart(
        _ status: Int, _ fields: HTTPFields, isHead: Bool, trailers: Bool
    ) throws(InvalidField) -> ResponseFacts {
        guard let connection else { return ResponseFacts() }
        let facts = try connection.heads.facts(status, fields)
        let allowsContent = HTTPResponse.Status.allowsContent(status)
        response.isHeadHeld = true
        response.status = status
        response.fields = fields
        response.facts = facts
        response.hasContent = !isHead && allowsContent
        response.tellsLength = isHead && allowsContent
        response.hasTrailers = trailers
        if facts.close { connection.finishSoon() }
        connection.hold(self)
        return facts
    }

    /// Writes the head, now that it is known what follows.
    ///
    /// - Parameters:
    ///   - whole: the length of the whole content, when it is known.
    ///   - end: whether nothing follows.
    func openHead(whole: Int?, end: Bool) {
        guard response.isHeadHeld, let connection else { return }
        response.isHeadHeld = false
        var length: Int?
        if response.facts.contentLength == nil, let whole {
            if response.hasContent || response.tellsLength && whole > 0 { length = whole }
        }
        connection.writeHead(self, length: length, end: end)
        response.fields = HTTPFields()
    }

    // MARK: The content

    func sendContent(_ bytes: ByteBuffer, more: Bool) {
        let isLast = !more && !response.hasTrailers
        let count = response.hasContent ? bytes.readableBytes : 0
        if response.isHeadHeld {
            openHead(whole: more || response.hasTrailers ? nil : bytes.readableBytes, end: isLast && count == 0)
        }
        if isLast { response.isWhole = true }
        if count > 0 {
            write(bytes)
        } else if isLast {
            writePending()
        }
    }

    func sendSuppressed(_ count: Int, more: Bool) {
        let isLast = !more && !response.hasTrailers
        if response.isHeadHeld { openHead(whole: more || response.hasTrailers ? nil : count, end: isLast) }
        if isLast {
            response.isWhole = true
            writePending()
        }
    }

    func sendTrailers(_ fields: HTTPFields) throws(InvalidField) {
        openHead(whole: nil, end: false)
        // RFC 9110 §6.5.1: only for a client that said it reads them.
        if response.hasContent, facts.contains(.acceptsTrailers), !fields.isEmpty { response.trailers = fields }
        response.isWhole = true
        writePending()
    }

    func sendFile(_ file: OpenFile, more: Bool, completion: @escaping (FileFailure?) -> Void) {
        openHead(whole: more || response.hasTrailers ? nil : file.count, end: false)
        self.file = PendingFile(file: file, more: more, completion: completion)
        writePending()
    }

    func truncate() {
        connection?.reset(self, .internalError)
        ended(.serverError)
    }

    func flush() {
        openHead(whole: nil, end: false)
        connection?.flush()
    }

    /// Answers for the server, whatever the application does. Called when no head has been written.
    func respond(status: Int, sentence: String, fields: HTTPFields = [:]) {
        var fields = fields
        fields[.contentType] = "text/plain; charset=utf-8"
        let isHead = facts.contains(.isHead)
        let text = ByteBuffer(string: sentence + "\n")
        response = ResponseState()
        response.status = status
        response.fields = fields
        response.hasContent = !isHead
        response.tellsLength = isHead
        response.isHeadHeld = true
        exchange.status = status
        sendContent(text, more: false)
    }

    /// Answers in the place of the application.
    func refuse(_ refusal: ServerCore.Refusal) {
        exchange.started.store(true, ordering: .relaxed)
        exchange.disconnect(.protocolError)
        respond(status: refusal.status, sentence: refusal.sentence, fields: refusal.fields)
    }

    // MARK: Writing

    /// Fewer bytes wait than the high-water mark, or than the low one after that was reached.
    var isWritable: Bool { !isFull }

    var bufferedBytes: Int { pending.bytes }

    /// Whether something waits to be written.
    var hasPending: Bool { !pending.isEmpty || file != nil }

    func makeWritable() -> Bool {
        if tunnelOutput.count >= loop.waterMarks.high { gatherTunnel() }
        return isWritable && file == nil
    }

    private func write(_ bytes: ByteBuffer) {
        guard let connection else { return }
        guard pending.isEmpty, !isQueued, file == nil, connection.isWritableNow else {
            addPending(bytes)
            return
        }
        var rest = bytes
        connection.writeData(self, &rest, isLast: response.isWhole && response.trailers == nil)
        guard rest.readableBytes > 0 else {
            if response.isWhole { writePending() }
            return
        }
        addPending(rest)
    }

    func addPending(_ bytes: ByteBuffer) {
        pending.append(bytes)
        if pending.bytes >= loop.waterMarks.high { isFull = true }
        connection?.queue(self)
    }

    /// Writes what can be written of what waits, or waits for its turn.
    private func writePending() {
        guard let connection, !isQueued else { return }
        if pending.isEmpty, file == nil { connection.endIfWhole(self) } else { connection.queue(self) }
    }

    /// Its turn has come: writes a frame. Returns whether it wants another turn.
    func takeTurn() -> Bool {
        guard let connection else { return false }
        let limit = connection.sendable(self)
        if limit > 0, var piece = pending.next(upTo: limit) {
            connection.writeData(
                self, &piece, isLast: pending.isEmpty && file == nil && response.isWhole && response.trailers == nil)
            pending.putBack(piece)
        }
        readFile()
        if pending.isEmpty, file == nil { connection.endIfWhole(self) }
        if isFull, pending.bytes <= loop.waterMarks.low {
            isFull = false
            exchange.writabilityChanged()
            tunnel?.writabilityChanged()
        }
        return !pending.isEmpty && connection.sendable(self) > 0
    }

    // MARK: Files

    private static let pieceSize = 128 * 1024

    /// Reads on, when little waits.
    private func readFile() {
        guard let file, !file.isReading, pending.bytes < Self.pieceSize / 2, let connection else { return }
        guard file.file.count > 0 else { return endFile(nil) }
        self.file?.isReading = true
        let bound = NIOLoopBound((self, exchange), eventLoop: loop.eventLoop)
        file.file.read(upTo: Self.pieceSize, on: connection.server.files, for: loop.eventLoop).whenComplete { result in
            let (stream, exchange) = bound.value
            // Another request may be served by now.
            guard stream.exchange === exchange else { return }
            stream.loop.turn { stream.take(result) }
        }
    }

    private func take(_ result: Result<Result<ByteBuffer, FileFailure>, any Error>) {
        guard file != nil else { return }
        file?.isReading = false
        switch result {
        case .success(.success(let piece)):
            file?.file.advance(piece.readableBytes)
            addPending(piece)
        case .success(.failure(let failure)): endFile(failure)
        case .failure: endFile(.connectionClosed)
        }
    }

    private func endFile(_ failure: FileFailure?) {
        guard let file else { return }
        self.file = nil
        if failure == nil, !file.more, !response.hasTrailers { response.isWhole = true }
        file.completion(failure)
    }
}
