import SAGI
import SAGIServer
import SAGIServerCommand
import SAGIToolkit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `sagi serve [DIR]`.
enum Serve {
    private static let usage = "sagi serve [DIR] [OPTIONS]"

    static func run(_ arguments: [String]) async throws -> CInt {
        let command = ServerCommand(name: "sagi")
        let table = ServeSettings.table
        let help = Help(
            usage: usage,
            summary: "Serves the files of a directory, or a welcome page when none is named. \(ServerCommand.summary)",
            table: table, defaults: ServeSettings())
        if help.answers(arguments, title: command.title) { return 0 }

        let environment = Program.environment
        @Sendable func parse() throws -> Parsed<ServeSettings> {
            var parsed = try table.parse(arguments, environment: environment, into: ServeSettings())
            guard parsed.operands.count <= 1 else {
                throw ConfigurationError("The argument \"\(parsed.operands[1])\" is one too many. Usage: \(usage)")
            }
            if !parsed.settings.usesPrecompressed { parsed.settings.files.precompressed = [] }
            if parsed.settings.isSelfSigned {
                try useDevelopmentCertificate(&parsed.settings)
            } else if parsed.settings.server.listensSecurely, parsed.settings.server.certificates.isEmpty {
                throw ConfigurationError("--tls-bind needs --tls-cert FILE and --tls-key FILE, or --tls-self-signed.")
            }
            return parsed
        }
        let serving = try Serving(command) {
            let parsed = try parse()
            return Reading(parsed.settings.server, given: parsed.given, warnings: parsed.warnings)
        }
        let parsed = try parse()
        return try await serving.run {
            try application(for: parsed.operands.first, parsed.settings, parsed.given)
        }
    }

    private static func application(
        for directory: String?, _ settings: ServeSettings, _ given: [String: Origin]
    ) throws -> any Application {
        guard let directory else {
            for option in ServeSettings.files.options {
                if let origin = given[option.name] {
                    throw ConfigurationError("\(origin) has no effect without a directory: sagi serve DIR.")
                }
            }
            return Welcome(version: ServerCommand.sagiVersion)
        }
        guard let stream = opendir(directory) else {
            let reason = errno == ENOTDIR ? "it is not a directory" : String(cString: strerror(errno))
            throw ConfigurationError("The directory \(directory) cannot be served: \(reason).")
        }
        closedir(stream)
        return StaticFiles(directory, options: settings.files)
    }

    private static func useDevelopmentCertificate(_ settings: inout ServeSettings) throws {
        guard settings.server.certificates.isEmpty else {
            throw ConfigurationError("Use either --tls-self-signed or --tls-cert.")
        }
        guard settings.server.listensSecurely else {
            throw ConfigurationError("The option --tls-self-signed has no effect without --tls-bind ADDRESS.")
        }
        let path = try CachedCertificate.path()
        settings.server.certificates = [path]
        settings.server.keys = [path]
    }
}
