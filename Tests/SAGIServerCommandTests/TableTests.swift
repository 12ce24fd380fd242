import Foundation
import SAGIServer
import Testing

@testable import SAGIServerCommand

@Suite struct TableTests {
    /// A value for each option that is not its default.
    private static func samples(_ directory: TemporaryDirectory) throws -> [String: [String]] {
        [
            "bind": ["unix:/other.sock,http1"], "tls-bind": ["127.0.0.1:5"], "proxy-protocol": ["on"],
            "unix-mode": ["0660"],
            "ipv6-only": ["on"], "backlog": ["7"], "reuse-port": ["on"], "event-loops": ["2"],
            "tls-cert": ["other.pem"], "tls-key": ["other.key"], "tls-key-password": ["secret"],
            "tls-key-password-file": [try directory.write("secret", to: "password")], "tls-min-version": ["1.3"],
            "tls-ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"], "tls-alpn": ["other"], "tls-client-certs": ["required"],
            "tls-client-ca": ["ca.pem"], "tls-reload-interval": ["1m"],
            "lifespan": ["on"], "root-path": ["/app"], "server-name": ["a.test"], "run-on": ["global-pool"],
            "cancel": ["off"], "server-field": ["x"], "date": ["off"], "alt-svc": ["h3=\":443\""],
            "limit-request-line": ["100"], "limit-header-size": ["100"], "limit-header-count": ["7"],
            "limit-body": ["7"], "limit-trailer-size": ["7"], "limit-chunk-extensions": ["7"],
            "limit-input-buffer": ["2KiB"], "limit-drain": ["7"], "limit-rate": ["7"], "limit-connections": ["7"],
            "limit-requests": ["7"],
            "limit-high-water": ["1MiB"], "limit-low-water": ["7"], "allow-bare-lf": ["on"],
            "timeout-header": ["7s"], "timeout-body": ["7s"], "timeout-keep-alive": ["7s"], "timeout-write": ["7s"],
            "timeout-connection-age": ["7s"], "timeout-handshake": ["7s"], "timeout-half-closed": ["7s"],
            "timeout-linger": ["7s"], "timeout-startup": ["7s"], "timeout-shutdown": ["7s"],
            "timeout-shutdown-grace": ["7s"],
            "http2": ["off"], "http2-streams": ["7"], "http2-stream-window": ["7"], "http2-connection-window": ["2MiB"],
            "http2-frame-size": ["32KiB"], "http2-header-table": ["7"], "http2-useless-frames": ["7"],
            "http2-ping-interval": ["7s"], "http2-ping-timeout": ["7s"],
            "ws-frame-size": ["1KiB"], "ws-message-size": ["1KiB"], "ws-fragments": ["7"], "ws-part-size": ["1KiB"],
            "ws-queue-messages": ["7"], "ws-queue-size": ["1KiB"], "ws-connections": ["7"],
            "ws-origin": ["https://a.test"], "ws-handshake-timeout": ["7s"], "ws-idle-timeout": ["7s"],
            "ws-close-timeout": ["7s"], "ws-ping-interval": ["7s"], "ws-ping-timeout": ["7s"], "ws-deflate": ["off"],
            "ws-deflate-threshold": ["7"], "ws-deflate-window": ["9"], "ws-deflate-client-window": ["9"],
            "ws-deflate-context": ["off"], "ws-deflate-level": ["7"], "ws-deflate-memory": ["7"],
            "ws-deflate-release": ["7s"], "sse-keepalive": ["7s"], "sse-idle-timeout": ["7s"],
            "workers": ["7"], "heartbeat-timeout": ["7s"], "worker-max-requests": ["7"], "worker-max-age": ["7s"],
            "worker-max-memory": ["7"], "worker-jitter": ["7"], "user": ["nobody"], "group": ["nogroup"],
            "umask": ["0027"], "working-directory": ["/tmp"], "control-socket": ["/ctl"], "control-mode": ["0660"],
            "reload": ["on"], "reload-dir": ["a", "b"], "reload-include": ["*.x"], "reload-exclude": ["*.y"],
            "reload-delay": ["7s"], "reload-page": ["off"], "access-log": ["stderr"], "access-log-format": ["tiny"],
            "log-level": ["debug"],
        ]
    }

    /// What the samples are added to: a configuration in which every part of one is there.
    private static let base: [String: [String]] = [
        "bind": ["unix:/base.sock"], "tls-bind": ["127.0.0.1:0"], "tls-cert": ["base.pem"], "tls-key": ["base.key"],
        "access-log": ["-"],
    ]

    /// Options of the program around the server.
    private static let others: Set<String> = [
        "quiet", "color", "pid-file", "config", "version", "help", "help-markdown",
    ]

    @Test func `every field of the configuration has an option`() throws {
        let directory = try TemporaryDirectory()
        let samples = try Self.samples(directory)
        let base = try ConfigurationFields.values(of: Self.configuration(Self.base))
        var covered: Set<String> = []
        for (name, values) in samples {
            var options = Self.base.merging([name: values]) { _, new in new }
            if name == "tls-client-ca" { options["tls-client-certs"] = ["required"] }
            let changed = try ConfigurationFields.values(of: Self.configuration(options))
                .filter { base[$0.key] != $0.value }
            #expect(!changed.isEmpty, "The option --\(name) changes nothing.")
            covered.formUnion(changed.keys)
        }
        // Where one listener has no TLS and the other has, what counts is inside.
        let fields = base.keys.filter { key in !base.keys.contains { $0.hasPrefix("\(key).") } }
        #expect(Set(fields).subtracting(covered) == [], "These fields cannot be set.")
    }

    @Test func `every option is known to this test`() throws {
        let samples = try Set(Self.samples(TemporaryDirectory()).keys)
        #expect(Set(ServerOptions.table.options.map(\.name)) == samples.union(Self.others))
    }

    private static func configuration(_ options: [String: [String]]) throws -> ServerConfiguration {
        try configure(options.flatMap { name, values in values.map { "--\(name)=\($0)" } })
    }

    @Test func `names are unique and made alike`() {
        let options = ServerOptions.table.options
        #expect(Set(options.map(\.name)).count == options.count)
        let letters = options.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
        for option in options {
            #expect(option.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
            // "no-" is what turns an option off.
            #expect(!option.name.hasPrefix("no-"))
            #expect(option.help.hasSuffix(".") && option.help.first?.isUppercase == true, "\(option.name)")
        }
        #expect(ServerOptions.table[name: "limit-body"]?.environmentName == "SAGI_LIMIT_BODY")
    }

    @Test func `every default that is shown can be given`() throws {
        let words: Set<String> = [
            "proxy-protocol", "ipv6-only", "event-loops", "tls-ciphers", "tls-client-ca", "color", "group",
            "reload-dir",
        ]
        for option in ServerOptions.table.options {
            guard let text = option.defaultText(ServerSettings()), !words.contains(option.name),
                option.name != "server-name", option.name != "ws-origin"
            else { continue }
            var settings = ServerSettings()
            try option.apply(&settings, [text], .flag("--\(option.name)"))
        }
    }
}

