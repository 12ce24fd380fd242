import Crypto
import HTTPTypes
import SAGI
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the tokens of one client are made of: of its session, or of a cookie.
final class CSRFSecret: Sendable {
    private static let baseName = "csrf"
    private static let count = 24

    private let keys: CookieKeys
    private let session: Session?
    private let cookie: CookieOptions
    private let isSecure: Bool
    private let own: Mutex<Own>

    private struct Own {
        /// What the client's cookie says, or will say.
        var bytes: [UInt8]?
        /// Whether the client must get the cookie.
        var isNew = false
    }

    init(_ keys: CookieKeys, _ scope: RequestScope, _ cookie: CookieOptions) {
        self.keys = keys
        self.cookie = cookie
        session = scope.session
        isSecure = cookie.isSecure(for: scope)
        var bytes: [UInt8]?
        if session == nil {
            let name = cookie.name(Self.baseName, isSecure: isSecure)
            // One that is there and is ours always wins over a new one.
            for value in scope.cookies.all(name).prefix(SessionPolicy.candidateLimit) where bytes == nil {
                bytes = keys.verify(value, for: name, .csrfCookie)
            }
        }
        own = Mutex(Own(bytes: bytes))
    }

    func makeToken() -> String {
        let message = session.map { Self.message("session", $0.binding()) } ?? Self.message("cookie", ownBytes())
        let code = HMAC<SHA256>.authenticationCode(for: message, using: keys.keys(for: .csrf)[0])
        return CSRFToken.mask(Array(code))
    }

    /// In a time that does not depend on how much of it is right.
    func accepts(_ token: String) -> Bool {
        guard let code = CSRFToken.unmask(token) else { return false }
        let message: [UInt8]
        if let session {
            guard let binding = session.presentBinding else { return false }
            message = Self.message("session", binding)
        } else {
            guard let bytes = own.withLock({ $0.bytes }) else { return false }
            message = Self.message("cookie", bytes)
        }
        return keys.keys(for: .csrf).contains {
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: $0)
        }
    }

    /// Sets the cookie, when the client must get it.
    func addCookie(to fields: inout HTTPFields) {
        guard let bytes = own.withLock({ $0.isNew ? $0.bytes : nil }) else { return }
        let name = cookie.name(Self.baseName, isSecure: isSecure)
        let value = keys.sign(bytes, for: name, .csrfCookie)
        // The options have been tried, and the value is short.
        guard let cookie = try? cookie.cookie(Self.baseName, value, isSecure: isSecure) else { return }
        fields.setCookie(cookie)
        fields.addVary(.cookie)
    }

    private func ownBytes() -> [UInt8] {
        own.withLock { own in
            if let bytes = own.bytes { return bytes }
            let bytes = SecureRandom.bytes(Self.count)
            own = Own(bytes: bytes, isNew: true)
            return bytes
        }
    }

    private static func message(_ kind: StaticString, _ bytes: [UInt8]) -> [UInt8] {
        Array("\(kind):".utf8) + bytes
    }
}

/// A code of 32 bytes as a text that is another one each time: random bytes, and the code with these on it.
package enum CSRFToken {
    private static let count = 32

    package static func mask(_ code: [UInt8]) -> String {
        let pad = SecureRandom.bytes(code.count)
        return Base64URL.encode(pad + zip(pad, code).map { $0 ^ $1 })
    }

    package static func unmask(_ token: String) -> [UInt8]? {
        guard token.utf8.count == (count * 2 * 4 + 2) / 3, let bytes = Base64URL.decode(token) else { return nil }
        return zip(bytes.prefix(count), bytes.suffix(count)).map { $0 ^ $1 }
    }
}
