import Testing

@Suite("TLS")
struct TLSTests {
    @Test("The application knows how the connection is secured") func factsOfConnection() async throws {
        try await check(tls: true)
    }
    @Test("OpenSSL's client is served") func opensslClient() async throws { try await check(tls: true) }
    @Test("TLS 1.2 is the lowest version") func minimumVersionDefault() async throws { try await check(tls: true) }
    @Test("TLS 1.3 can be the lowest version") func minimumVersion13() async throws {
        try await check("--tls-min-version", "1.3", tls: true)
    }
    @Test("Cipher suites can be chosen") func ciphers() async throws {
        try await check("--tls-ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305", tls: true)
    }
    @Test("A client gets the certificate of the name that it asks for") func names() async throws {
        try await check(
            "--tls-cert", "$CERTS/shop.pem", "--tls-key", "$CERTS/shop.key", "--tls-cert", "$CERTS/wild.pem",
            "--tls-key", "$CERTS/wild.key", tls: true)
    }
    @Test("A protocol is agreed on") func protocols() async throws { try await check(tls: true) }
    @Test("Client certificates can be required") func clientRequired() async throws {
        try await check("--tls-client-certs", "required", "--tls-client-ca", "$CERTS/ca.pem", tls: true)
    }
    @Test("Client certificates can be optional") func clientOptional() async throws {
        try await check("--tls-client-certs", "optional", "--tls-client-ca", "$CERTS/ca.pem", tls: true)
    }
    @Test("Client certificates are not asked for by default") func clientNotAsked() async throws {
        try await check(tls: true)
    }
    @Test("The chain is sent") func chain() async throws {
        try await check(
            binds: ["--tls-bind", "127.0.0.1:0", "--tls-cert", "$CERTS/chain.pem", "--tls-key", "$CERTS/leaf.key"])
    }
    @Test("The key may be encrypted") func works() async throws {
        try await check(
            binds: [
                "--tls-bind", "127.0.0.1:0", "--tls-cert", "$CERTS/server.pem", "--tls-key", "$CERTS/encrypted.key",
                "--tls-key-password-file", "$CERTS/password",
            ])
    }
    @Test("A changed certificate is used") func reloadOnChange() async throws {
        try await check(
            binds: [
                "--tls-bind", "127.0.0.1:0", "--tls-cert", "$FOLDER/live.pem", "--tls-key", "$FOLDER/live.key",
                "--tls-reload-interval", "200ms",
            ], launcher: ["python3", "$CLIENTS/launcher.py", "live", "$CERTS"])
    }
    @Test("SIGHUP reads the certificates again") func reloadOnSignal() async throws {
        try await check(
            binds: [
                "--tls-bind", "127.0.0.1:0", "--tls-cert", "$FOLDER/live.pem", "--tls-key", "$FOLDER/live.key",
                "--tls-reload-interval", "off", "--pid-file", "$FOLDER/pid",
            ], launcher: ["python3", "$CLIENTS/launcher.py", "live", "$CERTS"], exits: 0)
    }
    @Test("Cleartext on a TLS port is not served") func cleartextOnSecurePort() async throws {
        try await check(tls: true)
    }
    @Test("What is complete ends with a goodbye") func closesWithGoodbye() async throws { try await check(tls: true) }
    @Test("A client that has said goodbye gets its answer") func halfClose() async throws { try await check(tls: true) }
    @Test("Many requests on one connection") func manyRequests() async throws { try await check(tls: true) }
    @Test("What follows a slow response is answered") func pipelinedBehindSlowContent() async throws {
        try await check(tls: true)
    }

    @Test("A bad file ends the start with a sentence that names it")
    func badFiles() async throws {
        func refused(_ certificate: String, _ key: String, _ sentences: String...) async throws {
            try await expectEnd(
                [
                    "--tls-bind", "127.0.0.1:0", "--tls-cert", "$CERTS/\(certificate)", "--tls-key",
                    "$CERTS/\(key)",
                ], status: 2, sentences)
        }
        try await refused("none.pem", "server.key", "/none.pem cannot be read: No such file or directory")
        try await refused("garbage.pem", "server.key", "/garbage.pem is not valid")
        try await refused("server.pem", "none.key", "/none.key cannot be read")
        try await refused("server.pem", "garbage.pem", "/garbage.pem is not a valid")
        try await refused("server.pem", "encrypted.key", "/encrypted.key", "password")
        try await refused("server.pem", "shop.key", "/server.pem", "/shop.key")
        try await expectEnd(["--tls-bind", "127.0.0.1:0"], status: 2, ["--tls-cert"])
    }
}
