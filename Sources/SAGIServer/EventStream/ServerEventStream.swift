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
    func poll() throws -> EventStreamRequestEvent? { try exchange.pollForEventStream() }

    nonisolated(nonsending) func next() async throws -> EventStreamRequestEvent {
        try await exchange.nextForEventStream()
    }
}

extension ServerEventStream: EventSink {
    func offer(_ event: EventStreamEvent) throws -> Bool {
        if let bytes = try EventStreamFormat.content(of: event) {
            _ = try take(event)
            guard try exchange.offer(.body(bytes, more: true)) else { return false }
            noteOutput(isEvent: true)
            return true
        }
        // The others come once in a while, and `send` takes them.
        guard case .start(let response) = event else { return false }
        _ = try take(event)
        guard try exchange.offer(.start(EventStreamRules.head(of: response))) else { return false }
        noteStart()
        started()
        return true
    }

    nonisolated(nonsending) func send(_ event: EventStreamEvent) async throws {
        let content = try EventStreamFormat.content(of: event)
        guard try take(event) else { return }
        if let content {
            try await exchange.send(.body(content, more: true))
            return noteOutput(isEvent: true)
        }
        switch event {
        case .send, .comment: break
        case .start(let response):
            try await exchange.send(.start(EventStreamRules.head(of: response)))
            noteStart()
            exchange.onLoop { self.started() }
        case .keepalive(let interval, let comment):
            state.withLock { state in
                state.keepalive = interval.map(TimeAmount.init)
                state.comment = comment
            }
            exchange.onLoop { self.updateTimer() }
        case .decline(let response, let body):
            try await exchange.send(.start(response))
            try await exchange.send(.body(body))
        case .close: try await exchange.send(.body(ByteBuffer()))
        }
    }

    private func take(_ event: EventStreamEvent) throws(ExchangeError) -> Bool {
        try state.withLock { state throws(ExchangeError) in try state.rules.take(event) }
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
