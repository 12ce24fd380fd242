import HTTPTypes
import NIOCore
public import SAGI
import Synchronization

/// Bounds the content of requests: what is longer is answered 413.
///
/// ```swift
/// app.wrapped(by: BodyLimit(1 << 20, paths: ["/uploads": 1 << 30]))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `limit` | | bytes of content |
/// | `paths` | none | other limits for these paths and all that is below them; the longest one holds, and `Int.max` is no limit |
///
/// A `Content-Length` that is too great is answered before the application is called and before the client sends
/// anything. Without one the bytes are counted as they come: the `receive` that would go beyond the limit throws
/// ``HTTPError`` 413, and when the application answers nothing itself, that is answered. A response that has begun is
/// cut off. The messages of WebSockets and WebTransport sessions are not content; the server bounds them.
///
/// The server has a limit of its own for all applications. Put this one outside whatever reads content.
public struct BodyLimit: Middleware {
    private let limit: Int
    private let paths: PathMap<Int>

    public init(_ limit: Int, paths: [String: Int] = [:]) {
        self.limit = limit
        self.paths = PathMap(paths.map { ($0.key, $0.value) })
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        let limit = paths.value(for: scope) ?? limit
        if let length = scope[.contentLength].flatMap({ Int($0) }), length > limit {
            return try await Response.problem(ContentCounter.error(limit), for: scope).handle(exchange)
        }
        let counter = ContentCounter(limit)
        let watch = ResponseWatch()
        do {
            try await next.handle(counter.counting(exchange).sending(through: watch))
        } catch  where counter.isExceeded && !watch.hasStarted && scope.connection.isConnected {
            try await Response.problem(ContentCounter.error(limit), for: scope).handle(exchange)
        }
    }
}

/// Counts the content of a request.
private final class ContentCounter: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(_ limit: Int) { self.limit = limit }

    static func error(_ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "The content has more than \(limit) bytes.")
    }

    var isExceeded: Bool { count.withLock { $0 > limit } }

    func counting(_ exchange: Exchange) -> Exchange {
        switch exchange {
        case .http(var http):
            http.receive = Receive { [self, receive = http.receive] in
                try check()
                let event = try await receive()
                if case .body(let bytes, _) = event { try add(bytes) }
                return event
            }
            return .http(http)
        case .eventStream(var stream):
            stream.receive = Receive { [self, receive = stream.receive] in
                try check()
                let event = try await receive()
                if case .body(let bytes, _) = event { try add(bytes) }
                return event
            }
            return .eventStream(stream)
        case .lifespan, .webSocket, .webTransport: return exchange
        }
    }

    private func add(_ bytes: ByteBuffer) throws {
        count.withLock { $0 += bytes.readableBytes }
        try check()
    }

    private func check() throws {
        if isExceeded { throw Self.error(limit) }
    }
}
