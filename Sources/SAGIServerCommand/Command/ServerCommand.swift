public import SAGI
public import SAGIServer

/// A program that serves an application: options, start, signals and exit status.
///
/// ```swift
/// await ServerCommand(name: "shop", version: "1.4").main(Shop(catalogue))
/// ```
///
/// ``main(_:)-method`` reads flags, environment variables and the configuration file, starts the server, says where it
/// listens, and stops it on `SIGTERM` or `SIGINT`. `docs/configuration.md` describes every option, and
/// `docs/processes.md` what the other signals do.
public struct ServerCommand: Sendable {
    /// The version of SAGI.
    public static let sagiVersion = "0.1.0"

    /// What the program calls itself. Default: the name of its executable.
    public var name: String
    /// The application's version, which `--version` shows. Default: none.
    public var version: String?
    /// What holds where no option says otherwise.
    public var configuration: ServerConfiguration
    /// Whether the program sets up swift-log, with a handler that writes to standard error. False leaves that to the
    /// application. Default true.
    public var setsUpLogging = true

    public init(
        name: String? = nil, version: String? = nil, configuration: ServerConfiguration = ServerConfiguration()
    ) {
        self.name = name ?? Program.executableName
        self.version = version
        self.configuration = configuration
    }

    /// Serves an application with a default command; see ``main(_:)-swift.method``.
    public static func main(_ application: @autoclosure () async throws -> any Application) async -> Never {
        await ServerCommand().main(try await application())
    }

    /// Serves an application until the program is told to stop, and ends the process. The exit status is 0 after a
    /// clean shutdown, 2 when an option or address cannot be used, and 3 when the application did not start.
    ///
    /// - Parameter application: what is served. It is made after the options have been read.
    public func main(_ application: @autoclosure () async throws -> any Application) async -> Never {
        await Program.main(name) {
            let arguments = Array(CommandLine.arguments.dropFirst())
            let table = Self.table
            let defaults = ServerSettings(configuration)
            let help = Help(usage: "\(name) [OPTIONS]", summary: Self.summary, table: table, defaults: defaults)
            if help.answers(arguments, title: title) { return 0 }
            if table.contains("routes", in: arguments) {
                Terminal.output.write(try RouteList(of: try await application()).text)
                return 0
            }
            let environment = Program.environment
            let serving = try Serving(self) {
                let parsed = try table.parse(arguments, environment: environment, into: defaults)
                if let operand = parsed.operands.first {
                    throw ConfigurationError("The argument \"\(operand)\" is not known. --help shows all options.")
                }
                return Reading(parsed.settings, given: parsed.given, warnings: parsed.warnings)
            }
            return try await serving.run(application)
        }
    }

    /// The options of the server, and of the application that it serves.
    package static let table = OptionTable(
        ServerOptions.table.groups + [
            OptionGroup("Application", [Option(action: "routes", "Shows the routes of the application.")])
        ])

    /// `docs/configuration.md`: what every application has.
    package static var reference: String {
        Reference(table: table, defaults: ServerSettings()).markdown
    }

    package static var summary: String {
        """
        Every option can also be given as an environment variable (--limit-body as SAGI_LIMIT_BODY) or in a YAML file \
        (limit-body: 1MiB). Flags win over variables, and these over the file.
        """
    }

    /// "shop 1.4 (sagi 0.1.0)".
    package var title: String {
        name == "sagi"
            ? "sagi \(Self.sagiVersion)" : "\(name)\(version.map { " \($0)" } ?? "") (sagi \(Self.sagiVersion))"
    }
}
