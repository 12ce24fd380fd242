import SAGI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where sessions are kept, and how long.
struct SessionPolicy: Sendable {
    enum Storage: Sendable {
        case store(any SessionStore)
        case cookie(CookieStore)
    }

    /// What the cookie is called where nothing else is said.
    static let baseName = "session"
    /// How many cookies of the name are looked at: there may be one for each path and domain.
    static let candidateLimit = 4

    let storage: Storage
    let cookie: CookieOptions
    private let lifetime: Int
    let isSliding: Bool
    private let absoluteLifetime: Int?
    private let isPersistent: Bool
    private let clock: @Sendable () -> Date

    init(
        storage: Storage, cookie: CookieOptions, lifetime: Duration, isSliding: Bool, absoluteLifetime: Duration?,
        isPersistent: Bool, clock: @escaping @Sendable () -> Date
    ) {
        self.storage = storage
        self.cookie = cookie
        // Beyond a century nothing expires, and nothing overflows.
        func seconds(_ duration: Duration) -> Int { Int(min(max(1, duration.components.seconds), 3_155_760_000)) }
        self.lifetime = seconds(lifetime)
        self.isSliding = isSliding
        self.absoluteLifetime = absoluteLifetime.map(seconds)
        self.isPersistent = isPersistent
        self.clock = clock
    }

    /// In seconds since 1970.
    var now: Int { Int(min(max(0, clock().timeIntervalSince1970), 253_402_300_799)) }

    /// When a session that was made at `created` expires, when something happens now.
    func expiry(created: Int, now: Int) -> Int {
        absoluteLifetime.map { min(now + lifetime, created + $0) } ?? now + lifetime
    }

    /// Whether it is time to renew it: a tenth of its life has passed.
    func isDue(_ state: SessionState, now: Int) -> Bool {
        expiry(created: state.created, now: now) - state.expires >= max(1, lifetime / 10)
    }

    private func isLive(_ record: SessionRecord, now: Int) -> Bool {
        record.expires > now && (absoluteLifetime.map { now - record.created < $0 } ?? true)
    }

    /// The session of a request: the one that the client has, or a new one.
    nonisolated(nonsending) func load(_ scope: RequestScope) async throws -> Session {
        let name = cookie.name(Self.baseName, isSecure: cookie.isSecure(for: scope))
        let now = now
        for value in scope.cookies.all(name).prefix(Self.candidateLimit) {
            guard let (token, record) = try await open(value, name), isLive(record, now: now) else { continue }
            return Session(SessionState(token, record))
        }
        return Session(SessionState())
    }

    private nonisolated(nonsending) func open(
        _ value: String, _ name: String
    ) async throws -> (SessionToken, SessionRecord)? {
        switch storage {
        case .cookie(let store): return store.open(value, for: name)
        case .store(let store):
            guard let token = SessionToken(value), let bytes = try await store.get(token.id),
                let record = SessionRecord(bytes: bytes)
            else { return nil }
            return (token, record)
        }
    }

    /// The cookie that the client gets.
    func makeCookie(_ value: String, isSecure: Bool, lifetime: Int) throws -> Cookie {
        do {
            return try cookie.cookie(
                Self.baseName, value, isSecure: isSecure, maxAge: isPersistent ? .seconds(lifetime) : nil)
        } catch CookieError.tooLong(_, let bytes) {
            throw SessionError.tooLarge(bytes: bytes)
        }
    }
}
