import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a client has of a session: 192 random bits. Whoever knows it has the session.
struct SessionToken: Sendable, Hashable {
    static let count = 24

    let bytes: [UInt8]

    /// A new one. A client's own is never taken for a new session.
    init() { bytes = SecureRandom.bytes(Self.count) }

    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads the value of a cookie.
    init?(_ text: String) {
        guard text.utf8.count == Self.count / 3 * 4, let bytes = Base64URL.decode(text) else { return nil }
        self.bytes = bytes
    }

    /// The value of a cookie.
    var text: String { Base64URL.encode(bytes) }

    /// What the store knows it by.
    var id: SessionID { SessionID(rawValue: Base64URL.encode(Array(SHA256.hash(data: bytes)))) }
}

extension SessionToken: CustomStringConvertible, CustomReflectable {
    var description: String { "SessionToken" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a store knows a session by: the hash (SHA-256) of what the client has, as 43 letters, digits, `-` and `_`. It
/// opens no session, should the store get into wrong hands; its description does not show it, so that no log does.
public struct SessionID: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The text of it.
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { "SessionID" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
