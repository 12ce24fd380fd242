import HTTPSemantics

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The credentials of a request (RFC 9110 §11.4).
public enum Authorization: Sendable, Hashable {
    /// A name and a password (RFC 7617). The name has no colon.
    case basic(name: String, password: String)
    /// A token (RFC 6750 §2.1).
    case bearer(String)
    /// Another scheme, in lower case, and what follows it.
    case other(scheme: String, credentials: String)

    /// Reads the value of `Authorization`; `nil` when it is malformed.
    public init?(_ text: String) {
        var scanner = FieldScanner(text)
        guard let scheme = scanner.token()?.lowercased() else { return nil }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        guard rest.first == UInt8(ascii: " ") || rest.isEmpty else { return nil }
        var bytes = rest.drop { $0 == UInt8(ascii: " ") }
        while bytes.last == UInt8(ascii: " ") { bytes = bytes.dropLast() }
        let credentials = String(Substring(bytes))
        switch scheme {
        case "basic":
            guard let data = Data(base64Encoded: credentials), let pair = String(validating: data, as: UTF8.self),
                let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":")),
                // RFC 7617 §2: neither holds control characters.
                !pair.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            else { return nil }
            self = .basic(name: String(pair[..<colon]), password: String(pair[pair.utf8.index(after: colon)...]))
        case "bearer":
            // RFC 6750 §2.1, b64token.
            let token = bytes.prefix { $0 != UInt8(ascii: "=") }
            let extra = "-._~+/".utf8
            guard !token.isEmpty, bytes[token.endIndex...].allSatisfy({ $0 == UInt8(ascii: "=") }),
                token.allSatisfy({ byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                    default: extra.contains(byte)
                    }
                })
            else { return nil }
            self = .bearer(credentials)
        default:
            self = .other(scheme: scheme, credentials: credentials)
        }
    }
}
