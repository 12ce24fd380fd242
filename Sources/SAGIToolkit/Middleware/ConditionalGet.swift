import HTTPSemantics
import HTTPTypes
import NIOCore
public import SAGI
import Synchronization

/// Answers 304 when the client has the current content already, and 412 when it wants another one
/// (RFC 9110 §13): from the `ETag` and `Last-Modified` that the application sends.
///
/// ```swift
/// app.wrapped(by: ETag()).wrapped(by: ConditionalGet())
/// ```
///
/// It has no options. It looks at successful responses to GET and HEAD, in the order of RFC 9110 §13.2.2: `If-Match`, or
/// else `If-Unmodified-Since`, makes it a 412; then `If-None-Match`, or else `If-Modified-Since`, a 304. A date is not
/// looked at where there is a tag condition, even when the response has no tag.
///
/// A 304 keeps `Cache-Control`, `Content-Location`, `Date`, `ETag`, `Expires` and `Vary` (§15.4.5), `Last-Modified` when
/// there is no tag, and `Set-Cookie`. Its content is dropped: nothing of a file is read. The application still runs,
/// and what it sends goes nowhere.
///
/// For other methods the conditions must be looked at before something is changed, which only the application can do.
///
/// ``ETag`` may be on either side of it. Put what adds fields to every response (``CORS``, ``SecurityHeaders``,
/// ``RequestID``) and ``Compression`` outside.
public struct ConditionalGet: Middleware {
    public init() {}

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard case .http(var http) = exchange, ConditionalResponse.isConditional(http.scope) else {
            return try await next.handle(exchange)
        }
        if let later = http.scope.values[LaterConditions.self] {
            // An ETag outside of this may give the response a tag first.
            later.areWanted = true
            return try await next.handle(exchange)
        }
        http.send = Send(FilteringSink(ConditionalFilter(http.scope), http.send))
        try await next.handle(.http(http))
    }
}

/// How a ``ConditionalGet`` that is inside of an ``ETag`` leaves the conditions to it.
final class LaterConditions: Sendable, ValueKey {
    typealias Value = LaterConditions

    private let flag = Atomic(false)

    var areWanted: Bool {
        get { flag.load(ordering: .relaxed) }
        set { flag.store(newValue, ordering: .relaxed) }
    }
}

/// Looks at the conditions of a request when the response starts.
private final class ConditionalFilter: ResponseFilter {
    private enum Phase { case waiting, replaced, done }

    private let scope: RequestScope
    private let state = Mutex(Phase.waiting)

    init(_ scope: RequestScope) { self.scope = scope }

    var isDone: Bool { phase == .done }

    private var phase: Phase {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    nonisolated(nonsending) func take(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        if phase == .replaced { return await ConditionalResponse.drop(event) }
        guard phase == .waiting, case .start(let head, _) = event else { return try await next(event) }
        if let response = ConditionalResponse(to: head, scope) {
            try await response.send(next)
            phase = .replaced
        } else {
            try await next(event)
            phase = .done
        }
    }
}

/// The 304 or 412 that takes the place of a response.
struct ConditionalResponse {
    private let head: HTTPResponse
    private let body: ByteBuffer

    /// Whether a request has conditions that can be looked at when its response starts.
    static func isConditional(_ scope: RequestScope) -> Bool {
        guard scope.method == .get || scope.method == .head else { return false }
        return scope[.ifNoneMatch] != nil || scope[.ifModifiedSince] != nil || scope[.ifMatch] != nil
            || scope[.ifUnmodifiedSince] != nil
    }

    /// Weighs the conditions of a request; `nil` when its response is to be sent.
    init?(to response: HTTPResponse, _ scope: RequestScope) {
        // RFC 9110 §13.2.1: conditions are for what would succeed without them.
        guard response.status.kind == .successful else { return nil }
        let fields = response.headerFields
        let conditions = Preconditions(
            ifMatch: scope[.ifMatch], ifNoneMatch: scope[.ifNoneMatch], ifModifiedSince: scope[.ifModifiedSince],
            ifUnmodifiedSince: scope[.ifUnmodifiedSince])
        let verdict = conditions.evaluate(
            tag: fields[.eTag].flatMap(EntityTag.init(parsing:)),
            lastModified: fields[.lastModified].flatMap { HTTPDate.parse($0) }, isRetrieval: true)
        switch verdict {
        case .proceed: return nil
        case .notModified:
            // RFC 9110 §15.4.5.
            var kept: Set<HTTPField.Name> = [
                .cacheControl, .contentLocation, .date, .eTag, .expires, .vary, .setCookie,
            ]
            if !fields.contains(.eTag) { kept.insert(.lastModified) }
            head = HTTPResponse(status: .notModified, headerFields: fields.filter { kept.contains($0.name) })
            body = ByteBuffer()
        case .failed:
            let problem = Response.problem(.preconditionFailed, for: scope)
            head = HTTPResponse(status: problem.status, headerFields: problem.headerFields)
            body = if case .bytes(let bytes) = problem.body { bytes } else { ByteBuffer() }
        }
    }

    nonisolated(nonsending) func send(_ next: Send<HTTPResponseEvent>) async throws {
        try await next(.start(head))
        try await next(.body(body))
    }

    /// Takes an event of the response that was replaced. Others of the event loop come first, because an application
    /// that only sends would otherwise never wait.
    static nonisolated(nonsending) func drop(_ event: HTTPResponseEvent) async { await Task.yield() }
}
