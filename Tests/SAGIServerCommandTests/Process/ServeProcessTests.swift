import Foundation
import Testing

@Suite struct ServeProcessTests {
    /// A server that has started, and the addresses that it told.
    private func start(
        _ arguments: [String], environment: [String: String] = [:], directory: String = "/"
    ) async throws -> (server: Command, addresses: [String]) {
        let server = try Command(
            try Command.sagi(), ["serve"] + arguments + ["--log-level", "notice"], environment: environment,
            directory: directory)
        try await server.waitForError("listens on\n")
        let lines = server.error.split(separator: "\n").drop { !$0.hasSuffix("listens on") }.dropFirst()
            .prefix { $0.hasPrefix("  ") }
        return (server, lines.map { $0.trimmingCharacters(in: .whitespaces) })
    }

    private func curl(_ arguments: [String]) async throws -> String {
        let result = try await Command.run("/usr/bin/curl", ["-sS", "--max-time", "10"] + arguments)
        #expect(result.status == 0, "\(result.error)")
        return result.output
    }

    @Test func `the welcome page is served until SIGTERM, and the end is clean`() async throws {
        let directory = try TemporaryDirectory()
        let (server, addresses) = try await start(
            ["--bind", "127.0.0.1:0", "--pid-file", "sagi.pid", "--access-log", "-"], directory: directory.path)
        #expect(try directory.read("sagi.pid") == "\(server.id)\n")
        let address = try #require(addresses.first)
        #expect(address.hasPrefix("http://127.0.0.1:"))
        #expect(try await curl([address]).contains("SAGI 0.1.0 is running"))
        server.send(SIGTERM)
        #expect(try await server.status() == 0)
        #expect(!directory.contains("sagi.pid"))
        #expect(server.output.contains("\"GET /\" 200"))
        #expect(server.error.contains("SIGTERM: stopping; what is running has 30s to end"))
        #expect(!server.error.contains("\u{1B}"))
    }

    @Test func `SIGINT stops the server cleanly too`() async throws {
        let (server, _) = try await start(["--bind", "127.0.0.1:0"])
        server.send(SIGINT)
        #expect(try await server.status() == 0)
    }

