/// Keeps each session whole in its client's cookie: nothing is kept on the server, and every process that has the keys
/// can read it.
///
/// ```swift
/// Sessions(CookieStore(keys))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `keys` | | what it is signed or encrypted with |
/// | `protection` | `.encrypted` | whether clients can read what is in their session |
///
/// A session that makes a cookie of more than 4096 bytes is refused (``SessionError/tooLarge(bytes:)``). What a client
/// has cannot be called back: a copy of the cookie holds until it expires, even when the session has been destroyed or
/// has changed since. Where that matters, use a store on the server.
public struct CookieStore: Sendable {
    /// How a session is protected.
    public enum Protection: Sendable, Hashable {
        /// The client can neither read nor change it.
        case encrypted
        /// The client can read it, and cannot change it.
        case signed
    }

    private let keys: CookieKeys
    private let protection: Protection

    public init(_ keys: CookieKeys, _ protection: Protection = .encrypted) {
        self.keys = keys
        self.protection = protection
    }

    /// The value of the cookie.
    func seal(_ token: SessionToken, _ record: SessionRecord, for name: String) throws -> String {
        let bytes = token.bytes + record.bytes
        return switch protection {
        case .encrypted: try keys.encrypt(bytes, for: name, .sessionEncryption)
        case .signed: keys.sign(bytes, for: name, .sessionSignature)
        }
    }

    func open(_ value: String, for name: String) -> (SessionToken, SessionRecord)? {
        let bytes =
            switch protection {
            case .encrypted: keys.decrypt(value, for: name, .sessionEncryption)
            case .signed: keys.verify(value, for: name, .sessionSignature)
            }
        guard let bytes, let token = SessionToken(bytes: bytes.prefix(SessionToken.count)),
            let record = SessionRecord(bytes: bytes.dropFirst(SessionToken.count))
        else { return nil }
        return (token, record)
    }
}
