/// Who sent a request to a proxy, as the proxy tells (RFC 7239 §6).
package enum ForwardedNode: Sendable, Hashable {
    /// An address, with the port where it is told.
    case address(IPAddress, port: Int?)
    /// The proxy does not know.
    case unknown
    /// A name that the proxy has made up, with the underscore before it (§6.3).
    case obfuscated(String)

    /// Reads the value of `for` or `by`: an IPv6 address stands in brackets.
    package init?(_ text: some StringProtocol) {
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: "]"), let address = IPAddress(text[..<end].dropFirst()),
                !address.isIPv4 || text[..<end].contains(":"),
                let port = Self.port(text[end...].dropFirst())
            else { return nil }
            self = .address(address, port: port.number)
            return
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let port = Self.port(text[colon...]) else { return nil }
        let name = text[..<colon]
        if let address = IPAddress(name) {
            self = .address(address, port: port.number)
        } else if name.lowercased() == "unknown" {
            self = .unknown
        } else if Self.isObfuscated(name) {
            self = .obfuscated(String(name))
        } else {
            return nil
        }
    }

    /// Reads an element of `X-Forwarded-For`, where an IPv6 address may stand without brackets.
    package init?(plain text: some StringProtocol) {
        if let address = IPAddress(text) {
            self = .address(address, port: nil)
        } else {
            self.init(text)
        }
    }

    /// The port after a colon: a number, or a name that says nothing (§6.2). `nil` when it is neither.
    private static func port(_ text: some StringProtocol) -> (number: Int?, Void)? {
        guard !text.isEmpty else { return (nil, ()) }
        guard text.utf8.first == UInt8(ascii: ":") else { return nil }
        let name = text.dropFirst()
        if isObfuscated(name) { return (nil, ()) }
        guard (1...5).contains(name.utf8.count), name.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(name),
            number <= 65535
        else { return nil }
        return (number, ())
    }

    /// An underscore, and letters, digits, ".", "_" or "-".
    private static func isObfuscated(_ text: some StringProtocol) -> Bool {
        guard text.utf8.first == UInt8(ascii: "_"), text.utf8.count > 1 else { return false }
        return text.utf8.dropFirst().allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
