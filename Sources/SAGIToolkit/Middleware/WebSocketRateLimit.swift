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
        /// The socket is closed with 1008 (RFC 6455 §7.4.1: a policy).
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
        let bucket = Bucket(perMessage: perMessage, burst: burst)
        let (receive, send, excess) = (socket.receive, socket.send, excess)
        socket.receive = Receive(Limiter(receive, send, bucket, excess))
        try await next.handle(.webSocket(socket))
    }
}

/// How much of the quota is left: time stands for messages.
private final class Bucket: Sendable {
    private let perMessage: Duration
    private let depth: Duration
    private let full: Mutex<ContinuousClock.Instant>

    init(perMessage: Duration, burst: Int) {
        self.perMessage = perMessage
        depth = perMessage * burst
        full = Mutex(.now)
    }

    /// Takes a message from the quota: nil when there is one, else the time until there is.
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

private final class Limiter: EventSource {
    private let receive: Receive<WebSocketInbound>
    private let close: Send<WebSocketOutbound>
    private let bucket: Bucket
    private let excess: WebSocketRateLimit.Excess
    /// A message is under way that was counted, or is being dropped.
    private let message = Mutex<(isOpen: Bool, isDropped: Bool)>((false, false))

    init(
        _ receive: Receive<WebSocketInbound>, _ close: Send<WebSocketOutbound>, _ bucket: Bucket,
        _ excess: WebSocketRateLimit.Excess
    ) {
        self.receive = receive
        self.close = close
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
            case .text(_, more: let isMore): more = isMore
            case .bytes(_, more: let isMore): more = isMore
            }
            let (isBegun, isDropped) = message.withLock { message in
                defer { message = more ? (true, message.isDropped) : (false, false) }
                return message
            }
            if isBegun {
                if isDropped { continue }
                return event
            }
            guard let wait = bucket.take() else { return event }
            switch excess {
            case .delay:
                try await Task.sleep(for: wait)
                _ = bucket.take()
                return event
            case .drop:
                message.withLock { if $0.isOpen { $0.isDropped = true } }
            case .close:
                try await close(.close(code: 1008, reason: "Too many messages."))
                message.withLock { if $0.isOpen { $0.isDropped = true } }
            }
        }
    }
}
