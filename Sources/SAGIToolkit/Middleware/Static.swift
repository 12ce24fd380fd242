import HTTPTypes
public import SAGI

/// Serves the files of a directory, and lets everything else through to the application.
///
/// ```swift
/// app.wrapped(by: Static("public"))
/// app.wrapped(by: Static("dist/assets", at: "/assets", options: options))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `at` | `/` | the path below which the directory lies |
/// | `options` | ``StaticFiles/Options`` | index files, listings, hidden files, links, media types, compressed copies, `Cache-Control`, ranges |
///
/// A GET or HEAD whose path names a file that may be served gets it, exactly as from ``StaticFiles``. What names
/// nothing there, another method, a WebSocket and a WebTransport session go on to the application, which need not know
/// of the directory.
///
/// Put it inside of what guards the files, and outside of routers and of what would only cost time. Each request that is
/// not for a file costs a look-up, which `at` spares for paths elsewhere. An application that is nothing but files is
/// ``StaticFiles``.
public struct Static: Middleware {
    private let server: FileServer
    private let prefix: String

    /// Serves the files in `directory`.
    ///
    /// - Parameters:
    ///   - directory: a path; a relative one is taken from the current directory of now. It need not exist yet.
    ///   - prefix: the path below which it lies, as in "/assets".
    ///   - options: how to serve them.
    public init(_ directory: String, at prefix: String = "/", options: StaticFiles.Options = StaticFiles.Options()) {
        server = FileServer(directory: StaticFiles.absolute(directory), options: options)
        let names = prefix.utf8.split(separator: UInt8(ascii: "/")).map { "/" + String(Substring($0)) }
        self.prefix = names.joined()
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard exchange.hasContent, let request = exchange.request, request.method == .get || request.method == .head,
            let scope = below(request), let response = try await server.response(to: scope)
        else { return try await next.handle(exchange) }
        try await response.handle(exchange)
    }

    /// The request as the directory sees it; `nil` when it is for something elsewhere.
    private func below(_ request: RequestScope) -> RequestScope? {
        // A path that cannot name anything is the application's to refuse.
        guard !request.path.utf8.contains(0) else { return nil }
        guard !prefix.isEmpty else { return request }
        var root = request.rootPath.utf8[...]
        while root.last == UInt8(ascii: "/") { root = root.dropLast() }
        let path = request.path.utf8
        let mount = "\(Substring(root))\(prefix)".utf8
        guard path.starts(with: mount), [nil, UInt8(ascii: "/")].contains(path.dropFirst(mount.count).first) else {
            return nil
        }
        var scope = request
        scope.rootPath = "\(Substring(root))\(prefix)"
        return scope
    }
}
