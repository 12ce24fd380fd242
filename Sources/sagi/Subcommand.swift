import SAGIServer
import SAGIServerCommand

/// A command that has nothing but flags: no environment variables and no file.
struct Subcommand<Settings: Sendable>: Sendable {
    let usage: String
    let summary: String
    let options: [Option<Settings>]
    let defaults: Settings

    /// Reads the arguments; nil when they asked for help, which has been shown.
    ///
    /// - Parameter operands: the number of arguments that are no options.
    func parse(_ arguments: [String], operands: ClosedRange<Int>) throws -> (settings: Settings, operands: [String])? {
        let table = OptionTable([
            OptionGroup("Options", options + [Option(action: "help", letter: "h", "Shows this.")])
        ])
        let help = Help(usage: usage, summary: summary, table: table, defaults: defaults)
        if help.answers(arguments, title: "") { return nil }
        let parsed = try table.parse(arguments, into: defaults)
        guard operands.contains(parsed.operands.count) else {
            if parsed.operands.count > operands.upperBound {
                throw ConfigurationError(
                    "The argument \"\(parsed.operands[operands.upperBound])\" is one too many. Usage: \(usage)")
            }
            throw ConfigurationError("An argument is missing. Usage: \(usage)")
        }
        return (parsed.settings, parsed.operands)
    }
}
