public import SAGI

/// An application that is a program: with `@main` it has every option of the server.
///
/// ```swift
/// @main
/// struct Hello: ServerApplication {
///     func handle(_ exchange: Exchange) async throws {
///         guard case .http(let http) = exchange else { throw Unsupported(exchange) }
///         try await http.send(.start(HTTPResponse(status: .ok)))
///         try await http.send(.body("Hello, world!\n"))
///     }
/// }
/// ```
///
/// `Hello --help` shows the options; ``command`` changes the name, the version and the defaults.
public protocol ServerApplication: Application {
    /// Makes the application, after the options have been read and before the server starts. What it throws ends
    /// the program with exit status 3.
    init() async throws

    /// The program around the application. Default: named as its executable, with the server's own defaults.
    static var command: ServerCommand { get }
}

extension ServerApplication {
    public static var command: ServerCommand { ServerCommand() }

    /// Runs the program until it is told to stop, and ends the process.
    // Without @concurrent it would be nonisolated(nonsending), which @main does not take.
    @concurrent public static func main() async {
        await command.main(try await Self())
    }
}
