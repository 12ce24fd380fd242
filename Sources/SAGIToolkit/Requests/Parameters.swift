import HTTPSemantics
import HTTPTypes

/// The names and values of a query or of a form (`application/x-www-form-urlencoded`), in their order.
///
/// ```swift
/// let page = try request.query.value("page", as: Int.self) ?? 1
/// let tags = request.query.all("tag")
/// ```
public struct Parameters: Sendable, Hashable {
    /// One name with its value.
    public struct Item: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All names and values, in their order.
    public var items: [Item]

    public init(_ items: [Item] = []) { self.items = items }

    /// Reads text as a form is encoded: pairs joined with `&`, `+` for a blank, and percent-encoding. Bytes that are
    /// no UTF-8 become U+FFFD.
    public init(query text: some StringProtocol) {
        items = Self.parse(text) { String(decoding: $0, as: UTF8.self) } ?? []
    }

    /// The same, refusing what is no UTF-8.
    ///
    /// - Throws: ``HTTPError`` 400.
    public init(strictly text: some StringProtocol) throws {
        guard let items = Self.parse(text, { String(validating: $0, as: UTF8.self) }) else {
            throw HTTPError(.badRequest, "A parameter is not valid UTF-8.")
        }
        self.items = items
    }

    private static func parse(_ text: some StringProtocol, _ decode: ([UInt8]) -> String?) -> [Item]? {
        var items: [Item] = []
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let mark = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = decode(unescape(pair[..<mark])), let value = decode(unescape(pair[mark...].dropFirst()))
            else { return nil }
            items.append(Item(name: name, value: value))
        }
        return items
    }

    private static func unescape(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index = bytes.index(after: index)
            switch byte {
            case UInt8(ascii: "+"): result.append(0x20)
            case UInt8(ascii: "%"):
                let digits = bytes[index...].prefix(2).compactMap(PercentCoding.hexValue)
                guard digits.count == 2 else {
                    // A malformed escape stays as it is.
                    result.append(byte)
                    continue
                }
                result.append(digits[0] << 4 | digits[1])
                index = bytes.index(index, offsetBy: 2)
            default: result.append(byte)
            }
        }
        return result
    }

    /// The first value of that name; `nil` when there is none.
    public subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values of that name.
    public func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// Whether the name is there, with a value or without.
    public func contains(_ name: String) -> Bool { items.contains { $0.name == name } }

    public var isEmpty: Bool { items.isEmpty }

    /// The first value of that name, as a type; `nil` when the name is not there.
    ///
    /// - Throws: ``HTTPError`` 400 when the value is none of that type.
    public func value<Value: ParameterValue>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(parameter: text) else {
            throw HTTPError(.badRequest, "The parameter \"\(name)\" is no valid \(type).")
        }
        return value
    }

    /// The first value of that name, as a type.
    ///
    /// - Throws: ``HTTPError`` 400 when the name is not there, or the value is none of that type.
    public func require<Value: ParameterValue>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = try value(name, as: type) else {
            throw HTTPError(.badRequest, "The parameter \"\(name)\" is missing.")
        }
        return value
    }

    /// The parameters as text, in the form that ``init(query:)`` reads.
    public var encoded: String {
        items.map { "\(PercentCoding.encode($0.name, allowing: ""))=\(PercentCoding.encode($0.value, allowing: ""))" }
            .joined(separator: "&")
    }
}

extension Parameters: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { Item(name: $0, value: $1) })
    }
}
