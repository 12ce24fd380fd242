import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads values from a tree of parameters. `node` is `nil` for what was not sent.
struct ParameterDecoder: Decoder, SingleValueDecodingContainer {
    let node: ParameterNode?
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let node else { throw missing() }
        // "a=1" where "a.b=1" is wanted.
        guard node.values.isEmpty else { throw invalid("has parts, and cannot be one value") }
        return KeyedDecodingContainer(ParameterGroup(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = node?.elements, !codingPath.isEmpty else { throw invalid("is no list") }
        return ParameterList(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    // MARK: One value

    func decodeNil() -> Bool { node == nil }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // What knows how to read itself from text, and what would read something else than a form sends.
        if let type = type as? any ParameterValue.Type { return try cast(scalar(type)) }
        if type == Date.self { return try cast(date()) }
        if type == URL.self { return try cast(URL(string: text()) ?? { throw invalid("is no valid URL") }()) }
        if type == Decimal.self {
            return try cast(Decimal(string: text()) ?? { throw invalid("is no valid number") }())
        }
        do {
            return try Value(from: self)
        } catch let error as DecodingError {
            throw Self.problem(error)
        }
    }

    private func scalar<Value: ParameterValue>(_ type: Value.Type) throws -> Value {
        guard let value = Value(parameter: try text()) else { throw invalid("is no valid \(type)") }
        return value
    }

    private func date() throws -> Date {
        let text = try text()
        let day = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        for style in [.iso8601, .init(includingFractionalSeconds: true), day] {
            if let date = try? style.parse(text) { return date }
        }
        throw invalid("is no valid date")
    }

    /// The last value.
    private func text() throws -> String {
        guard let node else { throw missing() }
        guard !node.hasMembers, let value = node.values.last else { throw invalid("must be one value") }
        return value
    }

    private func cast<Value>(_ value: Any) throws -> Value {
        guard let value = value as? Value else { throw invalid("is no valid \(Value.self)") }
        return value
    }

    // MARK: Errors

    func missing() -> HTTPError { HTTPError(.badRequest, "\(Self.subject(codingPath)) is missing.") }

    func invalid(_ what: String) -> HTTPError { HTTPError(.badRequest, "\(Self.subject(codingPath)) \(what).") }

    /// What a type's own way of reading threw.
    private static func problem(_ error: DecodingError) -> HTTPError {
        let (path, what): ([any CodingKey], String) =
            switch error {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
            case .valueNotFound(_, let context): (context.codingPath, "is missing")
            case .typeMismatch(let type, let context): (context.codingPath, "is no valid \(type)")
            case .dataCorrupted(let context): (context.codingPath, "is not valid")
            @unknown default: ([], "is not valid")
            }
        return HTTPError(.badRequest, "\(subject(path)) \(what).")
    }

    /// "The parameter "items[2].price"".
    private static func subject(_ path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "What the parameters say together" }
        var name = ""
        for key in path {
            if key is ParameterKey {
                name += "[\(key.stringValue)]"
            } else {
                name += name.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return "The parameter \"\(name)\""
    }
}

/// The key of an element of a list.
struct ParameterKey: CodingKey {
    let stringValue: String
    var intValue: Int? { Int(stringValue) }

    init(stringValue: String) { self.stringValue = stringValue }
    init(intValue: Int) { stringValue = String(intValue) }
}

/// What is empty when nothing was sent for it.
private protocol EmptyWithoutParameters {}
extension Array: EmptyWithoutParameters {}
extension Set: EmptyWithoutParameters {}

/// The members of a group.
private struct ParameterGroup<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let node: ParameterNode
    let codingPath: [any CodingKey]

    var allKeys: [Key] { node.members.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { node[key.stringValue] != nil }

    func decodeNil(forKey key: Key) -> Bool { !contains(key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        var node = node[key.stringValue]
        if type is any EmptyWithoutParameters.Type { node = node ?? ParameterNode() }
        let decoder = ParameterDecoder(node: node, codingPath: codingPath + [key])
        guard node != nil else { throw decoder.missing() }
        return try decoder.decode(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let node = node[key.stringValue] else { return nil }
        if type != String.self, !node.hasMembers, node.values == [""] { return nil }
        return try decode(type, forKey: key)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        contains(key) ? try decode(type, forKey: key) : nil
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try optional(type, key) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try optional(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        guard let node = node[key.stringValue], node.hasMembers || node.values != [""] else { return nil }
        return try decode(type, forKey: key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    // A class's own class reads the same group.
    func superDecoder() -> any Decoder { ParameterDecoder(node: node, codingPath: codingPath) }
    func superDecoder(forKey key: Key) -> any Decoder { decoder(key) }

    private func decoder(_ key: Key) -> ParameterDecoder {
        ParameterDecoder(node: node[key.stringValue], codingPath: codingPath + [key])
    }
}

/// The elements of a list.
private struct ParameterList: UnkeyedDecodingContainer {
    let elements: [(label: String, node: ParameterNode)]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: [(label: String, node: ParameterNode)], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try decoder().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try take().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try take() }

    private mutating func take() throws -> ParameterDecoder {
        let decoder = try decoder()
        currentIndex += 1
        return decoder
    }

    private func decoder() throws -> ParameterDecoder {
        let path = codingPath + [ParameterKey(intValue: currentIndex)]
        guard !isAtEnd else { throw ParameterDecoder(node: nil, codingPath: path).missing() }
        let (label, node) = elements[currentIndex]
        return ParameterDecoder(node: node, codingPath: codingPath + [ParameterKey(stringValue: label)])
    }
}
