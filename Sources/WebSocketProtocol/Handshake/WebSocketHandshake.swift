import Crypto
package import HTTPSemantics

/// What a client asks for when it opens a WebSocket (RFC 6455 §4.2.1).
package struct WebSocketHandshake: Sendable {
    /// The subprotocols that it offers, in its order.
    package var subprotocols: [String]
    /// The extensions that it offers, in its order.
    package var extensions: [WebSocketExtension]
    /// `Sec-WebSocket-Key`; empty over HTTP/2 and HTTP/3, where there is none.
    private var key: String

    /// Why a handshake is refused.
    package enum Refusal: Error, Hashable, Sendable {
        case badMethod
        case content
        case unsupportedVersion
        case badKey
        case badSubprotocols
        case badExtensions

        package var status: Int { self == .unsupportedVersion ? 426 : 400 }

        package var sentence: String {
            switch self {
            case .badMethod: "A WebSocket is opened with GET."
            case .content: "The request for a WebSocket has content."
            case .unsupportedVersion: "The version of the WebSocket protocol must be 13."
            case .badKey: "Sec-WebSocket-Key must come once, and be 16 bytes in Base64."
            case .badSubprotocols: "Sec-WebSocket-Protocol must be a list of different tokens."
            case .badExtensions: "Sec-WebSocket-Extensions is malformed."
            }
        }
    }

    /// Whether the request asks for a WebSocket instead of a response: `Upgrade: websocket`, which
    /// `Connection: upgrade` made count.
    package static func isAsked(by head: RequestHead) -> Bool {
        guard head.facts.contains(.upgrade) else { return false }
        var isNamed = false
        head.forEachValue(of: "upgrade") { value in
            for name in ListElements(value) where FieldSyntax.equal(name, lowercased: "websocket") { isNamed = true }
        }
        return isNamed
    }

    /// Checks the handshake of a request over HTTP/1.1.
    package init(_ head: RequestHead) throws(Refusal) {
        guard head.knownMethod == .get else { throw .badMethod }
        guard !head.facts.contains(.hasBody) else { throw .content }
        try self.init(fieldsOf: head)
        let keys = head.values(of: "sec-websocket-key").map(head.text)
        guard keys.count == 1, Self.isKey(keys[0]) else { throw .badKey }
        key = keys[0]
    }

    /// Checks what is the same over every version of HTTP.
    package init(fieldsOf head: RequestHead) throws(Refusal) {
        let versions = head.values(of: "sec-websocket-version").map(head.text)
        guard versions == ["13"] else { throw .unsupportedVersion }
        // RFC 6455 §4.1: tokens, and each once.
        subprotocols = head.values(of: "sec-websocket-protocol").flatMap { slice in
            head.withBytes(of: slice) { value in ListElements(value).map { String(decoding: $0, as: UTF8.self) } }
        }
        guard Set(subprotocols).count == subprotocols.count,
            subprotocols.allSatisfy({ FieldSyntax.isToken($0.utf8) })
        else { throw .badSubprotocols }
        let offers = head.values(of: "sec-websocket-extensions").map(head.text).joined(separator: ",")
        guard let extensions = WebSocketExtension.parse(offers) else { throw .badExtensions }
        self.extensions = extensions
        key = ""
    }

    /// 16 bytes in Base64: 22 characters and "==", and four bits of the last character are zero (RFC 4648 §3.5).
    private static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return false }
        guard "AQgw".utf8.contains(bytes[21]) else { return false }
        return bytes[..<22].allSatisfy { byte in
            byte | 0x20 &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
        }
    }

    /// `Sec-WebSocket-Accept` (RFC 6455 §4.2.2).
    package var acceptKey: String { Self.acceptKey(for: key) }

    package static func acceptKey(for key: String) -> String {
        // §1.3: SHA-1 proves that the request was understood, and protects nothing.
        var hash = Insecure.SHA1()
        for part in [key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"] {
            Array(part.utf8).withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        return base64(Array(hash.finalize()))
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
            for digit in 0..<4 {
                let isPadding = start + digit > bytes.count
                result.append(isPadding ? UInt8(ascii: "=") : digits[group >> (18 - 6 * digit) & 63])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
