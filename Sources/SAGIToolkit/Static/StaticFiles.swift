import HTTPTypes
public import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An application that serves the files of a directory.
///
/// ```swift
/// var options = StaticFiles.Options()
/// options.cacheControl = "public, max-age=3600"
/// let files = StaticFiles("public", options: options)
/// ```
///
/// It answers GET and HEAD, with conditional requests (RFC 9110 §13), ranges (§14) and compressed copies that lie
/// next to a file (§12.5.3); other methods get 405. A path that names nothing, or nothing that may be served, gets
/// 404: whether that is a hidden file, a link that is not followed, a pipe, a file that may not be read or a path with
/// "..". Files are sent from an open descriptor and never held in memory.
///
/// A request whose `Accept` names `text/event-stream` is answered in the same way. WebSocket and WebTransport handshakes
/// get 404.
public struct StaticFiles: Application {
    private let server: FileServer

    /// Serves the files in `directory`.
    ///
    /// - Parameters:
    ///   - directory: a path; a relative one is taken from the current directory of now. It need not exist yet.
    ///   - options: how to serve them.
    public init(_ directory: String, options: Options = Options()) {
        server = FileServer(directory: Self.absolute(directory), options: options)
    }

    /// - Throws: ``Unsupported`` for the lifespan; what `send` throws; an error for which the server answers 500
    ///   when the file system fails.
    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard let scope = exchange.request else { throw Unsupported(exchange) }
        guard exchange.hasContent else { return try await Response.problem(.notFound, for: scope).handle(exchange) }
        try await response(to: scope).handle(exchange)
    }

    private nonisolated(nonsending) func response(to scope: RequestScope) async throws -> Response {
        switch scope.method {
        case .get, .head: try await server.response(to: scope) ?? .problem(.notFound, for: scope)
        default: .methods("GET, HEAD, OPTIONS", for: scope)
        }
    }

    static func absolute(_ path: String) -> String {
        var path = path
        if path.utf8.first != UInt8(ascii: "/"), let current = getcwd(nil, 0) {
            defer { free(current) }
            path = "\(String(cString: current))/\(path)"
        }
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return path
    }
}

extension Exchange {
    /// Whether its request is for content, and not for a socket or a session.
    var hasContent: Bool {
        switch self {
        case .http, .eventStream: true
        case .lifespan, .webSocket, .webTransport: false
        }
    }
}
