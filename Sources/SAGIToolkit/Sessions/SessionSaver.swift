import HTTPTypes
import Logging
import SAGI
import Synchronization

/// Keeps the session of one exchange.
final class SessionSaver: Sendable {
    let session: Session
    private let policy: SessionPolicy
    private let scope: RequestScope
    private let isSecure: Bool
    private let isHTTP: Bool
    private let progress = Mutex(Progress())

    private struct Progress {
        /// Whether a head has come by.
        var hasHead = false
        /// What the head gets.
        var cookie: Cookie?
    }

    init(_ policy: SessionPolicy, _ exchange: Exchange, _ scope: RequestScope, session: Session) {
        if case .http = exchange { isHTTP = true } else { isHTTP = false }
        self.policy = policy
        self.scope = scope
        self.session = session
        isSecure = policy.cookie.isSecure(for: scope)
        // The session may live longer, and does not hold this object.
        session.setSaver { [weak self, weak session] in
            if let self { return try await self.save() }
            if let session, session.peek({ $0.isDirty }) { throw SessionError.tooLate }
        }
    }

    // MARK: The exchange

    /// Keeps the session before the head of the response leaves.
    nonisolated(nonsending) func prepareHead() async throws {
        guard !hasHead else { return }
        let cookie = try await keep(canSetCookie: true)
        progress.withLock { progress in
            progress.hasHead = true
            // One that ``save()`` has prepared is not lost.
            if let cookie { progress.cookie = cookie }
        }
    }

    /// Adds what the head gets.
    func decorate(_ fields: inout HTTPFields) {
        if let cookie = progress.withLock({ $0.cookie }) { fields.setCookie(cookie) }
        if session.peek({ $0.isAccessed }) { fields.addVary(.cookie) }
    }

    /// Whether something is to be kept before an event leaves that ends the response.
    var isDirty: Bool { session.peek { $0.isDirty } }

    /// Keeps what has changed since the head has left.
    nonisolated(nonsending) func saveLate() async throws {
        guard isDirty else { return }
        do {
            _ = try await keep(canSetCookie: false)
        } catch SessionError.tooLate {
            // At the end of the exchange it is logged.
        }
    }

    private var hasHead: Bool { progress.withLock { $0.hasHead } }

    /// The end of an exchange whose application has returned.
    nonisolated(nonsending) func finish() async throws {
        // Without a response this is an error, and nothing stays.
        guard hasHead else { return try await forget() }
        guard isDirty else { return }
        guard savesLate else {
            try await forget()
            if isDirty { warn() }
            return
        }
        do {
            try await shielded { _ = try await self.keep(canSetCookie: false) }
        } catch SessionError.tooLate {
            warn()
        }
    }

    /// The end of one whose application has thrown.
    ///
    /// - Returns: the error to be thrown.
    nonisolated(nonsending) func finish(_ error: any Error) async throws -> any Error {
        if hasHead {
            try? await finish()
            return error
        }
        guard let known = error as? any HTTPStatusError else {
            try? await forget()
            return error
        }
        try await prepareHead()
        var fields = known.headerFields
        decorate(&fields)
        guard progress.withLock({ $0.cookie }) != nil else { return error }
        return HTTPError(known.status, known.detail, headerFields: fields)
    }

    /// Whether what changes after the head is kept: not in cookies, and not of what lives so long that others have
    /// changed it meanwhile.
    private var savesLate: Bool {
        if case .store = policy.storage { isHTTP } else { false }
    }

    /// A client that has gone has cancelled this task, and the store must not see that.
    private nonisolated(nonsending) func shielded(_ body: @escaping @Sendable () async throws -> Void) async throws {
        guard Task.isCancelled else { return try await body() }
        try await Task { try await body() }.value
    }

    private func warn() { scope.logger.warning("\(SessionError.tooLate)") }

    // MARK: Keeping

    /// ``Session/save()``.
    private nonisolated(nonsending) func save() async throws {
        let cookie = try await keep(canSetCookie: !hasHead)
        if let cookie { progress.withLock { $0.cookie = cookie } }
    }

    /// Forgets sessions that were destroyed, and nothing else.
    private nonisolated(nonsending) func forget() async throws {
        guard case .store(let store) = policy.storage else { return }
        // Of one that only got another identity the client still has the former.
        let retired = session.peek { $0.isCarried ? $0.retired.dropLast() : $0.retired }
        guard !retired.isEmpty else { return }
        try await shielded { try await self.delete(retired, from: store) }
    }

