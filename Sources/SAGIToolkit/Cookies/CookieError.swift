/// Why a cookie cannot be. No value is told, because it may be a secret.
public enum CookieError: Error, Hashable, CustomStringConvertible {
    /// The name is no token.
    case invalidName(String)
    /// The value of the cookie with that name has a byte that may not stand there.
    case invalidValue(String)
    /// The path does not start with `/`, is longer than 1024 bytes, or has a byte that may not stand there.
    case invalidPath(String)
    /// The domain is no host name.
    case invalidDomain(String)
    /// The date is before the year 1601 or after 9999.
    case invalidExpires(String)
    /// Name and value are more than browsers take.
    case tooLong(String, bytes: Int)
    /// What the name promises, or another attribute asks for, is missing.
    case missing(String, needs: String, because: String)

    public var description: String {
        switch self {
        case .invalidName(let name): "\(Self.quoted(name)) cannot be the name of a cookie: a name is a token."
        case .invalidValue(let name):
            "The value of the cookie \"\(name)\" has a character that may not stand in it; Cookie(_:encoding:) encodes it."
        case .invalidPath(let path):
            "\(Self.quoted(path)) cannot be the path of a cookie: it starts with /, and has printable ASCII characters but ;."
        case .invalidDomain(let domain): "\(Self.quoted(domain)) cannot be the domain of a cookie: it is no host name."
        case .invalidExpires(let name): "The cookie \"\(name)\" expires in no year from 1601 to 9999."
        case .tooLong(let name, let bytes):
            "The cookie \"\(name)\" has \(bytes) bytes; browsers take \(Cookie.greatestSize)."
        case .missing(let name, let needs, let reason): "The cookie \"\(name)\" needs \(needs), because \(reason)."
        }
    }

    private static func quoted(_ text: String) -> String { String(text.prefix(80)).debugDescription }
}
