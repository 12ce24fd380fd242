import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

extension ServerExchange: LoopExchange {
    func offer(_ event: HTTPResponseEvent) throws -> Bool {
        guard loop.isInThisTurn else { return false }
        // Over: whoever comes after a disconnect is not told, whoever comes after the end has made a mistake.
        guard let stream, !hasEnded else { return try takeAfterEnd(event) && !isDisconnected }
        if case .file = event { return false }
        guard pendingSends.isEmpty, !isSendingFile else { return false }
        guard stream.makeWritable() else {
            outputGrew()
            return false
        }
        try take(event, stream)
        return true
    }

    // MARK: On the loop

    func enqueue(_ pending: PendingSend<HTTPResponseEvent>) {
        if let waiter = pending.waiter, waiter.isCancelled.load(ordering: .acquiring), !hasEnded {
            return pending.continuation.resume(throwing: CancellationError())
        }
        guard !hasEnded else {
            return inAnotherTurn {
                pending.continuation.resume(with: Result { _ = try self.takeAfterEnd(pending.event) })
            }
        }
        pendingSends.append(pending)
        sendPending()
    }

    func cancelSend(_ waiter: Waiter) {
        // A peer that has gone is no error: then the send has been resumed by the disconnect.
        guard let index = pendingSends.firstIndex(where: { $0.waiter === waiter }), !hasEnded else { return }
        let pending = pendingSends.remove(at: index)
        pending.continuation.resume(throwing: CancellationError())
    }

    /// Takes what waits, as far as the stream takes it.
    func sendPending() {
        while !pendingSends.isEmpty, !isSendingFile {
            guard let stream, !hasEnded else {
                let pending = pendingSends.removeFirst()
                pending.continuation.resume(with: Result { _ = try takeAfterEnd(pending.event) })
                continue
            }
            guard stream.makeWritable() else { return }
            let pending = pendingSends.removeFirst()
            if case .file(let range, let more) = pending.event {
                startFile(range, more: more, stream, pending.continuation)
            } else {
                pending.continuation.resume(with: Result { try take(pending.event, stream) })
            }
        }
    }

    /// The stream has become writable, or has drained.
    func writabilityChanged() {
        observeDrain()
        sendPending()
    }

    /// Takes an event of the server's own, however slow the peer is.
    func takeNow(_ event: HTTPResponseEvent) throws {
        guard let stream, !hasEnded else { return }
        try take(event, stream)
    }

    private func takeAfterEnd(_ event: HTTPResponseEvent) throws -> Bool {
        if isDisconnected { return true }
        if case .flush = event { return true }
        throw ExchangeError.wrongEvent("The exchange has ended.")
    }

    private func take(_ event: HTTPResponseEvent, _ stream: any MessageStream) throws {
        switch event {
        case .start(let response, let trailers):
            let status = loop.statuses.code(of: response)
            try rules.checkStart(status)
            try start(status, response.headerFields, trailers: trailers, stream)
        case .body(let bytes, let more):
            let count = bytes.readableBytes
            let isShort = try rules.content(count, more: more)
            if rules.hasContent { contentBytes &+= count }
            stream.sendContent(bytes, more: more || isShort)
            if count > 4096 { outputGrew() }
        case .file:
            preconditionFailure("files wait in line")
        case .informational(let response):
            let status = response.status.code
            try rules.checkInformational(status)
            try checked { () throws(InvalidField) in try stream.sendInformational(status, response.headerFields) }
        case .trailers(let fields):
            try rules.checkTrailers(fields)
            try checked { () throws(InvalidField) in try stream.sendTrailers(fields) }
            rules.trailersSent()
        case .flush:
            stream.flush()
        }
    }

    private func start(_ status: Int, _ fields: HTTPFields, trailers: Bool, _ stream: any MessageStream) throws {
        let facts = try checked { () throws(InvalidField) in
            try stream.sendStart(status, fields, isHead: isHead, trailers: trailers)
        }
        rules.start(status, isHead: isHead, contentLength: facts.contentLength, trailers: trailers)
        self.status = status
        if keepsResponseFields { responseFields = fields }
        started.store(true, ordering: .relaxed)
    }

    private func checked<Result>(_ body: () throws(InvalidField) -> Result) throws(ExchangeError) -> Result {
        do {
            return try body()
        } catch {
            throw ExchangeError.invalidField(error.name)
        }
    }

    // MARK: Files

    private func startFile(
        _ range: FileRange, more: Bool, _ stream: any MessageStream, _ continuation: UnsafeContinuation<Void, any Error>
    ) {
        do {
            let opened = try OpenedFile(range)
            let isShort: Bool
            do {
                isShort = try rules.content(opened.file.count, more: more)
            } catch {
                opened.close()
                throw error
            }
            guard rules.hasContent, opened.file.count > 0 else {
                opened.close()
                stream.sendSuppressed(opened.file.count, more: more || isShort)
                return continuation.resume()
            }
            isSendingFile = true
            contentBytes &+= opened.file.count
            stream.sendFile(opened.file, more: more || isShort) { failure in
                opened.close()
                self.isSendingFile = false
                switch failure {
                case nil, .connectionClosed:
                    continuation.resume()
                case .truncated:
                    self.cutOff(opened.name, "it became shorter while it was sent", stream, continuation)
                case .read(let code):
                    self.cutOff(opened.name, OpenedFile.describe(code), stream, continuation)
                }
                self.sendPending()
            }
        } catch {
            continuation.resume(throwing: error)
        }
    }

    /// A file failed in the middle. What was promised cannot be kept any more, whatever the application does now.
    private func cutOff(
        _ name: String, _ reason: String, _ stream: any MessageStream,
        _ continuation: UnsafeContinuation<Void, any Error>
    ) {
        let error = ExchangeError.file(name, reason: reason)
        failure = "A response was cut off. \(error)"
        stream.truncate()
        continuation.resume(throwing: error)
    }

    // MARK: Flow control

    /// Tells whoever wants to know when there is more to send than the peer takes.
    func outputGrew() {
        guard let stream, !stream.isWritable else { return }
        waitingBytes.store(stream.bufferedBytes, ordering: .relaxed)
        let bodies = observers.withLock { observers -> [@Sendable () -> Void] in
            guard !observers.isAboveHighWater else { return [] }
            observers.isAboveHighWater = true
            touched.store(true, ordering: .relaxed)
            return observers.highWater
        }
        for body in bodies { body() }
    }

    private func observeDrain() {
        guard let stream, stream.isWritable else { return }
        waitingBytes.store(stream.bufferedBytes, ordering: .relaxed)
        let bodies = observers.withLock { observers -> [@Sendable () -> Void] in
            guard observers.isAboveHighWater else { return [] }
            observers.isAboveHighWater = false
            return observers.drain
        }
        for body in bodies { body() }
    }
}
