import SAGIServer
import SAGIServerCommand

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `sagi routes [NAME]`.
enum ShowRoutes {
    struct Settings: Sendable {}

    private static let command = Subcommand(
        usage: "sagi routes [NAME]",
        summary: """
            Builds the application in this directory, and shows its routes: what "swift run NAME --routes" does. NAME is \
            needed where the package has several programs.
            """,
        options: [], defaults: Settings())

    static func run(_ arguments: [String]) throws -> CInt {
        guard let (_, operands) = try command.parse(arguments, operands: 0...1) else { return 0 }
        // In the place of this process: the exit status and the output are the application's.
        let words = ["swift", "run", "--quiet"] + operands + ["--routes"]
        var pointers = words.map { strdup($0) } + [nil]
        execvp("swift", &pointers)
        throw ConfigurationError("Swift was not found: \(String(cString: strerror(errno))).")
    }
}
