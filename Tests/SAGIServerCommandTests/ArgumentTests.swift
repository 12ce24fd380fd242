import SAGIServer
import Testing

@testable import SAGIServerCommand

@Suite struct ArgumentTests {
    @Test(arguments: [["--backlog", "9"], ["--backlog=9"]])
    func `a value follows its flag or an equals sign`(arguments: [String]) throws {
        #expect(try configure(arguments).backlog == 9)
    }

    @Test func `short flags work`() throws {
        let parsed = try parse(["-q", "-b", "127.0.0.1:1"])
        #expect(parsed.settings.isQuiet)
        #expect(parsed.settings.bindings == [Binding(.tcp(host: "127.0.0.1", port: 1))])
    }

    @Test func `a switch has three forms`() throws {
        #expect(try configure(["--reuse-port"]).reusePort)
        #expect(try configure(["--reuse-port=on"]).reusePort)
        #expect(try !configure(["--no-date"]).addsDate)
        #expect(try !configure(["--date=no"]).addsDate)
    }

    @Test func `a switch does not take the argument behind it`() throws {
        let parsed = try parse(["--reuse-port", "off"])
        #expect(parsed.settings.configuration.reusePort)
        #expect(parsed.operands == ["off"])
    }

    @Test func `off and none and the negated flag mean no limit`() throws {
        for arguments in [["--limit-body", "off"], ["--limit-body", "none"], ["--no-limit-body"]] {
            #expect(try configure(arguments).limits.body == nil)
        }
        #expect(try configure(["--no-server-field"]).serverField == nil)
        #expect(try configure(["--timeout-keep-alive", "off"]).timeouts.keepAlive == nil)
    }

    @Test func `repeatable flags add up in order`() throws {
        let configuration = try configure(["--server-name", "a.test", "--server-name=*.b.test"])
        #expect(configuration.serverNames == ["a.test", "*.b.test"])
    }

    @Test func `after two dashes nothing is an option`() throws {
        #expect(try parse(["--quiet", "--", "--date", "x"]).operands == ["--date", "x"])
    }

    @Test func `a lone dash is a value`() throws {
        #expect(try configure(["--access-log", "-"]).accessLog?.destination == .standardOutput)
    }

    @Test func `help counts wherever it stands, but not as an operand`() {
        let table = ServerOptions.table
        #expect(table.contains("help", in: ["--wrong", "--help"]))
        #expect(table.contains("help", in: ["-h"]))
        #expect(table.contains("version", in: ["-V"]))
        #expect(!table.contains("help", in: ["--", "--help"]))
    }

    @Test(arguments: [
        (["--limt-body", "1"], "The option --limt-body is not known. Did you mean --limit-body?"),
        (["--no-dat"], "The option --no-dat is not known. Did you mean --no-date?"),
        (["--port", "80"], "The option --port is not known. Did you mean --bind?"),
        (["--min-version", "1.3"], "The option --min-version is not known. Did you mean --tls-min-version?"),
        (["--zzzzzz"], "The option --zzzzzz is not known. --help shows all options."),
        (["-z"], "The option -z is not known. --help shows all options."),
        (["-qb"], "The option -qb is not known. --help shows all options."),
        (["--no-backlog"], "The option --no-backlog is not known. Did you mean --backlog?"),
        (["--backlog"], "The option --backlog needs a value: it takes a whole number from 1 to 65535."),
        (["--backlog", "--quiet"], "The option --backlog needs a value: it takes a whole number from 1 to 65535."),
        (["-b", "-q"], "The option -b needs a value: it takes an address HOST:PORT, [v6]:PORT, unix:PATH or fd:N."),
        (["--backlog="], "The option --backlog has the value \"\", but it takes a whole number from 1 to 65535."),
        (["--backlog", "1", "--backlog", "2"], "The option --backlog is given more than once, but it has one value."),
        (["--no-date=on"], "The option --no-date takes no value."),
        (["--version=2"], "The option --version takes no value."),
    ])
    func `a flag that cannot be used is named`(arguments: [String], expected: String) {
        #expect(sentence { try parse(arguments) } == expected)
    }

    @Test(arguments: [
        (
            ["--limit-body", "16XB"],
            "The option --limit-body has the value \"16XB\", but it takes a size such as 512, 64KiB, 16MiB, 10MB or off."
        ),
        (
            ["--lifespan", "atuo"],
            "The option --lifespan has the value \"atuo\", but it takes auto, on or off. "
                + "Did you mean \"auto\"?"
        ),
        (
            ["--log-level=warn"],
            "The option --log-level has the value \"warn\", but it takes trace, debug, info, notice, "
                + "warning, error or critical. Did you mean \"warning\"?"
        ),
        (
            ["--timeout-header", "0"],
            "The option --timeout-header has the value \"0\", but it takes a time above zero "
                + "such as 500ms, 30s, 5m, 1h30m or off."
        ),
        (
            ["--date=maybe"],
            "The option --date has the value \"maybe\", but it takes on or off (true or false, yes or no)."
        ),
        (
            ["--access-log-format", "%Z"],
            "The option --access-log-format has the value \"%Z\", which cannot be used: "
                + "The access log format \"%Z\" has the unknown atom %Z."
        ),
    ])
    func `a value that cannot be used is shown with what is accepted`(arguments: [String], expected: String) {
        #expect(sentence { try parse(arguments) } == expected)
    }
}
