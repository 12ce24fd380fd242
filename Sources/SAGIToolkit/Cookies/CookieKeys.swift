import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that cookies are signed and encrypted with, made of secrets.
///
/// ```swift
/// let keys = try CookieKeys(secret, formerSecret)
/// try response.setCookie(.signed("cart", "17,4", keys))
/// request.cookies.signed("cart", keys)     // "17,4", or nil
/// ```
///
/// The first secret writes, and all of them read. To change it, put the new one in front, and take the old one away
/// when the last cookie of it has expired. Each use has keys of its own, made of the secret (HKDF, RFC 5869); a value
/// holds under the name of its cookie only. What is signed can be read by the client, and what is encrypted cannot.
/// Neither says when it was made: a client can come with an old one.
public struct CookieKeys: Sendable {
    /// The least number of bytes of a secret.
    public static let minimumLength = 32

    private let keys: [[SymmetricKey]]

    /// Makes keys of secrets, the one that writes first. `openssl rand -base64 32` makes a good one.
    ///
    /// - Throws: ``CookieKeysError`` for a secret of less than 32 bytes, and when there is none.
    public init(_ secrets: [String]) throws(CookieKeysError) {
        guard !secrets.isEmpty else { throw .noSecret }
        for (index, secret) in secrets.enumerated() where secret.utf8.count < Self.minimumLength {
            throw .tooShort(position: index + 1, bytes: secret.utf8.count)
        }
        self.init(material: secrets.map { SymmetricKey(data: Array($0.utf8)) })
    }

    /// The same.
    public init(_ first: String, _ others: String...) throws(CookieKeysError) { try self.init([first] + others) }

    private init(material: [SymmetricKey]) {
        keys = material.map { material in
            Purpose.allCases.map { purpose in
                HKDF<SHA256>.deriveKey(
                    inputKeyMaterial: material, salt: Array("SAGI cookies".utf8), info: Array(purpose.rawValue.utf8),
                    outputByteCount: 32)
            }
        }
    }

    /// Keys that nobody has, for tests, and for cookies that need not outlive the process. Other processes cannot read
    /// what they write.
    public static func random() -> CookieKeys { CookieKeys(material: [SymmetricKey(size: .bits256)]) }

    /// What a key is for.
    enum Purpose: String, CaseIterable {
        case signature, encryption
        case sessionSignature = "session signature"
        case sessionEncryption = "session encryption"
        case csrf, csrfCookie = "csrf cookie"
    }

    /// The keys for a purpose, the one that writes first.
    func keys(for purpose: Purpose) -> [SymmetricKey] {
        let index = Purpose.allCases.firstIndex(of: purpose) ?? 0
        return keys.map { $0[index] }
    }
}

/// Why there are no keys. The secrets are not told.
public enum CookieKeysError: Error, Hashable, CustomStringConvertible {
    case noSecret
    /// The secret at that position, the first being 1, has too few bytes.
    case tooShort(position: Int, bytes: Int)

    public var description: String {
        switch self {
        case .noSecret: "CookieKeys needs a secret."
        case .tooShort(let position, let bytes):
            """
            Secret \(position) of CookieKeys has \(bytes) bytes, and needs \(CookieKeys.minimumLength); \
            "openssl rand -base64 32" makes one.
            """
        }
    }
}

extension CookieKeys: CustomStringConvertible, CustomReflectable {
    public var description: String { "CookieKeys(\(keys.count))" }
    /// Nothing of the keys.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
