import HTTPSemantics

/// A media type with its parameters, such as `text/html; charset=utf-8` (RFC 9110 §8.3.1).
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
    /// The type and subtype in lower case, such as "text/html".
    public let essence: String
    /// The parameters in their order, names in lower case and values without their quotes.
    public let parameters: [Parameter]

    public struct Parameter: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name.lowercased()
            self.value = value
        }
    }

    public init(_ essence: String, parameters: [Parameter] = []) {
        self.essence = essence.lowercased()
        self.parameters = parameters
    }

    /// Reads the value of a `Content-Type` field; `nil` when it is not one.
    public init?(_ text: String) {
        var scanner = FieldScanner(text)
        guard let type = scanner.token(), scanner.skip(UInt8(ascii: "/")), let subtype = scanner.token() else {
            return nil
        }
        guard let parameters = scanner.parameters() else { return nil }
        self.init("\(type)/\(subtype)", parameters: parameters.map { .init(name: $0, value: $1) })
    }

    /// The value of a parameter; `nil` when there is none of that name.
    public subscript(_ name: String) -> String? { parameters.first { $0.name == name.lowercased() }?.value }

    /// Whether it is JSON: `application/json`, or a type whose name ends with `+json` (RFC 6839 §3.1).
    public var isJSON: Bool { essence == "application/json" || essence.hasSuffix("+json") }

    public var description: String {
        essence + parameters.map { "; \($0.name)=\(FieldScanner.quoteIfNeeded($0.value))" }.joined()
    }
}
