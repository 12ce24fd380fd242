/// A parameter's name as a way into a structure: `user.name`, `user[name]`, `items[2].price`, `tags[]`.
struct ParameterName {
    enum Step: Hashable {
        case member(String)
        /// `[]`: the element after the last one.
        case next
    }

    let steps: [Step]

    /// Reads a name. One whose dots and brackets do not fit together, such as "a[b" or "a..b", is one step: itself.
    init(_ name: String) { steps = Self.split(name) ?? [.member(name)] }

    private static func split(_ name: String) -> [Step]? {
        let isMark = { (byte: UInt8) in [UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]")].contains(byte) }
        var rest = Substring(name).utf8
        func word() -> String? {
            let word = rest.prefix { !isMark($0) }
            rest = rest[word.endIndex...]
            return word.isEmpty ? nil : String(Substring(word))
        }
        guard let first = word() else { return nil }
        var steps = [Step.member(first)]
        while let mark = rest.popFirst() {
            switch mark {
            case UInt8(ascii: "."):
                guard let member = word() else { return nil }
                steps.append(.member(member))
            case UInt8(ascii: "["):
                guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
                let member = rest[..<end]
                guard !member.contains(UInt8(ascii: "[")) else { return nil }
                steps.append(member.isEmpty ? .next : .member(String(Substring(member))))
                rest = rest[rest.index(after: end)...]
            default: return nil
            }
        }
        return steps
    }
}