    @Test func `a second signal ends the process at once`() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write(String(repeating: "x", count: 20_000_000), to: "big")
        let (server, addresses) = try await start(
            [".", "--bind", "unix:sagi.sock", "--pid-file", "sagi.pid"],
            directory: directory.path)
        #expect(addresses == ["unix:sagi.sock"])
        // A client that does not read keeps its exchange running.
        let client = try Command(
            "/usr/bin/curl", ["-sS", "--limit-rate", "1", "--unix-socket", "sagi.sock", "-o", "got", "http://x/big"],
            directory: directory.path)
        defer { client.send(SIGKILL) }
        try await client.waitForFile("\(directory.path)/got")
        server.send(SIGTERM)
        try await server.waitForError("SIGTERM: stopping")
        server.send(SIGTERM)
        #expect(try await server.status() == 128 + SIGTERM)
        #expect(!directory.contains("sagi.pid"))
    }

    @Test func `TLS is served with a certificate made on the spot, which is kept`() async throws {
        let directory = try TemporaryDirectory()
        let arguments = ["--tls-bind", "127.0.0.1:0", "--tls-self-signed"]
        let environment = ["XDG_CACHE_HOME": directory.path]
        let file = "sagi/development.pem"
        var made = ""
        for _ in 0..<2 {
            let (server, addresses) = try await start(arguments, environment: environment)
            let address = try #require(addresses.first)
            #expect(addresses.count == 1 && address.hasPrefix("https://127.0.0.1:"))
            #expect(try directory.mode(file) == 0o600)
            #expect(try made.isEmpty || directory.read(file) == made)
            made = try directory.read(file)
            let page = try await curl(["--cacert", "\(directory.path)/\(file)", address])
            #expect(page.contains("SAGI 0.1.0 is running"))
            server.send(SIGTERM)
            #expect(try await server.status() == 0)
        }
    }

    @Test func `SIGUSR1 opens the access log again`() async throws {
        let directory = try TemporaryDirectory()
        let (server, addresses) = try await start(
            ["--bind", "127.0.0.1:0", "--access-log", "log", "--access-log-format", "%U"], directory: directory.path)
        let address = try #require(addresses.first)
        _ = try await curl(["\(address)/one"])
        try FileManager.default.moveItem(atPath: "\(directory.path)/log", toPath: "\(directory.path)/old")
        server.send(SIGUSR1)
        try await server.waitForError("SIGUSR1: the logs have been opened again.")
        _ = try await curl(["\(address)/two"])
        server.send(SIGTERM)
        #expect(try await server.status() == 0)
        #expect(try directory.read("log").contains("/two"))
        #expect(try (directory.read("old") + directory.read("log")).contains("/one"))
    }

    @Test func `a directory is served with its options`() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("hello", to: "a.txt")
        _ = try directory.write("<p>index", to: "index.html")
        let (server, addresses) = try await start(
            [".", "--bind", "127.0.0.1:0", "--listing", "--no-index", "--cache-control", "no-store"],
            directory: directory.path)
        let address = try #require(addresses.first)
        #expect(try await curl(["\(address)/a.txt"]) == "hello")
        #expect(try await curl(["-I", "\(address)/a.txt"]).lowercased().contains("cache-control: no-store"))
        let listing = try await curl(["\(address)/"])
        #expect(listing.contains("a.txt") && listing.contains("index.html"))
        server.send(SIGTERM)
        #expect(try await server.status() == 0)
    }

    @Test func `everything can come from a file and the environment`() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("bind: 127.0.0.1:0\nserver-field: from-file\ndate: off\n", to: "app.yaml")
        let (server, addresses) = try await start(
            [], environment: ["SAGI_CONFIG": "app.yaml", "SAGI_SERVER_FIELD": "from-variable", "SAGI_NONSENSE": "1"],
            directory: directory.path)
        let head = try await curl(["-I", try #require(addresses.first)]).lowercased()
        #expect(head.contains("server: from-variable\r\n"))
        #expect(!head.contains("\ndate:"))
        #expect(server.error.contains("SAGI_NONSENSE is not known and has no effect."))
        server.send(SIGTERM)
        #expect(try await server.status() == 0)
    }

    @Test func `quiet says nothing, and colours come when they are wanted`() async throws {
        let directory = try TemporaryDirectory()
        let quiet = try Command(
            try Command.sagi(), ["serve", "--bind", "unix:sagi.sock", "--quiet", "--pid-file", "pid"],
            directory: directory.path)
        try await quiet.waitForFile("\(directory.path)/pid")
        quiet.send(SIGTERM)
        _ = try await quiet.status()
        #expect(!quiet.error.contains("listens on") && !quiet.error.contains("NOTICE"))

        let colored = try Command(try Command.sagi(), ["serve", "--bind", "127.0.0.1:0", "--color"])
        try await colored.waitForError("listens on\n")
        #expect(colored.error.contains("\u{1B}[36mhttp://127.0.0.1:"))
        colored.send(SIGTERM)
        _ = try await colored.status()
    }

    @Test(arguments: [
        (["serve", "--backlg", "3"], "sagi: The option --backlg is not known. Did you mean --backlog?\n"),
        (
            ["serve", "--log-level", "loud"],
            "sagi: The option --log-level has the value \"loud\", but it takes trace, "
                + "debug, info, notice, warning, error or critical.\n"
        ),
        // The listeners are opened first: cases that run at once must not meet at the default port.
        (
            ["serve", "/nonexistent", "--bind", "127.0.0.1:0"],
            "sagi: The directory /nonexistent cannot be served: No such file or directory.\n"
        ),
        (
            ["serve", "--listing", "--bind", "127.0.0.1:0"],
            "sagi: The option --listing has no effect without a directory: sagi serve DIR.\n"
        ),
        (
            ["serve", "--tls-self-signed"],
            "sagi: The option --tls-self-signed has no effect without --tls-bind ADDRESS.\n"
        ),
        (
            ["serve", "--tls-bind", "127.0.0.1:0"],
            "sagi: --tls-bind needs --tls-cert FILE and --tls-key FILE, or "
                + "--tls-self-signed.\n"
        ),
        (
            ["srve"],
            "sagi: The command \"srve\" is not known. The commands are serve, run, new, routes, ctl, cert, help and version.\n"
        ),
    ])
    func `what cannot be used is one sentence and exit status 2`(arguments: [String], expected: String) async throws {
        let result = try await Command.sagi(arguments)
        #expect(result.status == 2)
        #expect(result.error == expected)
        #expect(result.output == "")
    }

    @Test(arguments: [
        (["--version"], "sagi 0.1.0\n"), (["serve", "--version"], "sagi 0.1.0\n"), (["help"], "Usage: sagi COMMAND"),
        ([], "Usage: sagi COMMAND"), (["serve", "--help"], "Usage: sagi serve [DIR]"),
        (["new", "-h"], "Usage: sagi new"),
        (["help", "cert"], "Usage: sagi cert"), (["configuration-reference"], "# Configuration"),
        (["serve", "--help-markdown"], "# Configuration"),
    ])
    func `help and versions go to standard output`(arguments: [String], expected: String) async throws {
        let result = try await Command.sagi(arguments)
        #expect(result.status == 0)
        #expect(result.output.hasPrefix(expected))
        #expect(result.error == "")
    }
}
