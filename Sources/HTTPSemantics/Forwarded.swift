/// What one proxy tells of the request that it got: an element of `Forwarded` (RFC 7239 §4).
package struct ForwardedElement: Sendable, Hashable {
    /// Who sent the request to the proxy, as text; see ``ForwardedNode``.
    package var source: String?
    /// Where the proxy got it.
    package var destination: String?
    /// The `Host` that it had.
    package var host: String?
    /// Its scheme, in lower case.
    package var scheme: String?

    package init() {}

    /// Reads one element; `nil` when it breaks the grammar, or has a parameter twice. White space around `;` is let
    /// through, and other parameters are ignored.
    package init?(_ text: some StringProtocol) {
        var scanner = FieldScanner(text)
        var names: Set<String> = []
        while true {
            scanner.skipBlanks()
            if let name = scanner.token()?.lowercased() {
                guard scanner.skip(UInt8(ascii: "=")), let value = scanner.quotedString() ?? scanner.token(),
                    names.insert(name).inserted
                else { return nil }
                switch name {
                case "for": source = value
                case "by": destination = value
                case "host": host = value
                case "proto": scheme = value.lowercased()
                default: break
                }
                scanner.skipBlanks()
            }
            if scanner.isAtEnd { return }
            guard scanner.skip(UInt8(ascii: ";")) else { return nil }
        }
    }
}

/// The elements of a list from its end to its start, without the white space around them; empty ones are left out.
///
/// What proxies have added is at the end. Reading from there, nothing that a client has put before it, such as a
/// quotation mark without its twin, changes how it is read.
package struct ReversedElements: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var end: Int
    private let quotes: Bool

    /// - Parameter quotes: whether a comma in a quoted string separates nothing (RFC 9110 §5.6.4).
    package init(_ text: some StringProtocol, quotes: Bool) {
        bytes = Array(text.utf8)
        end = bytes.count
        self.quotes = quotes
    }

    package mutating func next() -> String? {
        while end > 0 {
            let last = end
            let start = elementStart()
            // The comma goes with what is behind it.
            end = start == 0 ? 0 : start - 1
            let element = bytes[start..<last].withUnsafeBytes { bytes in
                String(decoding: FieldSyntax.trimmed(bytes), as: UTF8.self)
            }
            if !element.isEmpty { return element }
        }
        return nil
    }

    private func elementStart() -> Int {
        var index = end
        var isQuoted = false
        while index > 0 {
            let byte = bytes[index - 1]
            if quotes, byte == UInt8(ascii: "\"") {
                if !isQuoted {
                    isQuoted = true
                } else if !isEscaped(index - 1) {
                    isQuoted = false
                }
            } else if byte == UInt8(ascii: ","), !isQuoted {
                return index
            }
            index -= 1
        }
        return 0
    }

    /// Whether an odd number of backslashes stands before the byte.
    private func isEscaped(_ index: Int) -> Bool {
        var start = index
        while start > 0, bytes[start - 1] == UInt8(ascii: "\\") { start -= 1 }
        return (index - start) % 2 == 1
    }
}
