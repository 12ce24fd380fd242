/// The files of a new project.
struct Template: Sendable {
    let name: ProjectName
    /// Where a local SAGI is; nil is a released version.
    let sagiPath: String?

    var files: [(path: String, text: String)] {
        [
            ("Package.swift", package),
            ("Sources/\(name)/\(name).swift", application),
            ("Tests/\(name)Tests/\(name)Tests.swift", tests),
            ("README.md", readme),
            (".gitignore", ".build/\n.swiftpm/\n*.xcodeproj\n"),
        ]
    }

    private var package: String {
        let sagi =
            sagiPath.map { ".package(name: \"sagi\", path: \(Self.literal($0)))" }
            ?? ".package(url: \"https://github.com/sagi-swift/sagi\", from: \"0.1.0\")"
        return """
            // swift-tools-version:6.2
            import PackageDescription

            let package = Package(
                name: "\(name)",
                platforms: [.macOS("26.0")],
                dependencies: [
                    \(sagi),
                    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
                ],
                targets: [
                    .executableTarget(
                        name: "\(name)",
                        dependencies: [
                            .product(name: "SAGI", package: "sagi"),
                            .product(name: "SAGIServerCommand", package: "sagi"),
                            .product(name: "SAGIToolkit", package: "sagi"),
                        ]),
                    .testTarget(
                        name: "\(name)Tests",
                        dependencies: [
                            .target(name: "\(name)"),
                            .product(name: "SAGITesting", package: "sagi"),
                            .product(name: "HTTPTypes", package: "swift-http-types"),
                        ]),
                ]
            )

            """
    }

    private var application: String {
        """
        import SAGI
        import SAGIServerCommand
        import SAGIToolkit

        @main
        struct \(name.type) {
            /// What is served, and what the tests drive.
            static func application() throws -> some Application {
                try Router { routes in
                    routes.get("/") { _ in "Hello from \(name)!\\n" }
                    routes.get("/hello/:name") { request in
                        "Hello, \\(try request.parameter("name"))!\\n"
                    }
                }
            }

            static func main() async {
                await ServerCommand(name: "\(name)").main(try application())
            }
        }

        """
    }

    private var tests: String {
        """
        import HTTPTypes
        import SAGITesting
        import Testing

        @testable import \(name)

        @Suite struct \(name.type)Tests {
            @Test func `the root says hello`() async throws {
                try await TestClient.run(\(name.type).application()) { client async throws in
                    let response = try await client.get("/")
                    #expect(response.status == .ok)
                    #expect(response.text == "Hello from \(name)!\\n")
                    #expect(try await client.get("/hello/Ada").text == "Hello, Ada!\\n")
                }
            }

            @Test func `anything else is not found`() async throws {
                try await TestClient.run(\(name.type).application()) { client async throws in
                    #expect(try await client.get("/nothing").status == .notFound)
                }
            }
        }

        """
    }

    private var readme: String {
        """
        # \(name)

        A web application on [SAGI](https://github.com/sagi-swift/sagi).

        ```
        swift run \(name)                        # http://127.0.0.1:8000
        swift run \(name) --bind 0.0.0.0:8080    # every option: swift run \(name) --help
        swift test
        ```

        `Sources/\(name)/\(name).swift` has the routes; `swift run \(name) --routes` lists them.

        """
    }

    /// A text as Swift writes it in quotes.
    private static func literal(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
