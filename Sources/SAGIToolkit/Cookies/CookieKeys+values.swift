import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension CookieKeys {
    /// A text with its signature (HMAC-SHA256), as the value of the cookie with that name.
    public func sign(_ text: String, for name: String) -> String { sign(Array(text.utf8), for: name, .signature) }

    /// The text of a value that ``sign(_:for:)`` has made for that name; `nil` for any other value.
    public func verify(_ value: String, for name: String) -> String? {
        verify(value, for: name, .signature).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// A text encrypted (AES-256-GCM with a random nonce), as the value of the cookie with that name.
    public func encrypt(_ text: String, for name: String) throws -> String {
        try encrypt(Array(text.utf8), for: name, .encryption)
    }

    /// The text of a value that ``encrypt(_:for:)`` has made for that name; `nil` for any other value.
    public func decrypt(_ value: String, for name: String) -> String? {
        decrypt(value, for: name, .encryption).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// "CONTENT.SIGNATURE".
    func sign(_ bytes: [UInt8], for name: String, _ purpose: Purpose) -> String {
        let key = keys(for: purpose)[0]
        let code = HMAC<SHA256>.authenticationCode(for: Self.message(bytes, name), using: key)
        return "\(Base64URL.encode(bytes)).\(Base64URL.encode(Array(code)))"
    }

    func verify(_ value: String, for name: String, _ purpose: Purpose) -> [UInt8]? {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false)
        guard value.utf8.count <= Cookie.greatestSize, parts.count == 2, let bytes = Base64URL.decode(parts[0]),
            let code = Base64URL.decode(parts[1])
        else { return nil }
        let message = Self.message(bytes, name)
        // In a time that does not depend on what is wrong.
        let isValid = keys(for: purpose).contains {
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: $0)
        }
        return isValid ? bytes : nil
    }

    func encrypt(_ bytes: [UInt8], for name: String, _ purpose: Purpose) throws -> String {
        let box = try AES.GCM.seal(bytes, using: keys(for: purpose)[0], authenticating: Array(name.utf8))
        return Base64URL.encode(Array(box.nonce) + box.ciphertext + box.tag)
    }

    func decrypt(_ value: String, for name: String, _ purpose: Purpose) -> [UInt8]? {
        guard value.utf8.count <= Cookie.greatestSize, let bytes = Base64URL.decode(value),
            let box = try? AES.GCM.SealedBox(combined: bytes)
        else { return nil }
        for key in keys(for: purpose) {
            if let text = try? AES.GCM.open(box, using: key, authenticating: Array(name.utf8)) { return Array(text) }
        }
        return nil
    }

    /// What is signed: the name, with its length in front, so that no other name and content make the same.
    private static func message(_ bytes: [UInt8], _ name: String) -> [UInt8] {
        let length = UInt32(truncatingIfNeeded: name.utf8.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + Array(name.utf8) + bytes
    }
}

extension RequestCookies {
    /// The text of the first cookie with that name whose signature is valid; see ``Cookie/signed(_:_:_:_:)``. `nil`
    /// when there is none.
    public func signed(_ name: String, _ keys: CookieKeys) -> String? {
        for value in all(name) {
            if let text = keys.verify(value, for: name) { return text }
        }
        return nil
    }

    /// The text of the first cookie with that name that can be decrypted; see ``Cookie/encrypted(_:_:_:_:)``. `nil`
    /// when there is none.
    public func encrypted(_ name: String, _ keys: CookieKeys) -> String? {
        for value in all(name) {
            if let text = keys.decrypt(value, for: name) { return text }
        }
        return nil
    }
}

extension Cookie {
    /// A cookie with any text, signed: the client can read it, and cannot change it.
    public static func signed(
        _ name: String, _ text: String, _ keys: CookieKeys, _ attributes: Attributes = Attributes()
    ) throws(CookieError) -> Cookie {
        try Cookie(name, keys.sign(text, for: name), attributes)
    }

    /// A cookie with any text, encrypted: the client can neither read nor change it.
    public static func encrypted(
        _ name: String, _ text: String, _ keys: CookieKeys, _ attributes: Attributes = Attributes()
    ) throws -> Cookie {
        try Cookie(name, keys.encrypt(text, for: name), attributes)
    }
}
