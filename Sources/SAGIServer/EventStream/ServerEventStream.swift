import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// One stream of server-sent events, over an HTTP exchange of any version: events become content.
///
/// `@unchecked Sendable`: used on the event loop only, but for the rules, which are behind a lock; `send` and `next`
/// come to the loop with the exchange.
final class ServerEventStream: @unchecked Sendable {
    private let exchange: ServerExchange
    private let idleTimeout: TimeAmount?
    private let state: Mutex<State>

    private struct State {
        var rules = EventStreamRules()
        var keepalive: TimeAmount?
        var comment = ""
        /// When the application sent an event, and when anything was sent.
        var lastEvent = NIODeadline.now()
        var lastOutput = NIODeadline.now()
    }

    init(exchange: ServerExchange, keepalive: TimeAmount?, idleTimeout: TimeAmount?) {
        self.exchange = exchange
        self.idleTimeout = idleTimeout
        state = Mutex(State(keepalive: keepalive))
    }

    /// The exchange as the application sees it.
    func makeExchange(_ scope: RequestScope) -> Exchange {
        .eventStream(EventStreamExchange(scope: scope, receive: Receive(self), send: Send(self)))
    }
}

extension ServerEventStream: EventSource {
    func poll() throws -> EventStreamRequestEvent? {
        while let event = try exchange.poll() {
            if let event = Self.translate(event) { return event }
        }
        return nil
    }

    nonisolated(nonsending) func next() async throws -> EventStreamRequestEvent {
        while true {
            if let event = Self.translate(try await exchange.next()) { return event }
        }
    }

    private static func translate(_ event: HTTPRequestEvent) -> EventStreamRequestEvent? {
        switch event {
        case .body(let bytes, let more): .body(bytes, more: more)
        case .disconnect(let reason): .disconnect(reason)
        case .trailers: nil
        }
    }
}

extension ServerEventStream: EventSink {
    func offer(_ event: EventStreamEvent) throws -> Bool {
        switch event {
        case .send(let data, let name, let id, let retry):
            let bytes = try EventStreamFormat.event(data: data, event: name, id: id, retry: retry)
            try check { rules throws(ExchangeError) in try rules.checkEvent() }
            guard try exchange.offer(.body(bytes, more: true)) else { return false }
            noteOutput(isEvent: true)
            return true
        case .comment(let text):
            try check { rules throws(ExchangeError) in try rules.checkEvent() }
            guard try exchange.offer(.body(EventStreamFormat.comment(text), more: true)) else { return false }
            noteOutput(isEvent: true)
            return true
        case .start(let response):
            try check { rules throws(ExchangeError) in try rules.checkStart() }
            guard try exchange.offer(.start(EventStreamRules.head(of: response))) else { return false }
            noteStart()
            started()
            return true
        default:
            return false
        }
    }

    nonisolated(nonsending) func send(_ event: EventStreamEvent) async throws {
        switch event {
        case .send(let data, let name, let id, let retry):
            let bytes = try EventStreamFormat.event(data: data, event: name, id: id, retry: retry)
            try check { rules throws(ExchangeError) in try rules.checkEvent() }
            try await exchange.send(.body(bytes, more: true))
            noteOutput(isEvent: true)
        case .comment(let text):
            try check { rules throws(ExchangeError) in try rules.checkEvent() }
            try await exchange.send(.body(EventStreamFormat.comment(text), more: true))
            noteOutput(isEvent: true)
        case .start(let response):
            try check { rules throws(ExchangeError) in try rules.checkStart() }
            try await exchange.send(.start(EventStreamRules.head(of: response)))
            noteStart()
            exchange.onLoop { self.started() }
        case .keepalive(let interval, let comment):
            try check { rules throws(ExchangeError) in try rules.checkEvent() }
            state.withLock { state in
                state.keepalive = interval.map(TimeAmount.init)
                state.comment = comment
            }
            exchange.onLoop { self.updateTimer() }
        case .decline(let response, let body):
            try check { rules throws(ExchangeError) in
                try rules.checkStart()
                rules.declined()
            }
            try await exchange.send(.start(response))
            try await exchange.send(.body(body))
        case .close:
            guard try state.withLock({ state throws(ExchangeError) in try state.rules.close() }) else { return }
            try await exchange.send(.body(ByteBuffer()))
        }
    }

    private func check(
        _ body: (inout EventStreamRules) throws(ExchangeError) -> Void
    ) throws(ExchangeError) {
        try state.withLock { state throws(ExchangeError) in try body(&state.rules) }
    }

    private func noteOutput(isEvent: Bool) {
        state.withLock { state in
            state.lastOutput = .now()
            if isEvent { state.lastEvent = state.lastOutput }
        }
    }

    private func noteStart() {
        state.withLock { $0.rules.started() }
        noteOutput(isEvent: true)
    }

    /// The response has begun. On the loop.
    private func started() {
        exchange.endsOnReturn = true
        updateTimer()
    }
}

extension ServerEventStream: ExchangeLayer {
    private func updateTimer() {
        let next = state.withLock { state -> NIODeadline? in
            guard state.rules.phase == .started else { return nil }
            var next = state.keepalive.map { state.lastOutput + $0 }
            if let idleTimeout { next = min(next ?? .distantFuture, state.lastEvent + idleTimeout) }
            return next
        }
        exchange.stream?.setTimer(exchange.hasEnded ? nil : next)
    }

    func timerFired() {
        let now = exchange.loop.now
        let (isIdle, comment) = state.withLock { state -> (Bool, String?) in
            let isIdle = idleTimeout.map { state.lastEvent + $0 <= now } ?? false
            let isDue = state.keepalive.map { state.lastOutput + $0 <= now } ?? false
            return (isIdle, isDue ? state.comment : nil)
        }
        if isIdle { return endStream(.idleTimeout) }
        if let comment {
            // A client that is slow has enough to read.
            _ = try? exchange.offer(.body(EventStreamFormat.comment(comment), more: true))
            noteOutput(isEvent: false)
        }
        updateTimer()
    }

    func disconnected(_ reason: DisconnectReason) { exchange.stream?.setTimer(nil) }

    func detach() {}

    /// The client reconnects, and finds a server that goes on.
    func shutDown() {
        if exchange.endsOnReturn { endStream(.serverShutdown) }
    }

    /// Ends the response as if it were whole, which it is for the client: it knows what to ask for next.
    private func endStream(_ reason: DisconnectReason) {
        exchange.stream?.sendContent(ByteBuffer(), more: false)
        exchange.disconnect(reason)
        exchange.stream?.cancelWork()
    }
}
