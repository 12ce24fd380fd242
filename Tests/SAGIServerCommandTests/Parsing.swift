import SAGIServer
import Testing

@testable import SAGIServerCommand

/// Reads what a user gave for a server.
func parse(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
) throws -> Parsed<ServerSettings> {
    var arguments = arguments
    if file != nil { arguments += ["--config", "app.yaml"] }
    return try ServerOptions.table.parse(arguments, environment: environment, into: ServerSettings()) { path in
        try #require(path == "app.yaml")
        return try #require(file)
    }
}

/// The configuration that comes out of it.
func configure(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil, inherited: Int = 0
) throws -> ServerConfiguration {
    let parsed = try parse(arguments, environment: environment, file: file)
    return try parsed.settings.makeConfiguration(given: parsed.given, inherited: inherited)
}

/// The sentence of the configuration error that `body` throws.
func sentence(_ body: () throws -> some Any) -> String {
    do {
        _ = try body()
        return "(no error)"
    } catch let error as ConfigurationError {
        return error.description
    } catch {
        return "(another error: \(error))"
    }
}
