public import SAGI
import Synchronization

/// Bounds how many messages a WebSocket's client may send.
///
/// ```swift
/// app.wrapped(by: WebSocketRateLimit(20, per: .seconds(1), burst: 50))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `messages` | | how many |
/// | `per` | | in which time |
/// | `burst` | `messages` | how many at once, after a pause |
/// | `excess` | ``Excess/close`` | what becomes of more |
///
/// It counts for each socket by itself. Handshakes are bounded by ``RateLimit``.
public struct WebSocketRateLimit: Middleware {
    /// What becomes of messages beyond the limit.
    public enum Excess: Sendable, Hashable {
        /// The socket is closed with 1008 (RFC 6455 §7.4.1: a policy). What the application still sends is dropped.
        case close
        /// They are dropped.
        case drop
        /// The application gets them later, and the client has to wait.
        case delay
    }

    private let perMessage: Duration
    private let burst: Int
    private let excess: Excess

    public init(_ messages: Int, per time: Duration, burst: Int? = nil, excess: Excess = .close) {
        precondition(messages > 0 && time > .zero && (burst ?? 1) > 0, "A rate is above zero.")
        perMessage = time / messages
        self.burst = burst ?? messages
        self.excess = excess
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard case .webSocket(var socket) = exchange else { return try await next.handle(exchange) }
        let limiter = MessageLimiter(socket, Bucket(perMessage: perMessage, burst: burst), excess)
        socket.receive = Receive(limiter)
        socket.send = Send(limiter)
        try await next.handle(.webSocket(socket))
    }
}

/// How much of the quota is left: time stands for messages.
private final class Bucket: Sendable {
    private let perMessage: Duration
    private let depth: Duration
    /// When the whole quota is there again.
    private let full: Mutex<ContinuousClock.Instant>

    init(perMessage: Duration, burst: Int) {
        self.perMessage = perMessage
        depth = perMessage * burst
        full = Mutex(.now)
    }

    /// Takes a message from the quota: `nil` when there is one, else the time until there is.
    func take() -> Duration? {
        full.withLock { full in
            let now = ContinuousClock.now
            let next = max(full, now) + perMessage
            guard next - now > depth else {
                full = next
                return nil
            }
            return next - now - depth
        }
    }
}

/// Stands between a socket and its application.
private final class MessageLimiter: EventSource, EventSink {
    private let receive: Receive<WebSocketInbound>
    private let outbound: Send<WebSocketOutbound>
    private let bucket: Bucket
    private let excess: WebSocketRateLimit.Excess
    private let state = Mutex(State())

    private struct State {
        /// Parts of a message follow: of one that was counted, or of one that is dropped.
        var isInMessage = false
        var isDropping = false
        /// Too much was said: nothing goes either way any more but the end.
        var isClosed = false
    }

    init(_ socket: WebSocketExchange, _ bucket: Bucket, _ excess: WebSocketRateLimit.Excess) {
        receive = socket.receive
        outbound = socket.send
        self.bucket = bucket
        self.excess = excess
    }

    func poll() throws -> WebSocketInbound? { nil }

    nonisolated(nonsending) func next() async throws -> WebSocketInbound {
        while true {
            let event = try await receive()
            let more: Bool
            switch event {
            case .connect, .disconnect: return event
            case .text(_, more: let isMore), .bytes(_, more: let isMore): more = isMore
            }
            if try await lets(more) { return event }
        }
    }

    /// Whether the application gets a message, or the next part of one.
    private nonisolated(nonsending) func lets(_ more: Bool) async throws -> Bool {
        let before = state.withLock { state in
            defer { state.isInMessage = more }
            return state
        }
        if before.isClosed { return false }
        if before.isInMessage { return !before.isDropping }
        var wait = bucket.take()
        switch excess {
        case .delay:
            while let time = wait {
                try await Task.sleep(for: time)
                wait = bucket.take()
            }
        case .drop:
            state.withLock { $0.isDropping = wait != nil }
        case .close:
            guard wait != nil else { break }
            try await outbound(.close(code: 1008, reason: "Too many messages."))
            state.withLock { $0.isClosed = true }
        }
        return wait == nil
    }

    func offer(_ event: WebSocketOutbound) throws -> Bool {
        if state.withLock({ $0.isClosed }) { return true }
        return try outbound.offer(event)
    }

    nonisolated(nonsending) func send(_ event: WebSocketOutbound) async throws {
        if state.withLock({ $0.isClosed }) { return }
        try await outbound(event)
    }
}
