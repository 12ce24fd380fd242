import Logging
import SAGIServer
import Testing

@testable import SAGIServerCommand

@Suite struct ListenerTests {
    @Test func `without any address it is 127.0.0.1:8000`() throws {
        #expect(try configure().listeners == [ListenerConfiguration(.tcp(host: "127.0.0.1", port: 8000))])
    }

    @Test func `with TLS addresses only there is no cleartext listener`() throws {
        let listeners = try configure(["--tls-bind", "[::1]:8443", "--tls-cert", "c", "--tls-key", "k"]).listeners
        #expect(listeners.map(\.address) == [.tcp(host: "::1", port: 8443)])
        #expect(listeners[0].tls?.identities == [.init(certificate: "c", key: "k")])
    }

    @Test func `inherited sockets are used when no address is given`() throws {
        #expect(try configure(inherited: 2).listeners.map(\.address) == [.descriptor(3), .descriptor(4)])
        #expect(try configure(["--bind", "fd:9"], inherited: 2).listeners.map(\.address) == [.descriptor(9)])
    }

    @Test func `what holds for all listeners can be changed for one`() throws {
        let listeners = try configure([
            "--bind", "unix:/a", "--bind", "unix:/b,mode=0666,no-proxy-protocol", "--bind", "[::]:1", "--bind",
            "[::]:2,dual-stack",
            "--tls-bind", "[::]:3,proxy-protocol", "--tls-cert", "c", "--tls-key", "k",
            "--proxy-protocol", "--unix-mode", "0660", "--ipv6-only",
        ]).listeners
        #expect(listeners.map(\.unixSocketMode) == [0o660, 0o666, 0o660, 0o660, 0o660])
        #expect(listeners.map(\.proxyProtocol) == [true, false, true, true, true])
        #expect(listeners.map(\.dualStack) == [false, false, false, true, false])
    }

    @Test func `the PROXY protocol of one listener leaves the others alone`() throws {
        let listeners = try configure(["--bind", "127.0.0.1:1,proxy-protocol", "--bind", "127.0.0.1:2"]).listeners
        #expect(listeners.map(\.proxyProtocol) == [true, false])
    }

    @Test func `the PROXY protocol of one listener can be said in the variable and in the file`() throws {
        let texts = "127.0.0.1:1,proxy-protocol; 127.0.0.1:2"
        #expect(try configure(environment: ["SAGI_BIND": texts]).listeners.map(\.proxyProtocol) == [true, false])
        let file = "bind: [\"127.0.0.1:1\", \"unix:/a,proxy-protocol,mode=0660\"]"
        #expect(try configure(file: file).listeners.map(\.proxyProtocol) == [false, true])
    }

    @Test func `a listener can be kept to one version of HTTP`() throws {
        let listeners = try configure([
            "--bind", "127.0.0.1:1,http1", "--bind", "127.0.0.1:2,http2,proxy-protocol", "--bind", "127.0.0.1:3",
        ]).listeners
        #expect(listeners.map(\.versions) == [.http1, .http2, .all])
    }

