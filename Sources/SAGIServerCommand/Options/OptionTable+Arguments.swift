import SAGIServer

extension OptionTable {
    /// Whether a flag such as `--help` is there, which counts even when something else is wrong.
    package func contains(_ name: String, in arguments: [String]) -> Bool {
        guard let option = self[name: name] else { return false }
        return arguments.prefix { $0 != "--" }.contains { $0 == "--\(name)" || option.letter.map(short) == $0 }
    }

    private func short(_ letter: Character) -> String { "-\(letter)" }

    /// Reads the arguments of a command: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `--name` and `--no-name`. After
    /// `--` nothing is an option.
    func read(arguments: [String]) throws -> (given: [String: Given], operands: [String]) {
        var given: [String: Given] = [:]
        var operands: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let written = parts[0]
            let (option, isNegated) = try find(written)
            let text = try value(of: option, isNegated, written, inline: parts.count == 2 ? parts[1] : nil, &rest)
            if given[option.name] == nil {
                given[option.name] = Given(origin: .flag(written), texts: [text])
            } else if option.isRepeatable {
                given[option.name]?.texts.append(text)
            } else {
                throw ConfigurationError("\(Origin.flag(written)) is given more than once, but it has one value.")
            }
        }
        return (given, operands)
    }

    private func find(_ written: String) throws -> (Option<Settings>, isNegated: Bool) {
        if written.hasPrefix("--") {
            let name = String(written.dropFirst(2))
            if let option = self[name: name], option.places.contains(.flag) { return (option, false) }
            if name.hasPrefix("no-"), let option = self[name: String(name.dropFirst(3))], option.canBeOff {
                return (option, true)
            }
            let hint = Suggestion.nearest(to: name, in: flagNames).map { "Did you mean --\($0)?" }
            throw ConfigurationError("The option \(written) is not known. \(hint ?? "--help shows all options.")")
        }
        guard written.count == 2, let option = options.first(where: { $0.letter == written.last }) else {
            throw ConfigurationError("The option \(written) is not known. --help shows all options.")
        }
        return (option, false)
    }

    private var flagNames: [String] {
        options.filter { !$0.isHidden }.flatMap { $0.canBeOff ? [$0.name, "no-\($0.name)"] : [$0.name] }
    }

    private func value(
        of option: Option<Settings>, _ isNegated: Bool, _ written: String, inline: String?,
        _ rest: inout ArraySlice<String>
    ) throws -> String {
        if isNegated || (option.isSwitch && option.accepted.isEmpty) {
            guard inline == nil else { throw ConfigurationError("\(Origin.flag(written)) takes no value.") }
            return isNegated ? "off" : "on"
        }
        if let inline { return inline }
        if option.isSwitch { return "on" }
        guard let next = rest.first, !isOption(next) else {
            throw ConfigurationError("\(Origin.flag(written)) needs a value: it takes \(option.accepted).")
        }
        return rest.removeFirst()
    }

    /// Whether an argument that could be a value is meant as an option.
    private func isOption(_ argument: String) -> Bool {
        argument.hasPrefix("--") || options.contains { $0.letter.map(short) == argument }
    }
}
