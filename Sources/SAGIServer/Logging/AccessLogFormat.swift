import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// A format of the access log, compiled once.
///
/// | atom | meaning |
/// |---|---|
/// | `%h` | the client's address; "unix" on a Unix socket |
/// | `%l`, `%u` | "-" |
/// | `%t` | the time as 21/Nov/2026:09:30:00 +0000 |
/// | `%r` | the request line |
/// | `%m`, `%U`, `%q`, `%H` | method, path, "?query" or nothing, protocol |
/// | `%R` | the path with the query |
/// | `%S`, `%v` | scheme; the host asked for |
/// | `%s`, `%st` | status; its reason phrase |
/// | `%b`, `%B` | bytes of content, none as "-" or as 0 |
/// | `%T`, `%d`, `%M`, `%D` | duration: whole seconds, seconds as 0.123, milliseconds, microseconds |
/// | `%f`, `%a` | `Referer`, `User-Agent` |
/// | `%p` | the process number |
/// | `%x` | how it ended: "completed", or the reason |
/// | `%{Name}i`, `%{Name}o`, `%{NAME}e` | a request field, a response field, an environment variable |
/// | `%%` | a percent sign |
///
/// Whatever comes from outside is escaped, so that no request can forge or break a line.
public struct AccessLogFormat: Sendable {
    enum Atom: Sendable, Equatable {
        case text(String)
        case client, time, requestLine, method, path, query, pathAndQuery, proto, scheme, host
        case status, reason, bytesOrDash, bytes
        case seconds, decimalSeconds, milliseconds, microseconds
        case ending
        case requestField(String)
        case responseField(HTTPField.Name)
    }

    let atoms: [Atom]
    let isJSON: Bool

    /// The named formats.
    public static let presets: [String: String] = [
        "clf": #"%h - - [%t] "%m %U%q" %s %ds"#,
        "common": #"%h %l %u [%t] "%r" %s %b"#,
        "combined": #"%h %l %u [%t] "%r" %s %b "%f" "%a""#,
        "tiny": "%m %U%q %s %Mms",
        "json": "",
    ]

    /// Compiles a preset or a format.
    ///
    /// - Throws: ``ConfigurationError`` that names the atom which is not known.
    public init(_ format: String) throws {
        isJSON = format == "json"
        atoms = try Self.compile(Self.presets[format] ?? format)
    }

    var needsResponseFields: Bool {
        atoms.contains { if case .responseField = $0 { true } else { false } }
    }

    private static func compile(_ format: String) throws -> [Atom] {
        var atoms: [Atom] = []
        var text = ""
        var rest = Substring(format)
        func emit(_ atom: Atom) {
            if !text.isEmpty { atoms.append(.text(text)) }
            text = ""
            atoms.append(atom)
        }
        while let character = rest.popFirst() {
            guard character == "%" else {
                text.append(character)
                continue
            }
            guard let letter = rest.popFirst() else {
                throw ConfigurationError("The access log format \"\(format)\" ends with a lone %.")
            }
            switch letter {
            case "%": text.append("%")
            case "l", "u": text.append("-")
            case "p": text.append(String(ProcessNumber.own))
            case "{": emit(try named(&rest, in: format))
            case "s":
                if rest.first == "t" {
                    rest.removeFirst()
                    emit(.reason)
                } else {
                    emit(.status)
                }
            default:
                guard let atom = simple[letter] else {
                    throw ConfigurationError("The access log format \"\(format)\" has the unknown atom %\(letter).")
                }
                emit(atom)
            }
        }
        if !text.isEmpty { atoms.append(.text(text)) }
        return atoms
    }

    private static let simple: [Character: Atom] = [
        "h": .client, "t": .time, "r": .requestLine, "m": .method, "U": .path, "q": .query, "R": .pathAndQuery,
        "H": .proto, "S": .scheme, "v": .host, "b": .bytesOrDash, "B": .bytes, "T": .seconds, "d": .decimalSeconds,
        "M": .milliseconds, "D": .microseconds, "f": .requestField("referer"), "a": .requestField("user-agent"),
        "x": .ending,
    ]

    private static func named(_ rest: inout Substring, in format: String) throws -> Atom {
        guard let end = rest.firstIndex(of: "}") else {
            throw ConfigurationError("The access log format \"\(format)\" has %{ without }.")
        }
        let name = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        switch rest.popFirst() {
        case "i": return .requestField(name.lowercased())
        case "o":
            guard let name = HTTPField.Name(name) else {
                throw ConfigurationError("The access log format \"\(format)\" has %{\(name)}o, which is no field name.")
            }
            return .responseField(name)
        case "e": return .text(Environment.value(name) ?? "-")
        default:
            throw ConfigurationError("The access log format \"\(format)\" needs i, o or e after %{\(name)}.")
        }
    }
}
