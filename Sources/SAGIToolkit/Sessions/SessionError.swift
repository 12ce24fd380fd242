/// Why a session cannot be had or kept. It says nothing of what is in it.
public enum SessionError: Error, Hashable, CustomStringConvertible {
    /// There is no ``Sessions`` around the application.
    case noSessions
    /// The session has begun, or got another identity, after the head of the response had left, or it is kept in a
    /// cookie: the client cannot be told any more.
    case tooLate
    /// A session in a cookie has more bytes than a cookie can have.
    case tooLarge(bytes: Int)
    /// The value under that name cannot be encoded.
    case notEncodable(String)

    public var description: String {
        switch self {
        case .noSessions: "There is no session here: put Sessions around the application."
        case .tooLate:
            "The session was changed too late to be kept: the head of the response, with its cookie, had left already."
        case .tooLarge(let bytes):
            """
            The session makes a cookie of \(bytes) bytes, and browsers take \(Cookie.greatestSize): keep less in it, or \
            use a store on the server.
            """
        case .notEncodable(let name): "The session's value \"\(name)\" cannot be encoded as JSON."
        }
    }
}
