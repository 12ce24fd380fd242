import HTTPSemantics

/// An extension that is offered or agreed on: an element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1).
package struct WebSocketExtension: Sendable, Equatable {
    package var name: String
    package var parameters: [(name: String, value: String?)]

    package static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.parameters.elementsEqual(right.parameters, by: ==)
    }

    /// Reads a field value; nil when it is malformed.
    package static func parse(_ value: String) -> [WebSocketExtension]? {
        var scanner = FieldScanner(value)
        var result: [WebSocketExtension] = []
        while true {
            // RFC 9110 §5.6.1: elements of a list may be empty.
            repeat { scanner.skipBlanks() } while scanner.skip(UInt8(ascii: ","))
            guard !scanner.isAtEnd else { return result }
            guard let name = scanner.token(), let parameters = parameters(&scanner) else { return nil }
            result.append(WebSocketExtension(name: name, parameters: parameters))
            guard scanner.isAtEnd || scanner.skip(UInt8(ascii: ",")) else { return nil }
        }
    }

    private static func parameters(_ scanner: inout FieldScanner) -> [(name: String, value: String?)]? {
        var result: [(name: String, value: String?)] = []
        while true {
            scanner.skipBlanks()
            guard scanner.skip(UInt8(ascii: ";")) else { return result }
            scanner.skipBlanks()
            guard let name = scanner.token() else { return nil }
            scanner.skipBlanks()
            guard scanner.skip(UInt8(ascii: "=")) else {
                result.append((name, nil))
                continue
            }
            scanner.skipBlanks()
            // §9.1: what stands in quotes must be a token too.
            guard let value = scanner.quotedString() ?? scanner.token(), FieldSyntax.isToken(value.utf8) else {
                return nil
            }
            result.append((name, value))
        }
    }
}
