import SAGIServer
import SAGIServerCommand

/// The command line tool of SAGI.
@main
enum Sagi {
    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let name = arguments.isEmpty ? "help" : arguments.removeFirst()
        await Program.main("sagi") {
            switch name {
            case "serve":
                return try await Serve.run(arguments)
            case "new":
                return try New.run(arguments)
            case "run":
                return try await Run.run(arguments)
            case Run.placeholder:
                return try await Run.wait(arguments)
            case "routes":
                return try ShowRoutes.run(arguments)
            case "ctl":
                return try Control.run(arguments)
            case "cert":
                return try MakeCertificate.run(arguments)
            case "help", "--help", "-h":
                return try await help(arguments)
            case "version", "--version", "-V":
                Terminal.output.write("sagi \(ServerCommand.sagiVersion)\n")
                return 0
            case "configuration-reference":
                // Writes docs/configuration.md.
                Terminal.output.write(ServerCommand.reference)
                return 0
            default:
                throw ConfigurationError(
                    "The command \"\(name)\" is not known. The commands are serve, run, new, routes, ctl, cert, help and version."
                )
            }
        }
    }

    private static func help(_ arguments: [String]) async throws -> CInt {
        switch arguments.first {
        case nil:
            Terminal.output.write(text)
            return 0
        case "serve": return try await Serve.run(["--help"])
        case "new": return try New.run(["--help"])
        case "run": return try await Run.run(["--help"])
        case "ctl": return try Control.run(["--help"])
        case "routes": return try ShowRoutes.run(["--help"])
        case "cert": return try MakeCertificate.run(["--help"])
        case let name?:
            throw ConfigurationError(
                "There is no command \"\(name)\". The commands are serve, run, new, routes, ctl and cert.")
        }
    }

    private static let text = """
        Usage: sagi COMMAND [OPTIONS]

        Commands:
          serve [DIR]   Serves the files of a directory, or a welcome page.
          new NAME      Makes a project with an application, ready to run.
          run [NAME]    Builds the application in this directory and has it serve; with
                        --reload, again each time its sources change.
          routes [NAME] Shows the routes of the application in this directory.
          ctl COMMAND   Asks or tells a program that serves: status, scale, reload …
          cert          Makes a certificate for development.
          help COMMAND  Shows the options of a command.
          version       Shows the version.

        "sagi serve --help" shows all options of the server; an application that is a
        ServerApplication has the same ones.

        """
}
