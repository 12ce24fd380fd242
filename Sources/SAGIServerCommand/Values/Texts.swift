import HTTPSemantics
import SAGIServer

extension ValueFormat<String> {
    /// Any text.
    static func text(_ metavar: String, _ accepted: String) -> Self {
        ValueFormat(
            metavar: metavar, accepted: accepted, parse: { $0.isEmpty ? nil : $0 }, format: { $0.isEmpty ? nil : $0 })
    }

    /// The path of a file.
    package static let file = text("FILE", "the path of a file")

    /// The path of a directory.
    static let directory = text("DIR", "the path of a directory")

    /// The path of a Unix socket.
    static let socketPath = ValueFormat(
        metavar: "PATH", accepted: "a path of 1 to 107 bytes",
        parse: { (1...107).contains($0.utf8.count) ? $0 : nil }, format: { $0 })

    /// The value of a header field.
    package static let fieldValue = ValueFormat(
        metavar: "TEXT", accepted: "a line of text that a header field can have",
        parse: { text in
            var text = text
            let isValid = text.withUTF8 { FieldSyntax.isFieldValue(UnsafeRawBufferPointer($0)) }
            return isValid && !text.isEmpty && text.first != " " && text.last != " " ? text : nil
        },
        format: { $0 })

    /// The path below which an application is mounted.
    static let mountPath = ValueFormat(
        metavar: "PATH", accepted: "a path that begins with / and does not end with it, such as /app",
        parse: { text in
            let isPath = text.hasPrefix("/") && !text.hasSuffix("/") && !text.contains { " ?#".contains($0) }
            return isPath || text.isEmpty ? text : nil
        },
        format: { $0.isEmpty ? nil : $0 })

    /// The name of a host, perhaps with a wildcard in front.
    static let hostName = ValueFormat(
        metavar: "HOST", accepted: "a host name without a port, such as example.org or *.example.org",
        parse: { text in
            let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
            let isAddress =
                name.filter { $0 == ":" }.count >= 2 && name.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
            let isName = name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            return !name.isEmpty && (isName || isAddress) ? text : nil
        },
        format: { $0 })

    /// The origin of a page (RFC 6454 §6.2).
    static let origin = ValueFormat(
        metavar: "ORIGIN", accepted: "an origin such as https://example.org or http://localhost:3000",
        parse: { text in
            guard let separator = text.firstRange(of: "://") else { return nil }
            let scheme = text[..<separator.lowerBound]
            let authority = text[separator.upperBound...]
            let isScheme = scheme.first?.isLetter == true && scheme.utf8.allSatisfy(FieldSyntax.isTokenByte)
            return isScheme && !authority.isEmpty && !authority.contains { "/?#@ ".contains($0) } ? text : nil
        },
        format: { $0 })

    /// A format of the access log, or the name of one.
    static let accessLogFormat = ValueFormat(
        metavar: "FORMAT",
        accepted: "\(AccessLogFormat.presets.keys.sorted().joined(separator: ", ")) or a format of atoms",
        parse: { text in
            guard !text.isEmpty else { return nil }
            _ = try AccessLogFormat(text)
            return text
        },
        format: { $0 })
}

extension ValueFormat<AccessLogConfiguration.Destination> {
    /// Where the access log goes.
    static let accessLog = ValueFormat(
        metavar: "FILE|-|stderr", accepted: "the path of a file, - (standard output) or stderr",
        parse: { text in
            switch text {
            case "": nil
            case "-", "stdout": .standardOutput
            case "stderr": .standardError
            default: .file(text)
            }
        },
        format: { destination in
            switch destination {
            case .standardOutput: "-"
            case .standardError: "stderr"
            case .file(let path): path
            }
        })
}
