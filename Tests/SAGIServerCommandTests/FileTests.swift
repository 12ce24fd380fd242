import SAGIServer
import Testing

@testable import SAGIServerCommand

@Suite struct FileTests {
    @Test func `keys are whole or nested`() throws {
        let flat = try configure(file: "limit-body: 1MiB\ntimeout-keep-alive: 5s\n")
        let nested = try configure(file: "limit: {body: 1MiB}\ntimeout:\n  keep-alive: 5s\n")
        let deep = try configure(file: "limit:\n  body: 1MiB\ntimeout:\n  keep:\n    alive: 5s\n")
        for configuration in [flat, nested, deep] {
            #expect(configuration.limits.body == 1 << 20)
            #expect(configuration.timeouts.keepAlive == .seconds(5))
        }
    }

    @Test func `several values are a list, one is a value`() throws {
        let configuration = try configure(file: "bind: [\"127.0.0.1:1\", \"[::1]:2\"]\nserver-name: a.test\n")
        #expect(configuration.listeners.map(\.address.description) == ["127.0.0.1:1", "[::1]:2"])
        #expect(configuration.serverNames == ["a.test"])
    }

    @Test func `values are taken as they are written`() throws {
        let configuration = try configure(
            file: "bind: unix:/a\nunix-mode: 0660\nserver-field: off\ndate: no\nlimit-connections: none\n")
        #expect(configuration.listeners[0].unixSocketMode == 0o660)
        #expect(configuration.serverField == nil)
        #expect(!configuration.addsDate)
        #expect(configuration.limits.connections == nil)
    }

    @Test(arguments: ["", "# nothing\n", "---\n"])
    func `an empty file sets nothing`(file: String) throws {
        #expect(try parse(file: file).given.keys.sorted() == ["config"])
    }

    @Test func `JSON is fine`() throws {
        #expect(try configure(file: "{\"limit\": {\"body\": \"1MiB\"}, \"backlog\": 7}").backlog == 7)
    }

    @Test(arguments: [
        ("limit:\n  bdy: 3\n", "The key limit-bdy (app.yaml, line 2) is not known. Did you mean limit-body?"),
        ("limit_body: 3\n", "The key limit_body (app.yaml, line 1) is not known. Did you mean limit-body?"),
        ("zzzz: 3\n", "The key zzzz (app.yaml, line 1) is not known."),
        ("config: other.yaml\n", "The key config (app.yaml, line 1) is not known."),
        ("help: on\n", "The key help (app.yaml, line 1) is not known."),
        (
            "backlog: [1, 2]\n",
            "The key backlog (app.yaml, line 1) is a list, but it has one value: it takes a whole "
                + "number from 1 to 65535."
        ),
        ("\nbacklog:\n", "The key backlog (app.yaml, line 2) needs a value: it takes a whole number from 1 to 65535."),
        (
            "backlog: many\n",
            "The key backlog (app.yaml, line 1) has the value \"many\", but it takes a whole number "
                + "from 1 to 65535."
        ),
        ("limit-body: 1\nlimit:\n  body: 2\n", "The key limit-body (app.yaml, line 3) is given more than once."),
        (
            "backlog: 1\nbacklog: 2\n",
            "The configuration file app.yaml is not valid YAML: line 1: backlog is there more "
                + "than once."
        ),
        ("- backlog\n", "The configuration file app.yaml is no list of \"key: value\" lines."),
        (
            "bind: []\n",
            "The key bind (app.yaml, line 1) needs a value: it takes an address HOST:PORT, [v6]:PORT, "
                + "unix:PATH or fd:N."
        ),
        (
            "bind: [[a]]\n",
            "The key bind (app.yaml, line 1) needs a value: it takes an address HOST:PORT, [v6]:PORT, "
                + "unix:PATH or fd:N."
        ),
    ])
    func `what is wrong is named with its line`(file: String, expected: String) {
        #expect(sentence { try parse(file: file) } == expected)
    }

    @Test func `broken YAML is an error`() {
        #expect(
            sentence { try parse(file: "a: [b\n") }.hasPrefix(
                "The configuration file app.yaml is not valid YAML: line "))
    }

    @Test func `a file that is not there names the option`() {
        let text = sentence {
            try ServerOptions.table.parse(["--config", "/nonexistent/x.yaml"], into: ServerSettings())
        }
        #expect(
            text == "The option --config names a file that cannot be used: Cannot read /nonexistent/x.yaml: "
                + "No such file or directory.")
    }

    @Test func `the file is named by the environment too`() throws {
        let configuration = try ServerOptions.table.parse(
            [], environment: ["SAGI_CONFIG": "b.yaml"], into: ServerSettings(), readFile: { "pid-file: \($0)" })
        #expect(configuration.settings.pidFile == "b.yaml")
    }
}

@Suite struct PrecedenceTests {
    @Test func `a flag wins over a variable, this over the file, and that over the default`() throws {
        let file = "backlog: 3\nlimit: {header-count: 3, body: 3}\n"
        let environment = ["SAGI_BACKLOG": "2", "SAGI_LIMIT_HEADER_COUNT": "2"]
        let configuration = try configure(["--backlog", "1"], environment: environment, file: file)
        #expect(configuration.backlog == 1)
        #expect(configuration.limits.headerCount == 2)
        #expect(configuration.limits.body == 3)
        #expect(configuration.limits.requestLine == 8192)
    }

    @Test func `lists are replaced, not joined`() throws {
        let configuration = try configure(
            ["--server-name", "flag.test"], environment: ["SAGI_SERVER_NAME": "a.test;b.test"],
            file: "server-name: [c.test]")
        #expect(configuration.serverNames == ["flag.test"])
    }

    @Test func `a flag can take back what a variable says`() throws {
        #expect(try configure(["--date"], environment: ["SAGI_DATE": "off"]).addsDate)
        #expect(try configure(["--no-limit-requests"], file: "limit-requests: 5").limits.requestsPerConnection == nil)
    }

    @Test func `the application's own configuration stands for the defaults`() throws {
        var own = ServerConfiguration()
        own.limits.body = 5
        own.backlog = 6
        let parsed = try ServerOptions.table.parse(["--backlog", "7"], into: ServerSettings(own))
        let configuration = try parsed.settings.makeConfiguration(given: parsed.given)
        #expect(configuration.limits.body == 5)
        #expect(configuration.backlog == 7)
        let help = Help(usage: "", summary: "", table: ServerOptions.table, defaults: ServerSettings(own)).text
        let words = help.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(words.contains("Connections that wait to be accepted. (default: 6)"))
    }
}
