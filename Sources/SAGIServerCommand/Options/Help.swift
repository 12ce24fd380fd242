/// The text of `--help`.
package struct Help<Settings: Sendable>: Sendable {
    /// The first line, after "Usage: ".
    let usage: String
    /// One or more sentences about the command.
    let summary: String
    let table: OptionTable<Settings>
    let defaults: Settings

    package init(usage: String, summary: String, table: OptionTable<Settings>, defaults: Settings) {
        self.usage = usage
        self.summary = summary
        self.table = table
        self.defaults = defaults
    }

    /// Answers `--help`, `--help-markdown` and `--version`. False when none of them is there.
    package func answers(_ arguments: [String], title: String) -> Bool {
        if table.contains("help", in: arguments) {
            Terminal.output.write(text)
        } else if table.contains("help-markdown", in: arguments) {
            Terminal.output.write(Reference(table: table, defaults: defaults).markdown)
        } else if table.contains("version", in: arguments) {
            Terminal.output.write("\(title)\n")
        } else {
            return false
        }
        return true
    }

    private static var column: Int { 32 }
    private static var width: Int { 80 }

    package var text: String {
        var lines = ["Usage: \(usage)", ""] + Self.wrap(summary, to: Self.width)
        for group in table.groups {
            let options = group.options.filter { !$0.isHidden }
            guard !options.isEmpty else { continue }
            lines += ["", "\(group.title):"]
            for option in options { lines += entry(option) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func entry(_ option: Option<Settings>) -> [String] {
        let name = "  \(option.letter.map { "-\($0), " } ?? "    ")\(option.flag(defaults))"
        var notes: [String] = []
        if option.isRepeatable { notes.append("repeatable") }
        if let text = option.shownDefault(defaults) { notes.append("default: \(text)") }
        let help = option.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
        var lines = Self.wrap(help, to: Self.width - Self.column)
        let indent = String(repeating: " ", count: Self.column)
        if name.count <= Self.column - 2 {
            let first = name + String(repeating: " ", count: Self.column - name.count) + lines.removeFirst()
            return [first] + lines.map { indent + $0 }
        }
        return [name] + lines.map { indent + $0 }
    }

    private static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return lines + [line]
    }
}

extension Option {
    /// The long flag with its value, as the help shows it: "--limit-body SIZE|off", "--no-date".
    func flag(_ defaults: Settings) -> String {
        guard isSwitch else { return "--\(name)\(metavar.map { " \($0)" } ?? "")" }
        // A switch that is off by default is turned on and hardly ever off.
        return canBeOff && defaultText(defaults) != "off" ? "--[no-]\(name)" : "--\(name)"
    }

    /// The default as the help shows it: for a switch that is off, the flag says it already.
    func shownDefault(_ defaults: Settings) -> String? {
        let text = defaultText(defaults)
        return isSwitch && text == "off" ? nil : text
    }
}
