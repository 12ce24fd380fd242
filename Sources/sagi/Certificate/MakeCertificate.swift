import SAGIServer
import SAGIServerCommand

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `sagi cert`.
enum MakeCertificate {
    struct Settings: Sendable {
        var hosts: [String] = []
        var directory = "."
        var days = 365
        var replaces = false
    }

    private static let command = Subcommand(
        usage: "sagi cert [OPTIONS]",
        summary: "Makes a certificate for development, which signs itself: cert.pem, and its key in key.pem. It is for "
            + "localhost, 127.0.0.1 and ::1.",
        options: [
            Option("host", each: \.hosts, .hostOrAddress, "Another host name or IP address that it is for."),
            Option("out", \.directory, .directory, "Directory for the files; made when it is missing."),
            Option("days", \.days, .count(1...825), "How long it is valid."),
            Option("force", \.replaces, .toggle, "Replaces files that are there already."),
        ],
        defaults: Settings())

    static func run(_ arguments: [String]) throws -> CInt {
        guard let (settings, _) = try command.parse(arguments, operands: 0...0) else { return 0 }
        let certificatePath = path("cert.pem", in: settings.directory)
        let keyPath = path("key.pem", in: settings.directory)
        if !settings.replaces {
            for path in [certificatePath, keyPath] where access(path, F_OK) == 0 {
                throw ConfigurationError("\(path) is there already; --force replaces it.")
            }
        }
        try Directory.make(settings.directory)
        let made = try DevelopmentCertificate(hosts: settings.hosts, days: settings.days)
        try TextFile.write(made.key, to: keyPath, mode: 0o600, replaces: settings.replaces)
        try TextFile.write(made.certificate, to: certificatePath, replaces: settings.replaces)
        Terminal.output.write(
            """
            Made \(certificatePath) and \(keyPath), valid for \(settings.days) days, for
            \(made.hosts.joined(separator: ", ")).

              sagi serve --tls-bind 127.0.0.1:8443 --tls-cert \(certificatePath) --tls-key \(keyPath)
              curl --cacert \(certificatePath) https://localhost:8443/


            """)
        return 0
    }

    private static func path(_ name: String, in directory: String) -> String {
        directory == "." ? name : directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }
}

extension ValueFormat<String> {
    fileprivate static let directory = ValueFormat(
        metavar: "DIR", accepted: "the path of a directory", parse: { $0.isEmpty ? nil : $0 }, format: { $0 })

    fileprivate static let hostOrAddress = ValueFormat(
        metavar: "NAME", accepted: "a host name such as example.test, or an IP address",
        parse: { text in
            let isPlain = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                    UInt8(ascii: "*"):
                    true
                default: false
                }
            }
            return isPlain && !text.isEmpty ? text : nil
        }, format: { $0 })
}
