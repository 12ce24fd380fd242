import Foundation
import Testing

@Suite("A website")
struct WebsiteTests {
    private let environment = ["SITE": "$FOLDER/site"]

    @Test("curl: conditions, ranges, compressed copies, HEAD")
    func curlFiles() async throws { try await check(program: "Website", tls: true, environment: environment) }

    @Test("Nothing outside of the folder is reached, however the path is written")
    func outside() async throws { try await check(program: "Website", environment: environment) }

    @Test(
        "A page in Chromium, with styles, a script, an image and sound",
        .enabled(
            if: Browser.isInstalled,
            "CHROMIUM IS NOT INSTALLED, so that no browser was tried: scripts/setup conformance installs it."))
    func chromium() async throws {
        try await check(
            "--access-log", "-", "--access-log-format", "seen %s %R [%{Range}i] %{Content-Encoding}o",
            program: "Website",
            environment: environment, timeout: .seconds(120))
    }
}

/// The browser of the checks.
enum Browser {
    static let isInstalled: Bool = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return ["chromium", "chromium-browser", "google-chrome"].contains { name in
            folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }
    }()
}
