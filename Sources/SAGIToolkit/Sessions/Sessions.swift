public import SAGI

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Remembers clients from request to request: ``Request/session``.
///
/// ```swift
/// let app = router.wrapped(by: Sessions(MemoryStore()))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `store` | | where they are kept: a ``SessionStore`` (``MemoryStore``), or a ``CookieStore`` |
/// | `cookie` | `session`, after `__Host-` over https | what the client gets; see ``CookieOptions`` |
/// | `expiresAfter` | 2 hours | how long one is kept when nothing happens |
/// | `isSliding` | `true` | whether every request counts as something, or only one that changes the session |
/// | `absoluteLifetime` | `nil` | how long one is kept at most, whatever happens; `nil` is for ever |
/// | `isPersistent` | `true` | whether the cookie says how long it is to be kept (`Max-Age`); when not, it goes with the browser |
/// | `now` | the clock on the wall | the time |
///
/// **What is kept, and when.** A session that is empty is not begun. What has changed is kept before the head of the
/// response leaves; with a store on the server also before the last of its content leaves, and when the application
/// returns. An event stream, a WebSocket or a WebTransport session can read it, and what it has changed is kept when it
/// is started, accepted or declined; later, ``Session/save()`` does it. A session cannot begin, and one in a cookie
/// cannot change, after the head has left: that is logged. When the application throws an error that says how it is
/// answered (``HTTPStatusError``), the session is kept, and the cookie goes with the error; any other error before the
/// head leaves nothing behind, but that a session which was destroyed stays so.
///
/// **How long.** Store and cookie expire together. They are renewed when a tenth of `expiresAfter` has passed, so that
/// not every response sets a cookie; a request that only reads emits no cookie else.
///
/// **Two requests at the same time.** A store on the server is asked again before something is kept, and only the
/// values that this request has changed are put in: of two requests that change the same key the later one wins, and
/// those that change different keys lose nothing, provided that the store updates in one step
/// (``SessionStore/update(_:_:)``). A session that another request has destroyed is not brought back.
/// Of two sessions in cookies the later response wins whole.
///
/// **Safety.** An identifier that is not known is never taken over. A response for which the session was looked at gets
/// `Vary: Cookie`. The store does not see what the client has, and no log does.
///
/// Put it inside ``ErrorHandler`` and ``ProxyHeaders``, and outside ``CSRF`` and what authenticates users. A second one
/// further inside does nothing.
public struct Sessions: Middleware {
    let policy: SessionPolicy

    /// Sessions in a store on the server.
    public init(
        _ store: some SessionStore, cookie: CookieOptions = CookieOptions(), expiresAfter: Duration = .seconds(7200),
        isSliding: Bool = true, absoluteLifetime: Duration? = nil, isPersistent: Bool = true,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        policy = SessionPolicy(
            storage: .store(store), cookie: cookie, lifetime: expiresAfter, isSliding: isSliding,
            absoluteLifetime: absoluteLifetime, isPersistent: isPersistent, clock: now)
    }

    /// Sessions in cookies.
    public init(
        _ store: CookieStore, cookie: CookieOptions = CookieOptions(), expiresAfter: Duration = .seconds(7200),
        isSliding: Bool = true, absoluteLifetime: Duration? = nil, isPersistent: Bool = true,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        policy = SessionPolicy(
            storage: .cookie(store), cookie: cookie, lifetime: expiresAfter, isSliding: isSliding,
            absoluteLifetime: absoluteLifetime, isPersistent: isPersistent, clock: now)
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request, scope.session == nil else { return try await next.handle(exchange) }
        let saver = SessionSaver(policy, exchange, scope, session: try await policy.load(scope))
        var exchange = exchange.keeping(saver)
        exchange.request?.session = saver.session
        do {
            try await next.handle(exchange)
        } catch {
            throw try await saver.finish(error)
        }
        try await saver.finish()
    }
}

private enum SessionValueKey: ValueKey { typealias Value = Session }

extension RequestScope {
    /// The session that `Sessions` gave to this request; `nil` without it.
    public var session: Session? {
        get { values[SessionValueKey.self] }
        set { values[SessionValueKey.self] = newValue }
    }
}

extension Request {
    /// What is remembered of the client.
    ///
    /// - Throws: ``SessionError/noSessions`` when there is no ``Sessions`` around the application.
    public var session: Session {
        get throws {
            guard let session = scope.session else { throw SessionError.noSessions }
            return session
        }
    }
}
