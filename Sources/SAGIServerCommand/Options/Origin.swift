/// Where a value was given. As text it is the beginning of a sentence about it.
package enum Origin: Sendable, Hashable, CustomStringConvertible {
    /// A flag, as it was written: "--limit-body".
    case flag(String)
    /// An environment variable: "SAGI_LIMIT_BODY".
    case environment(String)
    /// A key of the configuration file.
    case file(String, line: Int?, key: String)

    package var description: String {
        switch self {
        case .flag(let name): "The option \(name)"
        case .environment(let name): "The environment variable \(name)"
        case .file(let path, let line?, let key): "The key \(key) (\(path), line \(line))"
        case .file(let path, nil, let key): "The key \(key) (\(path))"
        }
    }
}

/// The texts that were given for an option.
struct Given: Sendable {
    var origin: Origin
    var texts: [String]
}