    @Test func `the help of an address says what can be added to it`() {
        let bind = ServerOptions.table[name: "bind"]
        for word in ["http1", "http2", "proxy-protocol", "mode=MODE", "ipv6-only", "dual-stack"] {
            #expect(bind?.help.contains(word) == true, "\(word)")
        }
        #expect(
            sentence { try parse(["--bind", "127.0.0.1:1,proxy"]) }
                == "The option --bind has the value \"127.0.0.1:1,proxy\", which cannot be used: After the address, "
                + "\"proxy\" is none of http1, http2, proxy-protocol, no-proxy-protocol, mode=MODE, ipv6-only and dual-stack."
        )
    }

    @Test func `each TLS listener of the application's own keeps what no option changes`() throws {
        var own = ServerConfiguration()
        own.listeners = ["a", "b"].map { name in
            var tls = TLSOptions(identities: [.init(certificate: name, key: name)])
            tls.clientCertificates = name == "b" ? .required : .none
            return ListenerConfiguration(.tcp(host: "127.0.0.1", port: 0), tls: tls)
        }
        let parsed = try ServerOptions.table.parse(["--tls-min-version", "1.3"], into: ServerSettings(own))
        let listeners = try parsed.settings.makeConfiguration(given: parsed.given).listeners
        #expect(listeners.map { $0.tls?.identities.first?.certificate } == ["a", "b"])
        #expect(listeners.map { $0.tls?.clientCertificates } == [.some(.none), .required])
        #expect(listeners.map { $0.tls?.minimumVersion } == [.tls13, .tls13])
        let other = try ServerOptions.table.parse(["--tls-cert", "c", "--tls-key", "c"], into: ServerSettings(own))
        let changed = try other.settings.makeConfiguration(given: other.given).listeners
        #expect(changed.map { $0.tls?.identities.first?.certificate } == ["c", "c"])
    }

    @Test(arguments: [
        "127.0.0.1:+80", "fd:+3", "unix:/a,mode=+66", "127.0.0.1", ":80", "127.0.0.1:65536", "::1:80", "unix:", "fd:x",
        "127.0.0.1:80,foo", "127.0.0.1:80,",
        "127.0.0.1:80,mode=0660", "unix:/a,mode=9", "unix:/a,ipv6-only", "fd:3,dual-stack", "",
    ])
    func `what is no address is refused with the accepted forms`(text: String) {
        #expect(sentence { try parse(["--bind=\(text)"]) }.hasPrefix("The option --bind has the value \"\(text)\", "))
    }

    @Test func `certificates and keys are pairs in order`() throws {
        let arguments = [
            "--tls-bind", "127.0.0.1:0", "--tls-cert", "a.pem", "--tls-cert", "b.pem", "--tls-key", "a.key",
            "--tls-key",
            "b.key", "--tls-key-password", "x",
        ]
        #expect(
            try configure(arguments).listeners[0].tls?.identities == [
                .init(certificate: "a.pem", key: "a.key", keyPassword: "x"),
                .init(certificate: "b.pem", key: "b.key", keyPassword: "x"),
            ])
    }

    @Test func `passwords come from files, one for each key`() throws {
        let directory = try TemporaryDirectory()
        let one = try directory.write("first\n", to: "1")
        let two = try directory.write("second", to: "2")
        let identities = try configure([
            "--tls-bind", "127.0.0.1:0", "--tls-cert", "a", "--tls-cert", "b", "--tls-key", "a", "--tls-key", "b",
            "--tls-key-password-file", one, "--tls-key-password-file", two,
        ]).listeners[0].tls?.identities
        #expect(identities?.map(\.keyPassword) == ["first", "second"])
    }

    @Test(arguments: [
        (["--tls-bind", "127.0.0.1:0"], "A TLS listener needs --tls-cert FILE and --tls-key FILE."),
        (
            ["--tls-bind", "127.0.0.1:0", "--tls-cert", "a"],
            "Every --tls-cert FILE needs its --tls-key FILE, in the same order; there are 1 and 0."
        ),
        (
            ["--tls-cert", "a", "--tls-key", "b"],
            "The option --tls-cert has no effect without a TLS listener (--tls-bind ADDRESS)."
        ),
        (
            ["--tls-client-certs", "required"],
            "The option --tls-client-certs has no effect without a TLS listener (--tls-bind ADDRESS)."
        ),
        (
            ["--tls-bind", "127.0.0.1:0", "--tls-cert", "a", "--tls-key", "b", "--tls-client-ca", "ca"],
            "The option --tls-client-ca has no effect while --tls-client-certs is none."
        ),
        (
            [
                "--tls-bind", "127.0.0.1:0", "--tls-cert", "a", "--tls-key", "b", "--tls-key-password", "x",
                "--tls-key-password-file", "f",
            ],
            "Use either --tls-key-password or --tls-key-password-file."
        ),
        (["--unix-mode", "0660"], "The option --unix-mode has no effect without an address unix:PATH."),
        (["--bind", "unix:/a", "--ipv6-only"], "The option --ipv6-only has no effect without an address HOST:PORT."),
        (["--access-log-format", "tiny"], "The option --access-log-format has no effect without --access-log."),
        (
            ["--limit-low-water", "1MiB"],
            "The low-water mark (1MiB) is above the high-water mark (64KiB); see --limit-low-water and --limit-high-water."
        ),
    ])
    func `what would have no effect is an error`(arguments: [String], expected: String) {
        #expect(sentence { try configure(arguments) } == expected)
    }

    @Test func `quiet logs errors only, unless a level is given`() throws {
        #expect(try configure(["--quiet"]).logLevel == .error)
        #expect(try configure(["--quiet", "--log-level", "debug"]).logLevel == .debug)
        #expect(try configure(["--log-level", "critical"]).logLevel == .critical)
    }
}