    /// Keeps what has changed.
    ///
    /// - Returns: the cookie that the client must get.
    private nonisolated(nonsending) func keep(canSetCookie: Bool) async throws -> Cookie? {
        let state = session.peek { $0 }
        if let name = state.notEncodable { throw SessionError.notEncodable(name) }
        let begins = !state.isKept && (!state.values.isEmpty || state.isPinned)
        guard canSetCookie || !begins else { throw SessionError.tooLate }
        switch policy.storage {
        case .store(let store): return try await keep(state, begins: begins, canSetCookie: canSetCookie, in: store)
        case .cookie(let store):
            guard canSetCookie || !state.isDirty else { throw SessionError.tooLate }
            return try keep(state, begins: begins, in: store)
        }
    }

    private nonisolated(nonsending) func keep(
        _ state: SessionState, begins: Bool, canSetCookie: Bool, in store: any SessionStore
    ) async throws -> Cookie? {
        let now = policy.now
        guard !begins else { return try await begin(state, now, in: store) }
        try await delete(state.retired, from: store)
        guard state.isKept, let token = state.token else {
            return state.retired.isEmpty ? nil : try cookie("", 0).deletion
        }
        let isChanged = state.values != state.saved
        let isRenewed = canSetCookie && (isChanged || policy.isSliding) && policy.isDue(state, now: now)
        guard isChanged || isRenewed else { return nil }
        let expires = isRenewed ? policy.expiry(created: state.created, now: now) : state.expires
        let wasThere = try await store.update(token.id) { bytes in
            let current = SessionRecord(bytes: bytes)
            // Another request may have renewed it meanwhile.
            let later = max(expires, current?.expires ?? 0)
            let record = SessionRecord(
                created: state.created, expires: later, values: state.merged(into: current?.values ?? [:]))
            return (record.bytes, .seconds(max(1, later - now)))
        }
        guard wasThere else {
            // The client may have got another cookie meanwhile, so this one is not taken back.
            session.peek { session in
                session = SessionState()
                session.isAccessed = true
            }
            return nil
        }
        note(state, token, created: state.created, expires: expires)
        return isRenewed ? try cookie(token.text, expires - now) : nil
    }

    /// Keeps a session under a new identity.
    private nonisolated(nonsending) func begin(
        _ state: SessionState, _ now: Int, in store: any SessionStore
    ) async throws -> Cookie? {
        var values = state.values
        if state.isCarried, let former = state.retired.last {
            // When another request has destroyed it meanwhile, only what this one has put in is left.
            let current = try await store.get(former.id).flatMap { SessionRecord(bytes: $0) }
            values = state.merged(into: current?.values ?? [:])
        }
        let token = session.peek { $0.pin() }
        let expires = policy.expiry(created: now, now: now)
        let record = SessionRecord(created: now, expires: expires, values: values)
        try await store.set(token.id, record.bytes, expiringAfter: .seconds(expires - now))
        // Only now: what was there is not lost when the store fails.
        try await delete(state.retired, from: store)
        note(state, token, created: now, expires: expires)
        return try cookie(token.text, expires - now)
    }

    private func keep(_ state: SessionState, begins: Bool, in store: CookieStore) throws -> Cookie? {
        guard begins || state.isKept else {
            session.peek { $0.retired = [] }
            return state.retired.isEmpty ? nil : try cookie("", 0).deletion
        }
        let now = policy.now
        let isChanged = begins || state.values != state.saved
        guard isChanged || (policy.isSliding && policy.isDue(state, now: now)) else { return nil }
        let token = session.peek { $0.token ?? $0.pin() }
        let created = begins ? now : state.created
        let record = SessionRecord(
            created: created, expires: policy.expiry(created: created, now: now), values: state.values)
        let name = policy.cookie.name(SessionPolicy.baseName, isSecure: isSecure)
        let cookie = try cookie(store.seal(token, record, for: name), record.expires - now)
        session.peek { $0.retired = [] }
        note(state, token, created: record.created, expires: record.expires)
        return cookie
    }

    private nonisolated(nonsending) func delete(_ tokens: [SessionToken], from store: any SessionStore) async throws {
        for token in tokens { try await store.delete(token.id) }
        session.peek { $0.retired.removeAll { tokens.contains($0) } }
    }

    /// Notes what is kept now, unless the session has got another identity meanwhile.
    private func note(_ kept: SessionState, _ token: SessionToken, created: Int, expires: Int) {
        session.peek { state in
            guard state.token == token else {
                if !state.retired.contains(token) { state.retired.append(token) }
                return
            }
            state.isKept = true
            state.isCarried = false
            // Not what others have put in: this request neither knows nor changes it.
            state.saved = kept.values
            state.created = created
            state.expires = expires
        }
    }

    private func cookie(_ value: String, _ lifetime: Int) throws -> Cookie {
        try policy.makeCookie(value, isSecure: isSecure, lifetime: lifetime)
    }
}
