import SAGIServer
import SAGIServerCommand

/// `sagi new NAME`.
enum New {
    struct Settings: Sendable {
        var sagiPath: String?
    }

    private static let command = Subcommand(
        usage: "sagi new NAME [OPTIONS]",
        summary: "Makes a project in the directory NAME: an application that runs, and a test of it.",
        options: [
            Option(
                "sagi-path", \.sagiPath, .optional(.file),
                "Uses the SAGI in a local directory instead of a released version.")
        ],
        defaults: Settings())

    static func run(_ arguments: [String]) throws -> CInt {
        guard let (settings, operands) = try command.parse(arguments, operands: 1...1) else { return 0 }
        let name = try ProjectName(operands[0])
        let directory = name.description
        guard try Directory.isEmptyOrMissing(directory) else {
            throw ConfigurationError("The directory \(directory) is there already, and it is not empty.")
        }
        let sagi = try settings.sagiPath.map(Directory.absolute)
        let template = Template(name: name, sagiPath: sagi)
        for (path, text) in template.files {
            let whole = "\(directory)/\(path)"
            if let slash = whole.lastIndex(of: "/") { try Directory.make(String(whole[..<slash])) }
            try TextFile.write(text, to: whole, replaces: false)
        }
        Terminal.output.write(
            """
            Made \(directory).

              cd \(directory)
              swift run \(name)      # http://127.0.0.1:8000
              swift test


            """)
        return 0
    }
}
