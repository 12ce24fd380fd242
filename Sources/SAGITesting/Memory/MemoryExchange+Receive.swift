import HTTPTypes
import NIOCore
import SAGI

extension MemoryExchange: EventSource {
    func poll() throws -> HTTPRequestEvent? {
        // A change only when there is something: who feeds the request is woken then.
        guard try monitor.withLock({ state throws(ExchangeError) in try state.isReady }) else { return nil }
        return try change { state throws(ExchangeError) in try state.nextEvent() }
    }

    nonisolated(nonsending) func next() async throws -> HTTPRequestEvent {
        try change { state throws(ExchangeError) in
            guard try !state.isReady else { return }
            state.isReceiving = true
            // RFC 9110 §10.1.1: asked for when it is wanted, and not after the response has begun.
            if facts.expectsContinue, facts.version != .http10, !state.sentContinue, !state.core.responseStarted {
                state.sentContinue = true
                state.outgoing.append(.informational(HTTPResponse(status: .continue)))
            }
        }
        defer { monitor.withLock { $0.isReceiving = false } }
        return try await monitor.wait { state in
            state.isReceiving = false
            if let event = try state.nextEvent() { return event }
            state.isReceiving = true
            return nil
        }
    }
}

extension MemoryExchange.State {
    fileprivate var isReady: Bool {
        get throws(ExchangeError) {
            if isReceiving { throw .concurrentReceive }
            return showsEnd && (!takesEvents || rules.phase == .complete || !incoming.isEmpty)
        }
    }

    fileprivate mutating func nextEvent() throws(ExchangeError) -> HTTPRequestEvent? {
        if isReceiving { throw .concurrentReceive }
        guard showsEnd else { return nil }
        switch core.ending {
        case .completed: return .disconnect(.completed)
        case .disconnected(let reason): return .disconnect(reason)
        case .open: break
        }
        if rules.phase == .complete || hasReturned { return .disconnect(.completed) }
        guard !incoming.isEmpty else { return nil }
        let event = incoming.removeFirst()
        hasReceived = true
        if case .body(let bytes, _) = event {
            incomingBytes -= bytes.readableBytes
            // The client did not wait: it needs no 100.
            sentContinue = true
        }
        return event
    }
}
