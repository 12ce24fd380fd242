import HTTPTypes
import NIOCore
import SAGI

/// The application's end of an event stream in memory, over an HTTP exchange: events become content.
final class MemoryEventStream: Sendable {
    private struct State: Sendable {
        var rules = EventStreamRules()
        var interval: Duration?
        var comment = ""
        var lastOutput = ContinuousClock.now
        /// What waits for the time of the next comment.
        var timer: Task<Void, Never>?
    }

    private let exchange: MemoryExchange
    private let state = Monitor(State())

    init(_ exchange: MemoryExchange) { self.exchange = exchange }

    deinit { state.withLock { $0.timer }?.cancel() }
}

extension MemoryEventStream: EventSource {
    func poll() throws -> EventStreamRequestEvent? { try exchange.pollForEventStream() }

    nonisolated(nonsending) func next() async throws -> EventStreamRequestEvent {
        try await exchange.nextForEventStream()
    }
}

extension MemoryEventStream: EventSink {
    func offer(_ event: EventStreamEvent) -> Bool { false }

    nonisolated(nonsending) func send(_ event: EventStreamEvent) async throws {
        let content = try EventStreamFormat.content(of: event)
        guard try state.withLock({ state throws(ExchangeError) in try state.rules.take(event) }) else { return }
        if let content { return try await put(.body(content, more: true)) }
        switch event {
        case .send, .comment: break
        case .start(let response):
            try await put(.start(EventStreamRules.head(of: response)))
            state.withLock { $0.rules.started() }
            exchange.change { $0.endsOnReturn = true }
        case .keepalive(let interval, let comment): keepalive(interval, comment)
        case .decline(let response, let body):
            try await put(.start(response))
            try await put(.body(body))
        case .close: try await put(.body(ByteBuffer()))
        }
    }

    private nonisolated(nonsending) func put(_ event: HTTPResponseEvent) async throws {
        if try !exchange.offer(event) { try await exchange.send(event) }
        state.withLock { $0.lastOutput = .now }
    }

    // MARK: Silence

    /// Sends `comment` each time that nothing else was sent for `interval`.
    private func keepalive(_ interval: Duration?, _ comment: String) {
        state.withLock { state in
            state.timer?.cancel()
            state.interval = interval
            state.comment = comment
            guard interval != nil else { return }
            state.timer = Task { [weak self] in
                while let next = self?.nextComment {
                    try? await Task.sleep(until: next, clock: .continuous)
                    guard !Task.isCancelled else { return }
                    self?.commentIfDue()
                }
            }
        }
    }

    private var nextComment: ContinuousClock.Instant? {
        guard exchange.isConnected else { return nil }
        return state.withLock { state in
            guard state.rules.phase == .started else { return nil }
            return state.interval.map { state.lastOutput + $0 }
        }
    }

    private func commentIfDue() {
        guard let nextComment, nextComment <= .now else { return }
        let comment = state.withLock { state in
            state.lastOutput = .now
            return state.comment
        }
        // A client that is slow has enough to read.
        _ = try? exchange.offer(.body(EventStreamFormat.comment(comment), more: true))
    }
}
