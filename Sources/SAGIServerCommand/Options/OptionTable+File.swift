import SAGIServer
import Yams

extension OptionTable {
    /// Reads a configuration file, which is YAML: the keys are the names of the options, whole ("limit-body: 1MiB") or
    /// cut at dashes and nested ("limit: {body: 1MiB}"). Several values of one option are a list.
    func read(file path: String, text: String) throws -> [String: Given] {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError("The configuration file \(path) is not valid YAML: \(Self.problem(error)).")
        }
        // An empty file, or one with nothing but comments.
        guard let root, root.scalar.map(Self.isNull) != true else { return [:] }
        guard let mapping = root.mapping else {
            throw ConfigurationError("The configuration file \(path) is no list of \"key: value\" lines.")
        }
        var given: [String: Given] = [:]
        try read(mapping, below: [], path, into: &given)
        return given
    }

    private func read(_ mapping: Node.Mapping, below: [String], _ path: String, into given: inout [String: Given])
        throws
    {
        for (keyNode, value) in mapping {
            let key = (below + [keyNode.scalar?.string ?? "?"]).joined(separator: "-")
            if let inner = value.mapping {
                try read(inner, below: [key], path, into: &given)
                continue
            }
            let origin = Origin.file(path, line: keyNode.mark?.line, key: key)
            guard let option = self[name: key], option.places.contains(.file) else {
                let names = options.filter { $0.places.contains(.file) }.map(\.name)
                let hint = Suggestion.nearest(to: key, in: names).map { " Did you mean \($0)?" } ?? ""
                throw ConfigurationError("\(origin) is not known.\(hint)")
            }
            guard given[key] == nil else {
                throw ConfigurationError("\(origin) is given more than once.")
            }
            given[key] = Given(origin: origin, texts: try texts(value, option, origin))
        }
    }

    private func texts(_ value: Node, _ option: Option<Settings>, _ origin: Origin) throws -> [String] {
        let elements = value.sequence.map(Array.init) ?? [value]
        guard option.isRepeatable || value.sequence == nil else {
            throw ConfigurationError("\(origin) is a list, but it has one value: it takes \(option.accepted).")
        }
        // An empty list would quietly mean the default, as if the key were not there.
        guard !elements.isEmpty || option.canBeOff else {
            throw ConfigurationError("\(origin) needs a value: it takes \(option.accepted).")
        }
        return try elements.map { element in
            guard let scalar = element.scalar, !Self.isNull(scalar) else {
                throw ConfigurationError("\(origin) needs a value: it takes \(option.accepted).")
            }
            return scalar.string
        }
    }

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    private static func problem(_ error: any Error) -> String {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            "line \(context.mark.line): \(keys.joined(separator: ", ")) is there more than once"
        default:
            String(describing: error).split(separator: "\n").joined(separator: " ")
        }
    }
}