@Suite struct HelpTests {
    private let help = Help(
        usage: "x [OPTIONS]", summary: "Serves.", table: ServerOptions.table, defaults: ServerSettings()
    )
    .text

    @Test func `help has every option and fits on a terminal of 80 columns`() {
        for option in ServerOptions.table.options where !option.isHidden {
            #expect(help.contains("--\(option.name)") || help.contains("--[no-]\(option.name)"), "\(option.name)")
        }
        for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test func `help shows defaults, short flags and what is repeatable`() {
        #expect(help.contains("  -b, --bind ADDRESS            Listens in cleartext"))
        let words = help.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(words.contains("(repeatable; default: 127.0.0.1:8000)"))
        #expect(help.contains("--limit-body SIZE|off     The content of a request; beyond it: 413.\n"))
        #expect(help.contains("--[no-]date"))
        #expect(!help.contains("help-markdown"))
    }

    @Test func `the committed reference is the generated one`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let committed = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        #expect(
            committed == ServerCommand.reference,
            "Run: swift run sagi configuration-reference > docs/configuration.md")
    }

    @Test func `the configuration file of the reference is valid`() throws {
        let text = ServerCommand.reference
        let begin = try #require(text.range(of: "```yaml\n"))
        let end = try #require(text.range(of: "```", range: begin.upperBound..<text.endIndex))
        let configuration = try configure(file: String(text[begin.upperBound..<end.lowerBound]))
        #expect(configuration.listeners.count == 3)
    }

    @Test func `every atom of the reference is one`() throws {
        for atom in AccessLogAtoms.all.flatMap(\.atoms) { _ = try AccessLogFormat(atom) }
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("", "abc", 3), ("kitten", "sitting", 3)])
    func `distance counts changes and swaps`(left: String, right: String, distance: Int) {
        #expect(Suggestion.distance(left, right) == distance)
        #expect(Suggestion.distance(right, left) == distance)
    }

    @Test func `nothing is suggested when nothing is near`() {
        #expect(Suggestion.nearest(to: "zzzzzz", in: ["bind", "backlog"]) == nil)
        #expect(Suggestion.nearest(to: "no", in: ["on", "off"]) == "on")
    }
}
