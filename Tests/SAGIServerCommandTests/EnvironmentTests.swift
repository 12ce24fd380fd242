import Foundation
import SAGIServer
import Testing

@testable import SAGIServerCommand

@Suite struct EnvironmentTests {
    @Test func `every option has a variable`() throws {
        let configuration = try configure(environment: [
            "SAGI_LIMIT_BODY": "1MiB", "SAGI_DATE": "off", "SAGI_TIMEOUT_KEEP_ALIVE": "none", "HOME": "/",
        ])
        #expect(configuration.limits.body == 1 << 20)
        #expect(!configuration.addsDate)
        #expect(configuration.timeouts.keepAlive == nil)
    }

    @Test func `several values stand between semicolons`() throws {
        let configuration = try configure(environment: ["SAGI_BIND": "127.0.0.1:1; unix:/run/a b.sock;"])
        #expect(configuration.listeners.map(\.address) == [.tcp(host: "127.0.0.1", port: 1), .unix("/run/a b.sock")])
    }

    @Test func `a single value may have semicolons`() throws {
        #expect(try configure(environment: ["SAGI_SERVER_FIELD": "a;b"]).serverField == "a;b")
    }

    @Test func `an empty variable counts as not set`() throws {
        #expect(try configure(environment: ["SAGI_BACKLOG": ""]).backlog == 2048)
        let listeners = try configure(environment: ["SAGI_BIND": " ; "], file: "bind: 127.0.0.1:7").listeners
        #expect(listeners.map(\.address) == [.tcp(host: "127.0.0.1", port: 7)])
    }

    @Test func `a bad value names the variable`() {
        #expect(
            sentence { try parse(environment: ["SAGI_BACKLOG": "x"]) }
                == "The environment variable SAGI_BACKLOG has the value \"x\", but it takes a whole number from 1 to 65535."
        )
    }

    @Test func `a bad value is an error even when a flag overrides it`() {
        #expect(sentence { try parse(["--backlog", "1"], environment: ["SAGI_BACKLOG": "x"]) } != "(no error)")
    }

    @Test func `an unknown variable is a warning`() throws {
        let warnings = try parse(environment: ["SAGI_BACKLOGS": "1", "SAGI_SERVICE_HOST": "10.0.0.1", "PATH": "/"])
            .warnings
        #expect(
            warnings == [
                "The environment variable SAGI_BACKLOGS is not known and has no effect. Did you mean SAGI_BACKLOG?",
                "The environment variable SAGI_SERVICE_HOST is not known and has no effect.",
            ])
    }

    @Test func `sockets are inherited by the process that they are meant for`() {
        let own = String(ProcessInfo.processInfo.processIdentifier)
        #expect(Program.inheritedSockets(["LISTEN_PID": own, "LISTEN_FDS": "2"]) == 2)
        #expect(Program.inheritedSockets(["LISTEN_PID": "1", "LISTEN_FDS": "2"]) == 0)
        #expect(Program.inheritedSockets(["LISTEN_FDS": "2"]) == 0)
        #expect(Program.inheritedSockets(["LISTEN_PID": own, "LISTEN_FDS": "x"]) == 0)
        #expect(Program.inheritedSockets(["LISTEN_PID": own, "LISTEN_FDS": "-1"]) == 0)
    }
}
