/// What a response's fields say to the server, in any version of HTTP.
package struct ResponseFacts: Sendable {
    package var contentLength: Int?
    package var hasDate = false
    package var hasServer = false
    /// The application asked for the connection to be closed.
    package var close = false

    package init() {}

    /// Learns from a field, and says whether it is sent. Fields that belong to the connection are not
    /// (RFC 9110 §7.6.1, RFC 9113 §8.2.2).
    ///
    /// - Parameters:
    ///   - name: in lower case.
    ///   - allowsLength: whether the response can have `Content-Length`.
    @inline(__always)
    package mutating func note(
        _ name: String, _ value: @autoclosure () -> String, allowsLength: Bool
    ) throws(InvalidField) -> Bool {
        switch name.utf8.count {
        case 4 where name == "date":
            hasDate = true
        case 6 where name == "server":
            hasServer = true
        case 7 where name == "upgrade", 10 where name == "keep-alive", 16 where name == "proxy-connection",
            17 where name == "transfer-encoding":
            return false
        case 10 where name == "connection":
            if value().lowercased().split(separator: ",").contains(where: { $0.trimmingBlanks() == "close" }) {
                close = true
            }
            return false
        case 14 where name == "content-length":
            guard allowsLength else { return false }
            // RFC 9110 §8.6: digits; and once.
            let digits = value()
            guard contentLength == nil, digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let length = Int(digits) else {
                throw InvalidField(name: "Content-Length")
            }
            contentLength = length
        default:
            break
        }
        return true
    }
}

/// A field that cannot be sent.
package struct InvalidField: Error {
    package let name: String

    package init(name: String) { self.name = name }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
