import Testing

@Suite("Listeners")
struct ListenersTests {
    @Test("Several addresses, with ports that are read back") func several() async throws {
        try await check("--bind", "127.0.0.1:0", "--tls-bind", "127.0.0.1:0", tls: true)
    }
    @Test("IPv6") func ipv6() async throws { try await check("--bind", "[::1]:0") }
    @Test("An IPv6 listener that takes IPv4 too") func dualStack() async throws {
        try await check(binds: ["--bind", "[::]:0,dual-stack"])
    }
    @Test("An IPv6 listener that does not") func ipv6Only() async throws {
        try await check(binds: ["--bind", "[::]:0,ipv6-only"])
    }
    @Test("A socket for each event loop") func reusePort() async throws {
        try await check("--reuse-port", "--event-loops", "2")
    }
    @Test("A Unix socket") func unix() async throws {
        try await check("--access-log", "stdout", binds: ["--bind", "unix:$FOLDER/socket,mode=0660"], exits: 0)
    }
    @Test("A Unix socket is private by default") func unixDefaultMode() async throws {
        try await check(binds: ["--bind", "unix:$FOLDER/socket"])
    }
    @Test("A Unix socket in use is left alone") func unixInUse() async throws {
        try await check(binds: ["--bind", "unix:$FOLDER/socket"])
    }
    @Test("A stale Unix socket is replaced") func unixStale() async throws {
        try await check(
            binds: ["--bind", "unix:$FOLDER/socket"], launcher: ["python3", "$CLIENTS/launcher.py", "stale"])
    }
    @Test("A file in the place of a Unix socket is left alone") func unixIsSomethingElse() async throws {
        try await check()
    }
    @Test("A port in use ends the start with a sentence") func portInUse() async throws { try await check() }
    @Test("An inherited descriptor") func inherited() async throws {
        try await check(binds: ["--bind", "fd:9"], launcher: ["python3", "$CLIENTS/launcher.py", "descriptor"])
    }
    @Test("Sockets of a service manager") func socketActivation() async throws {
        try await check(binds: [], launcher: ["python3", "$CLIENTS/launcher.py", "activation"])
    }
    @Test("One version of HTTP on a listener") func oneVersion() async throws {
        let flags = ["http1", "http2"].flatMap { version in
            ["--bind", "127.0.0.1:0,\(version)", "--tls-bind", "127.0.0.1:0,\(version)"]
        }
        try await check("--tls-cert", "$CERTS/server.pem", "--tls-key", "$CERTS/server.key", binds: flags)
    }
    @Test("The PROXY protocol") func proxyProtocol() async throws { try await check("--proxy-protocol", tls: true) }
    @Test("The PROXY protocol on one listener alone") func proxyProtocolOfOne() async throws {
        try await check(binds: ["--bind", "127.0.0.1:0,proxy-protocol", "--bind", "127.0.0.1:0"])
    }
    @Test("A malformed PROXY header ends the connection") func proxyProtocolMalformed() async throws {
        try await check("--proxy-protocol", "--timeout-handshake", "1s")
    }
    @Test("A PROXY header is not expected by default") func proxyProtocolOff() async throws { try await check() }

    @Test("An address that cannot be used ends the start with a sentence")
    func badAddresses() async throws {
        try await expectEnd(["--bind", "127.0.0.1"], status: 2, ["127.0.0.1", "HOST:PORT"])
        try await expectEnd(["--bind", "127.0.0.1:70000"], status: 2, ["127.0.0.1:70000"])
        try await expectEnd(["--bind", "fd:77"], status: 2, ["77"])
        try await expectEnd(["--bind", "unix:/none/such/socket"], status: 2, ["/none/such/socket"])
        try await expectEnd(["--bind", "192.0.2.1:0"], status: 2, ["192.0.2.1:0"])
    }
}
