import SAGIServer

extension OptionTable {
    /// Reads the environment variables of the options. An empty one counts as not set; several values of one option
    /// stand between semicolons.
    func read(environment: [String: String]) -> [String: Given] {
        var given: [String: Given] = [:]
        for option in options where option.places.contains(.environment) {
            guard let text = environment[option.environmentName], !text.isEmpty else { continue }
            let texts =
                option.isRepeatable
                ? text.split(separator: ";").map { $0.trimmingSpaces }.filter { !$0.isEmpty } : [text]
            guard !texts.isEmpty else { continue }
            given[option.name] = Given(origin: .environment(option.environmentName), texts: texts)
        }
        return given
    }

    /// A sentence for each variable that looks like one of these and is none. Not an error: a container platform may
    /// add variables of such a form, as for a service that is called "sagi".
    func unknown(in environment: [String: String]) -> [String] {
        let names = options.filter { $0.places.contains(.environment) }.map(\.environmentName)
        return environment.keys.filter { $0.hasPrefix("SAGI_") && !names.contains($0) && $0 != Handover.variable }
            .sorted().map { name in
                let hint = Suggestion.nearest(to: name, in: names).map { " Did you mean \($0)?" } ?? ""
                return "\(Origin.environment(name)) is not known and has no effect.\(hint)"
            }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
