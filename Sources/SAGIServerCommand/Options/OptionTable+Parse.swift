import SAGIServer

/// What the arguments, the environment and the file came to.
package struct Parsed<Settings> {
    package var settings: Settings
    /// Where each option that was given came from.
    package var given: [String: Origin]
    /// The arguments that are no options.
    package var operands: [String]
    /// Sentences about what has no effect.
    package var warnings: [String]
}

extension OptionTable {
    /// Puts together what was given: flags go before environment variables, these before the configuration file, and
    /// that before the defaults in `settings`. Everything is checked, overridden or not.
    ///
    /// - Throws: ``ConfigurationError`` that names what is wrong and where.
    package func parse(
        _ arguments: [String], environment: [String: String] = [:], into settings: Settings,
        readFile: (String) throws -> String = TextFile.read
    ) throws -> Parsed<Settings> {
        let (flags, operands) = try read(arguments: arguments)
        let variables = read(environment: environment)
        var file: [String: Given] = [:]
        if let given = flags["config"] ?? variables["config"], let path = given.texts.first {
            let text: String
            do {
                text = try readFile(path)
            } catch {
                throw ConfigurationError("\(given.origin) names a file that cannot be used: \(error)")
            }
            file = try read(file: path, text: text)
        }
        var parsed = Parsed(settings: settings, given: [:], operands: operands, warnings: unknown(in: environment))
        for source in [file, variables, flags] {
            for option in options {
                guard let given = source[option.name] else { continue }
                try option.apply(&parsed.settings, given.texts, given.origin)
                parsed.given[option.name] = given.origin
            }
        }
        return parsed
    }
}
