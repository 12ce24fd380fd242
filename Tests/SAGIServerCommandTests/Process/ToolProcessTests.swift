import Foundation
import Testing

@Suite struct CertificateProcessTests {
    @Test func `a certificate is one for localhost and the hosts that are named`() async throws {
        let directory = try TemporaryDirectory()
        let result = try await Command.sagi(
            ["cert", "--host", "app.test", "--host", "10.0.0.1", "--out", "new/certs", "--days", "30"],
            directory: directory.path)
        #expect(result.status == 0, "\(result.error)")
        #expect(try directory.mode("new/certs/key.pem") == 0o600)
        let text = try await Command.run(
            "/usr/bin/openssl", ["x509", "-in", "\(directory.path)/new/certs/cert.pem", "-noout", "-text"]
        ).output
        #expect(
            text.contains(
                "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:app.test, "
                    + "IP Address:10.0.0.1"))
        #expect(text.contains("CA:FALSE"))
        #expect(text.contains("TLS Web Server Authentication"))
        #expect(text.contains("prime256v1"))
        let verified = try await Command.run(
            "/usr/bin/openssl",
            ["verify", "-CAfile", "new/certs/cert.pem", "-verify_hostname", "app.test", "new/certs/cert.pem"],
            directory: directory.path)
        #expect(verified.status == 0, "\(verified.error)")
        let lasting = try await Command.run(
            "/usr/bin/openssl", ["x509", "-in", "new/certs/cert.pem", "-noout", "-checkend", "\(29 * 86400)"],
            directory: directory.path)
        #expect(lasting.status == 0)
        let ended = try await Command.run(
            "/usr/bin/openssl", ["x509", "-in", "new/certs/cert.pem", "-noout", "-checkend", "\(31 * 86400)"],
            directory: directory.path)
        #expect(ended.status == 1)
    }

    @Test func `files that are there stay, unless they are to be replaced`() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("mine", to: "key.pem")
        let refused = try await Command.sagi(["cert"], directory: directory.path)
        #expect(refused.status == 2)
        #expect(refused.error == "sagi: key.pem is there already; --force replaces it.\n")
        #expect(try directory.read("key.pem") == "mine")
        #expect(!directory.contains("cert.pem"))
        #expect(try await Command.sagi(["cert", "--force"], directory: directory.path).status == 0)
        #expect(try directory.read("key.pem").contains("PRIVATE KEY"))
        #expect(try directory.mode("key.pem") == 0o600)
    }
}

@Suite struct NewProcessTests {
    @Test func `a project has an application, a test and a manifest that can be read`() async throws {
        let directory = try TemporaryDirectory()
        let result = try await Command.sagi(["new", "hello"], directory: directory.path)
        #expect(result.status == 0, "\(result.error)")
        let package = try directory.read("hello/Package.swift")
        #expect(package.contains(".package(url: \"https://github.com/sagi-swift/sagi\", from: \"0.1.0\")"))
        #expect(
            try directory.read("hello/Sources/hello/hello.swift").contains("@main\nstruct Hello {"))
        // Written out, because the compiler does not see what #expect in them throws. `make conformance` builds it.
        let tests = try directory.read("hello/Tests/helloTests/helloTests.swift")
        #expect(tests.contains("{ client async throws in") && !tests.contains("{ client in"))
        for name in ["README.md", ".gitignore"] { #expect(directory.contains("hello/\(name)")) }
    }

    @Test func `a local SAGI is named by its whole path`() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: "\(directory.path)/lo\"cal", withIntermediateDirectories: true)
        let result = try await Command.sagi(["new", "App1", "--sagi-path", "lo\"cal"], directory: directory.path)
        #expect(result.status == 0, "\(result.error)")
        #expect(try directory.read("App1/Package.swift").contains("/lo\\\"cal\"),\n"))
        let missing = try await Command.sagi(["new", "App2", "--sagi-path", "none"], directory: directory.path)
        #expect(missing.status == 2)
        #expect(!directory.contains("App2"))
    }

    @Test func `a directory with something in it is left alone`() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: "\(directory.path)/App1", withIntermediateDirectories: true)
        _ = try directory.write("mine", to: "App1/.hidden")
        let result = try await Command.sagi(["new", "App1"], directory: directory.path)
        #expect(result.status == 2)
        #expect(result.error == "sagi: The directory App1 is there already, and it is not empty.\n")
        #expect(!directory.contains("App1/Package.swift"))
    }

    @Test(arguments: ["my-app", "1app", "../x", "", "a b", "_x", "swift", "SAGI", "main", "Exchange", "ä"])
    func `a name that Swift cannot take is refused`(name: String) async throws {
        let directory = try TemporaryDirectory()
        let result = try await Command.sagi(["new", name], directory: directory.path)
        #expect(result.status == 2)
        #expect(result.error.hasPrefix("sagi: A project cannot be called \"\(name)\": "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }
}
