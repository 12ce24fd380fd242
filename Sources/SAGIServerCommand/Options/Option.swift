import SAGIServer

/// One thing that can be set: its names, how it reads, what it does. Flags, environment variables, the keys of the
/// configuration file, the help and the reference all come from this.
package struct Option<Settings>: Sendable {
    /// The long flag without its dashes, and the key in the configuration file: "limit-body".
    package let name: String
    /// The short flag, as in "b".
    let letter: Character?
    /// What stands for a value in the help; nil when the flag takes none.
    let metavar: String?
    /// What is accepted, as the end of a sentence that begins with "it takes".
    let accepted: String
    /// All values, when they are few.
    let choices: [String]
    /// Whether the flag alone means "on".
    let isSwitch: Bool
    /// Whether `--no-…` means "off".
    let canBeOff: Bool
    /// Whether it can be given several times.
    let isRepeatable: Bool
    let places: Set<OptionPlace>
    /// Whether the help leaves it out.
    let isHidden: Bool
    /// One sentence.
    let help: String
    /// The default as text; nil when there is nothing to show.
    let defaultText: @Sendable (Settings) -> String?
    /// Reads the given texts, and puts the value where it belongs.
    let apply: @Sendable (inout Settings, [String], Origin) throws -> Void

    /// The environment variable: "SAGI_LIMIT_BODY".
    package var environmentName: String { "SAGI_" + name.uppercased().replacing("-", with: "_") }

    /// An option with one value.
    package init<Value>(
        _ name: String, letter: Character? = nil, _ path: any WritableKeyPath<Settings, Value> & Sendable,
        _ format: ValueFormat<Value>, default text: String? = nil,
        places: Set<OptionPlace> = [.flag, .environment, .file],
        _ help: String
    ) {
        self.init(
            name: name, letter: letter, metavar: format.isSwitch ? nil : format.metavar, accepted: format.accepted,
            choices: format.choices, isSwitch: format.isSwitch, canBeOff: format.isSwitch || format.canBeOff,
            isRepeatable: false, places: places, isHidden: false, help: help,
            defaultText: { settings in text ?? format.format(settings[keyPath: path]) },
            apply: { settings, texts, origin in
                guard let text = texts.first else { return }
                settings[keyPath: path] = try format.read(text, origin)
            })
    }

    /// An option that can be given several times. With `canBeEmpty`, "off" alone means no value at all.
    package init<Value>(
        _ name: String, letter: Character? = nil, each path: any WritableKeyPath<Settings, [Value]> & Sendable,
        _ format: ValueFormat<Value>, canBeEmpty: Bool = false,
        default text: (@Sendable (Settings) -> String?)? = nil, _ help: String
    ) {
        self.init(
            name: name, letter: letter, metavar: format.metavar + (canBeEmpty ? "|off" : ""),
            accepted: format.accepted + (canBeEmpty ? " or off" : ""), choices: format.choices, isSwitch: false,
            canBeOff: canBeEmpty, isRepeatable: true, places: [.flag, .environment, .file], isHidden: false, help: help,
            defaultText: { settings in
                if let text { return text(settings) }
                let values = settings[keyPath: path].compactMap(format.format)
                return values.isEmpty ? nil : values.joined(separator: ", ")
            },
            apply: { settings, texts, origin in
                let isEmpty = canBeEmpty && (texts == ["off"] || texts == ["none"])
                settings[keyPath: path] = isEmpty ? [] : try texts.map { try format.read($0, origin) }
            })
    }

    /// A flag that makes the program do something else, as `--help` does.
    package init(action name: String, letter: Character? = nil, isHidden: Bool = false, _ help: String) {
        self.init(
            name: name, letter: letter, metavar: nil, accepted: "", choices: [], isSwitch: true, canBeOff: false,
            isRepeatable: false, places: [.flag], isHidden: isHidden, help: help, defaultText: { _ in nil },
            apply: { _, _, _ in })
    }

    private init(
        name: String, letter: Character?, metavar: String?, accepted: String, choices: [String], isSwitch: Bool,
        canBeOff: Bool, isRepeatable: Bool, places: Set<OptionPlace>, isHidden: Bool, help: String,
        defaultText: @escaping @Sendable (Settings) -> String?,
        apply: @escaping @Sendable (inout Settings, [String], Origin) throws -> Void
    ) {
        self.name = name
        self.letter = letter
        self.metavar = metavar
        self.accepted = accepted
        self.choices = choices
        self.isSwitch = isSwitch
        self.canBeOff = canBeOff
        self.isRepeatable = isRepeatable
        self.places = places
        self.isHidden = isHidden
        self.help = help
        self.defaultText = defaultText
        self.apply = apply
    }

    /// The same option for settings that hold these settings.
    func lifted<Outer>(to path: any WritableKeyPath<Outer, Settings> & Sendable) -> Option<Outer> {
        Option<Outer>(
            name: name, letter: letter, metavar: metavar, accepted: accepted, choices: choices, isSwitch: isSwitch,
            canBeOff: canBeOff, isRepeatable: isRepeatable, places: places, isHidden: isHidden,
            help: help, defaultText: { defaultText($0[keyPath: path]) },
            apply: { try apply(&$0[keyPath: path], $1, $2) })
    }
}

/// Where an option can be given.
package enum OptionPlace: Sendable { case flag, environment, file }

extension ValueFormat {
    /// Reads a text, or says in a sentence why it cannot be used.
    func read(_ text: String, _ origin: Origin) throws -> Value {
        do {
            if let value = try parse(text) { return value }
        } catch let error as ConfigurationError {
            throw ConfigurationError("\(origin) has the value \"\(text)\", which cannot be used: \(error)")
        }
        let hint = Suggestion.nearest(to: text.lowercased(), in: choices).map { " Did you mean \"\($0)\"?" } ?? ""
        throw ConfigurationError("\(origin) has the value \"\(text)\", but it takes \(accepted).\(hint)")
    }
}
