import Crypto
import HTTPSemantics
import HTTPTypes
import NIOCore
public import SAGI
import Synchronization

/// Gives responses an entity tag (RFC 9110 §8.8.3), so that clients need not fetch again what they have.
///
/// ```swift
/// app.wrapped(by: ETag()).wrapped(by: ConditionalGet())
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `weak` | `false` | whether the tag says only that content means the same, not that it is the same byte by byte |
///
/// It looks at responses to GET and HEAD with the status 200 that have no `ETag` yet and no `Cache-Control: no-store`.
/// Content that is sent as a whole is tagged with a hash of its bytes (SHA-256, cut to 128 bits), and a file with its
/// time of change, size and inode. Content that comes in parts is never gathered, and gets none.
///
/// The application still does its work; what is saved is the way to the client, together with ``ConditionalGet``, which
/// may be on either side of it. Put ``Compression`` outside of both.
public struct ETag: Middleware {
    private let weak: Bool

    public init(weak: Bool = false) { self.weak = weak }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard case .http(var http) = exchange, http.scope.method == .get || http.scope.method == .head else {
            return try await next.handle(exchange)
        }
        let scope = http.scope
        var later: LaterConditions?
        // Without an ETag farther outside, a ConditionalGet inside leaves its work to this one.
        if ConditionalResponse.isConditional(scope), scope.values[LaterConditions.self] == nil {
            let conditions = LaterConditions()
            http.scope.values[LaterConditions.self] = conditions
            later = conditions
        }
        let sink = FilteringSink(ETagFilter(scope, weak: weak, later), http.send)
        http.send = Send(sink)
        try await next.handle(.http(http))
        try await sink.inTurn { filter, next in try await filter.end(next) }
    }
}

/// Tags one response.
private final class ETagFilter: ResponseFilter {
    private enum Phase: Sendable {
        case waiting
        /// The head of a response that can be tagged when its content is there.
        case holding(HTTPResponse, trailers: Bool)
        /// Another response was sent in its place.
        case replaced
        case done
    }

    /// What takes longer than the way to another thread and back, many times over.
    private static let longContent = 128 * 1024

    private let scope: RequestScope
    private let weak: Bool
    private let later: LaterConditions?
    private let state = Mutex(Phase.waiting)

    init(_ scope: RequestScope, weak: Bool, _ later: LaterConditions?) {
        self.scope = scope
        self.weak = weak
        self.later = later
    }

    var isDone: Bool { if case .done = phase { true } else { false } }

    private var phase: Phase {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    nonisolated(nonsending) func take(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        switch phase {
        case .waiting: try await begin(event, next)
        case .holding(var head, let trailers):
            if case .start = event { return try await begin(event, next) }
            // A file is opened once: what is measured is what is sent.
            var event = event
            var file: Descriptor?
            if case .file(var range, more: false) = event, case .path(let path) = range.source,
                let opened = try? Descriptor.file(path)
            {
                range.source = .descriptor(opened.raw)
                file = opened
                event = .file(range)
            }
            if let tag = try await tag(of: event) {
                head.headerFields[.eTag] = EntityTag(tag, isWeak: weak).description
            }
            if try await start(head, trailers: trailers, next) { try await next(event) }
            withExtendedLifetime(file) {}
        case .replaced: await ConditionalResponse.drop(event)
        case .done: try await next(event)
        }
    }

    /// The application has returned: a head that nothing came after goes on, for it may be the whole response.
    nonisolated(nonsending) func end(_ next: Send<HTTPResponseEvent>) async throws {
        guard case .holding(let head, let trailers) = phase else { return }
        _ = try await start(head, trailers: trailers, next)
    }

    private nonisolated(nonsending) func begin(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        guard case .start(let head, let trailers) = event else { return try await next(event) }
        let fields = head.headerFields
        guard head.status == .ok, !fields.contains(.eTag), !fields.hasCacheDirective("no-store") else {
            _ = try await start(head, trailers: trailers, next)
            return
        }
        phase = .holding(head, trailers: trailers)
    }

    /// Starts the response, or sends another one in its place: then false.
    private nonisolated(nonsending) func start(
        _ head: HTTPResponse, trailers: Bool, _ next: Send<HTTPResponseEvent>
    ) async throws -> Bool {
        if let later, later.areWanted, let response = ConditionalResponse(to: head, scope) {
            phase = .replaced
            try await response.send(next)
            return false
        }
        phase = .done
        try await next(.start(head, trailers: trailers))
        return true
    }

    /// The tag of content that the event has whole; `nil` for any other.
    private nonisolated(nonsending) func tag(of event: HTTPResponseEvent) async throws -> String? {
        switch event {
        case .body(let bytes, more: false):
            // To HEAD, an application may leave its content out.
            guard bytes.readableBytes > 0 || scope.method == .get else { return nil }
            if bytes.readableBytes < Self.longContent { return Self.hash(bytes) }
            return try await offLoop { Self.hash(bytes) }
        case .file(let range, more: false):
            guard case .descriptor(let raw) = range.source, let status = try? FileStatus(of: raw), status.kind == .file
            else { return nil }
            let isWhole = range.offset == 0 && range.length.map { $0 >= status.size } ?? true
            return status.tag + (isWhole ? "" : "-\(range.offset)-\(range.length ?? -1)")
        default: return nil
        }
    }

    private static func hash(_ bytes: ByteBuffer) -> String {
        var hash = SHA256()
        bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().prefix(16).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
