import SAGIServer
import SAGIServerCommand

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `sagi run [NAME]`.
enum Run {
    /// The command of the program that serves until there is another one. Nobody has to know it.
    static let placeholder = "build-page"

    private static let usage = "sagi run [NAME] [--release] [--scratch-path DIR] [OPTIONS]"

    static func run(_ arguments: [String]) async throws -> CInt {
        let command = ServerCommand(name: "sagi")
        let table = ServerCommand.table
        let help = Help(
            usage: usage,
            summary: """
                Builds the application in this directory and has it serve, with the options that are given: those of \
                every application. With --reload it is built and replaced each time its sources change; what is served \
                before stays until the new one is ready. NAME is needed where the package has several programs.
                """,
            table: table, defaults: ServerSettings())
        if help.answers(arguments, title: command.title) { return 0 }
        var arguments = arguments
        let name = arguments.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        if name != nil { arguments.removeFirst() }
        let isRelease = arguments.contains("--release")
        arguments.removeAll { $0 == "--release" }
        let scratch = try takeScratchPath(&arguments)
        guard let package = PackageBuild.package(above: ProgramStart.currentDirectory()) else {
            throw ConfigurationError("There is no Package.swift in this directory or above it.")
        }
        let build = PackageBuild(
            package: package, product: try name ?? onlyProgram(of: package),
            configuration: isRelease ? "release" : "debug", scratch: scratch)
        guard wantsReload(arguments) else { return try replace(build, arguments) }
        let forwarded = arguments
        let serving = try serving(ServerCommand(name: build.product), arguments)
        return try await serving.develop(build, forwarded, placeholder: [placeholder] + forwarded)
    }

    /// The program that serves until there is another one.
    static func wait(_ arguments: [String]) async throws -> CInt {
        try await serving(ServerCommand(name: "sagi"), arguments).waitForBuild()
    }

    private static func serving(_ command: ServerCommand, _ arguments: [String]) throws -> Serving {
        let environment = Program.environment
        return try Serving(command) {
            let parsed = try ServerCommand.table.parse(arguments, environment: environment, into: ServerSettings())
            if let operand = parsed.operands.first {
                throw ConfigurationError("The argument \"\(operand)\" is one too many. Usage: \(usage)")
            }
            return Reading(parsed.settings, given: parsed.given, warnings: parsed.warnings)
        }
    }

    /// Where it is built, as for `swift build`.
    private static func takeScratchPath(_ arguments: inout [String]) throws -> String? {
        guard let index = arguments.firstIndex(of: "--scratch-path") else { return nil }
        guard index + 1 < arguments.count else {
            throw ConfigurationError("The option --scratch-path needs a value: it takes the path of a directory.")
        }
        let path = arguments[index + 1]
        arguments.removeSubrange(index...(index + 1))
        return path.hasPrefix("/") ? path : "\(ProgramStart.currentDirectory())/\(path)"
    }

    private static func wantsReload(_ arguments: [String]) -> Bool {
        let parsed = try? ServerCommand.table.parse(
            arguments, environment: Program.environment, into: ServerSettings())
        return parsed?.settings.configuration.reload.isEnabled ?? arguments.contains("--reload")
    }

    /// Becomes `swift run`: the exit status and the output are the application's.
    private static func replace(_ build: PackageBuild, _ arguments: [String]) throws -> CInt {
        let scratch = build.scratch.map { ["--scratch-path", $0] } ?? []
        let words = ["swift", "run", "--configuration", build.configuration] + scratch + [build.product] + arguments
        var pointers = words.map { strdup($0) } + [nil]
        execvp("swift", &pointers)
        throw ConfigurationError("Swift was not found: \(String(cString: strerror(errno))).")
    }

    /// The name of the package's program, when it has one only.
    private static func onlyProgram(of package: String) throws -> String {
        let names = try Executables.names(of: package)
        guard let name = names.first else { throw ConfigurationError("The package in \(package) has no program.") }
        guard names.count == 1 else {
            throw ConfigurationError("Which program? The package has \(names.joined(separator: ", ")). Usage: \(usage)")
        }
        return name
    }
}
