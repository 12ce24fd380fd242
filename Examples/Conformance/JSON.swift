/// As much JSON as is needed to write some.
indirect enum JSON: CustomStringConvertible {
    case null
    case number(Int)
    case text(String)
    case list([JSON])
    case object(Object)

    static func optional(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }

    /// Members in the order in which they were set.
    struct Object {
        var members: [(name: String, value: JSON)] = []

        subscript(_ name: String) -> JSON {
            get { members.first { $0.name == name }?.value ?? .null }
            set { members.append((name, newValue)) }
        }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .number(let number): String(number)
        case .text(let text): Self.quote(text)
        case .list(let items): "[" + items.map(\.description).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.members.map { "\(Self.quote($0.name)): \($0.value)" }.joined(separator: ", ") + "}"
        }
    }

    private static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\u{0}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
