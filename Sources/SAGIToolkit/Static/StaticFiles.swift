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
        guard case .http(let http) = exchange else {
            return try await Answer.failure(.notFound, for: scope).decline(exchange)
        }
        try await answer(to: scope).send(to: http)
    }

    private nonisolated(nonsending) func answer(to scope: RequestScope) async throws -> Answer {
        switch scope.method {
        case .get, .head: try await server.answer(to: scope) ?? .failure(.notFound, for: scope)
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
