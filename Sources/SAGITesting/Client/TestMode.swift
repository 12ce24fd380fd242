package import SAGI

/// How a ``TestClient`` reaches its application: in memory, or (with `SAGILiveTesting`) over a socket.
///
/// ```swift
/// @Test(arguments: TestMode.all)      // with SAGILiveTesting: in memory, over TCP, over a Unix socket
/// func greets(mode: TestMode) async throws {
///     try await TestClient.run(Hello(), in: mode) { client in
///         let response = try await client.get("/")
///         #expect(response.text == "Hello, world!\n")
///     }
/// }
/// ```
public struct TestMode: Sendable, CustomStringConvertible {
    /// "in memory", "live".
    public let name: String
    package let start: @Sendable (any Application, Duration) async throws -> any TestTransport

    /// - Parameter start: starts the application; the time is for each step.
    package init(
        _ name: String, start: @escaping @Sendable (any Application, Duration) async throws -> any TestTransport
    ) {
        self.name = name
        self.start = start
    }

    public var description: String { name }

    /// The application is called directly, with the rules of a server.
    public static let inMemory = TestMode.inMemory { _ in }

    /// The application is called directly, with the rules of a server.
    ///
    /// ```swift
    /// try await TestClient.run(app, in: .inMemory { $0.version = .http2 }) { client in … }
    /// ```
    public static func inMemory(_ configure: (inout InMemoryOptions) -> Void) -> TestMode {
        var options = InMemoryOptions()
        configure(&options)
        return TestMode("in memory") { [options] in try await InMemoryTransport($0, options, timeout: $1) }
    }
}
