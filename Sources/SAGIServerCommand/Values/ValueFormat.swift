/// How the values of an option are read from text and written as text.
package struct ValueFormat<Value: Sendable>: Sendable {
    /// What stands for a value in the help, as in "SIZE".
    var metavar: String
    /// What is accepted, as the end of a sentence that begins with "it takes".
    var accepted: String
    /// All values, when they are few.
    var choices: [String]
    /// Whether the flag without a value means "on", and `--no-…` means "off".
    var isSwitch: Bool
    /// Whether "off" is a value, so that `--no-…` is a flag too.
    var canBeOff: Bool
    /// Reads a value: nil when it is not accepted. A ``ConfigurationError`` says more about what is wrong.
    var parse: @Sendable (String) throws -> Value?
    /// Writes a value; nil when there is nothing to show.
    var format: @Sendable (Value) -> String?

    package init(
        metavar: String, accepted: String, choices: [String] = [], isSwitch: Bool = false, canBeOff: Bool = false,
        parse: @escaping @Sendable (String) throws -> Value?, format: @escaping @Sendable (Value) -> String?
    ) {
        self.metavar = metavar
        self.accepted = accepted
        self.choices = choices
        self.isSwitch = isSwitch
        self.canBeOff = canBeOff
        self.parse = parse
        self.format = format
    }
}

extension ValueFormat {
    /// Values that can be absent, which "off" or "none" says.
    package static func orOff<Wrapped>(_ inner: ValueFormat<Wrapped>) -> Self where Value == Wrapped? {
        var format = or("off", alias: "none", inner)
        format.canBeOff = true
        return format
    }

    /// Values that can be absent, which `word` says.
    static func or<Wrapped>(_ word: String, alias: String? = nil, _ inner: ValueFormat<Wrapped>) -> Self
    where Value == Wrapped? {
        var format = optional(inner)
        format.metavar += "|\(word)"
        format.accepted = "\(inner.accepted.replacing(" or ", with: ", ")) or \(word)"
        if !inner.choices.isEmpty { format.choices.append(word) }
        format.parse = { text in
            if text == word || text == alias { return .some(nil) }
            return try inner.parse(text).map { .some($0) }
        }
        format.format = { value in
            guard let value else { return word }
            return inner.format(value)
        }
        return format
    }

    /// Values that are absent as long as nothing is said.
    package static func optional<Wrapped>(_ inner: ValueFormat<Wrapped>) -> Self where Value == Wrapped? {
        ValueFormat(
            metavar: inner.metavar, accepted: inner.accepted, choices: inner.choices, isSwitch: inner.isSwitch,
            canBeOff: inner.canBeOff,
            parse: { text in try inner.parse(text).map { .some($0) } },
            format: { value in value.flatMap(inner.format) })
    }
}

extension ValueFormat {
    /// One of a few words.
    package static func choice(_ metavar: String = "", _ pairs: [(name: String, value: Value)]) -> Self
    where Value: Equatable {
        let names = pairs.map(\.name)
        return ValueFormat(
            metavar: metavar.isEmpty ? names.joined(separator: "|") : metavar, accepted: Phrase.oneOf(names),
            choices: names,
            parse: { text in pairs.first { $0.name == text }?.value },
            format: { value in pairs.first { $0.value == value }?.name })
    }

    /// One of the cases of an enumeration.
    static func cases(_ metavar: String = "", of type: Value.Type = Value.self) -> Self
    where Value: CaseIterable & RawRepresentable & Equatable, Value.RawValue == String {
        choice(metavar, Value.allCases.map { ($0.rawValue, $0) })
    }
}

extension ValueFormat<Bool> {
    /// On or off.
    package static let toggle = ValueFormat(
        metavar: "on|off", accepted: "on or off (true or false, yes or no)", choices: ["on", "off"], isSwitch: true,
        parse: { text in
            switch text.lowercased() {
            case "on", "true", "yes": true
            case "off", "false", "no": false
            default: nil
            }
        },
        format: { $0 ? "on" : "off" })
}

/// Words put together to a part of a sentence.
enum Phrase {
    /// "a, b or c".
    static func oneOf(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
