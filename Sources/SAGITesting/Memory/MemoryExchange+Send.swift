import HTTPTypes
import NIOCore
import SAGI

extension MemoryExchange: EventSink {
    typealias Outbound = HTTPResponseEvent

    func offer(_ event: HTTPResponseEvent) throws -> Bool {
        if case .file = event { return false }
        return try change { state in
            guard state.takesEvents else {
                try state.takeAfterEnd(event)
                return true
            }
            guard state.sendQueue.isEmpty, state.isWritable else { return false }
            try state.take(event, self)
            return true
        }
    }

    nonisolated(nonsending) func send(_ event: HTTPResponseEvent) async throws {
        let id = standInLine()
        defer { leaveLine(id) }
        if case .file(let range, let more) = event { return try await send(range, more: more, id) }
        try await whenWritable(id) { state in
            guard state.takesEvents else { return try state.takeAfterEnd(event) }
            try state.take(event, self)
        }
    }

    /// Events go out in the order in which they were sent, each when the one before it has.
    func standInLine() -> UInt64 {
        change { state in
            state.nextSend += 1
            state.sendQueue.append(state.nextSend)
            return state.nextSend
        }
    }

    func leaveLine(_ id: UInt64) { change { $0.sendQueue.removeAll { $0 == id } } }

    private nonisolated(nonsending) func send(_ range: FileRange, more: Bool, _ id: UInt64) async throws {
        let file = try await whenWritable(id) { state -> OpenFile? in
            guard state.takesEvents else {
                try state.takeAfterEnd(.file(range, more: more))
                return nil
            }
            let file = try OpenFile(range)
            let isLast = try state.rules.content(file.count, more: more)
            state.beginContent(whole: isLast && !state.rules.announcedTrailers ? file.count : nil)
            return file
        }
        guard let file else { return }
        // HEAD, 204 and 304 get no content.
        if monitor.withLock({ $0.rules.hasContent }) {
            do {
                var position = 0
                while position < file.count {
                    let bytes = try file.read(at: position)
                    position += bytes.readableBytes
                    try await whenWritable(id) { $0.push(bytes, self.facts) }
                }
            } catch {
                change { $0.isBroken = true }
                throw error
            }
        }
        change { state in
            state.endContentIfWhole()
            state.noteEvent(facts)
        }
    }

    /// Waits until it is this send's turn and less than the high-water mark waits, or the exchange has ended.
    private nonisolated(nonsending) func whenWritable<Result: Sendable>(
        _ id: UInt64, _ body: @Sendable (inout State) throws -> Result
    ) async throws -> Result {
        defer { runActions() }
        return try await monitor.wait { state in
            guard !state.takesEvents || (state.sendQueue.first == id && state.isWritable) else { return nil }
            return try body(&state)
        }
    }
}

extension MemoryExchange.State {
    /// Fewer bytes wait than the high-water mark, or fewer than the low one after it was reached.
    var isWritable: Bool { !core.isAboveHighWater }

    /// Whoever comes after a disconnect is not told, whoever comes after the end has made a mistake.
    fileprivate func takeAfterEnd(_ event: HTTPResponseEvent) throws(ExchangeError) {
        if case .disconnected = core.ending { return }
        if case .flush = event { return }
        throw .wrongEvent("The exchange has ended.")
    }

    mutating func take(_ event: HTTPResponseEvent, _ exchange: MemoryExchange) throws(ExchangeError) {
        let facts = exchange.facts
        switch event {
        case .informational(let response):
            try rules.checkInformational(response)
            // RFC 9110 §15.2: not for HTTP/1.0.
            if facts.version != .http10 { outgoing.append(.informational(response.sendable(allowsLength: false))) }
        case .start(let response, let trailers):
            hasLength = try rules.start(response, isHead: facts.isHead, trailers: trailers) != nil
            core.responseStarted = true
            tellsLength = facts.isHead && HTTPResponse.Status.allowsContent(response.status.code)
            // RFC 9110 §8.6: no Content-Length in a 204.
            outgoing.append(.head(response.sendable(allowsLength: response.status.code != 204)))
            isHeadOpen = true
        case .body(let bytes, let more):
            let isLast = try rules.content(bytes.readableBytes, more: more)
            beginContent(whole: isLast && !rules.announcedTrailers ? bytes.readableBytes : nil)
            push(bytes, facts)
            endContentIfWhole()
        case .file:
            preconditionFailure("files are sent on their own")
        case .trailers(let fields):
            try rules.trailers(fields)
            closeHead()
            if canSendTrailers(facts) { outgoing.append(.trailers(fields)) }
            finish(.complete)
        case .flush:
            return closeHead()
        }
        // Outside of a turn there is no end of it that could send the head.
        if isHeadOpen, !exchange.executor.isCurrent { closeHead() }
        noteEvent(facts)
    }

    /// HTTP/1.1 has trailers with chunked content only, for a client that reads them (RFC 9110 §6.5.1).
    private func canSendTrailers(_ facts: MemoryExchange.Facts) -> Bool {
        switch facts.version {
        case .http10: false
        case .http11: facts.acceptsTrailers && !hasLength && rules.hasContent
        case .http2, .http3: true
        }
    }

    /// Lets the client have the head. When the whole content is known with it, its length is told.
    fileprivate mutating func beginContent(whole: Int?) {
        guard isHeadOpen else { return }
        isHeadOpen = false
        guard !hasLength, let whole, rules.hasContent || (tellsLength && whole > 0) else { return }
        let index = outgoing.lastIndex { if case .head = $0 { true } else { false } }
        guard let index, case .head(var head) = outgoing[index] else { return }
        head.headerFields[.contentLength] = String(whole)
        outgoing[index] = .head(head)
    }

    /// Lets the client have the head, though nothing is known of the content.
    mutating func closeHead() { beginContent(whole: nil) }

    fileprivate mutating func push(_ bytes: ByteBuffer, _ facts: MemoryExchange.Facts) {
        guard rules.hasContent, core.isOpen else { return }
        var bytes = bytes
        var isCut = false
        if case .bytes(let limit)? = facts.disconnect?.place, contentBytes + bytes.readableBytes >= limit {
            bytes = bytes.readSlice(length: limit - contentBytes) ?? ByteBuffer()
            isCut = true
        }
        contentBytes += bytes.readableBytes
        if bytes.readableBytes > 0 {
            outgoing.append(.body(bytes))
            actions += core.fill(bytes.readableBytes)
        }
        if isCut { disconnect(facts.disconnect?.reason ?? .clientClosed, facts) }
    }

    fileprivate mutating func endContentIfWhole() {
        if rules.phase == .complete, core.isOpen { finish(.complete) }
    }

    /// The response is whole without another event.
    mutating func endContent(whole: Int) {
        guard end == nil else { return }
        beginContent(whole: whole)
        finish(.complete)
    }

    fileprivate mutating func noteEvent(_ facts: MemoryExchange.Facts) {
        eventCount += 1
        guard case .events(let limit)? = facts.disconnect?.place, eventCount >= limit, limit > 0 else { return }
        disconnect(facts.disconnect?.reason ?? .clientClosed, facts)
    }
}

extension HTTPResponse {
    fileprivate func sendable(allowsLength: Bool) -> HTTPResponse {
        HTTPResponse(status: status, headerFields: headerFields.sendable(allowsLength: allowsLength))
    }
}
