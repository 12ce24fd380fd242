import HTTPSemantics
import HTTPTypes
import SAGI

/// Turns a request into the response that a directory has for it: what ``StaticFiles`` is made of, without being an
/// application.
struct FileServer: Sendable {
    private let tree: FileTree
    private let options: StaticFiles.Options
    private let mediaTypes: MediaTypes

    /// `directory` is an absolute path.
    init(directory: String, options: StaticFiles.Options) {
        tree = FileTree(root: directory, hiddenFiles: options.hiddenFiles, symbolicLinks: options.symbolicLinks)
        mediaTypes = MediaTypes(adding: options.mediaTypes)
        self.options = options
    }

    /// The response to a GET or HEAD request; `nil` when there is nothing that may be served.
    nonisolated(nonsending) func response(to scope: RequestScope) async throws -> Response? {
        let path: RequestPath
        do {
            path = try RequestPath(scope)
        } catch .malformed {
            return .problem(.badRequest, for: scope)
        } catch {
            return nil
        }
        let codings = Self.acceptedCodings(scope)
        // A look-up is some twenty short system calls, on a local file system as a rule answered from memory: measured,
        // about 25 µs for a file three names deep, with 11 µs more for a thread of the pool and back. Leaving the loop
        // would cost every request that, to save a wait on the disk that sending the file may bring anyway. Listing a
        // directory has no such bound, and does leave it.
        let found: Found?
        if options.looksUpOffLoop {
            found = try await offLoop { try lookUp(path, codings) }
        } else {
            found = try lookUp(path, codings)
        }
        switch found {
        case nil:
            return nil
        case .file(let representation):
            return representation.response(to: scope, options)
        case .moved(let name):
            return Self.redirect(to: name, scope)
        case .listing(let directory):
            let listing = try await offLoop { try tree.list(directory, at: path) }
            return listing.response(title: scope.path, isRoot: path.names.isEmpty)
        }
    }

    private enum Found: Sendable {
        case file(Representation)
        /// A directory, asked for without its slash.
        case moved(String)
        case listing(Descriptor)
    }

    /// The one part that may block: everything that asks the file system.
    private func lookUp(_ path: RequestPath, _ codings: AcceptEncoding?) throws -> Found? {
        switch try tree.find(path) {
        case nil:
            return nil
        case .file(let file):
            return path.endsInSlash ? nil : .file(try representation(of: file, codings))
        case .directory(let directory):
            let index = try self.index(of: path)
            guard index != nil || options.listsDirectories else { return nil }
            // Relative links of its page need the slash.
            if !path.endsInSlash, let name = path.lastName { return .moved(name) }
            return if let index { .file(try representation(of: index, codings)) } else { .listing(directory) }
        }
    }

    private func index(of path: RequestPath) throws -> FoundFile? {
        for name in options.indexFiles {
            if let path = path.appending(name), case .file(let file) = try tree.find(path) { return file }
        }
        return nil
    }

    /// Chooses between a file and its compressed copies.
    private func representation(of file: FoundFile, _ codings: AcceptEncoding?) throws -> Representation {
        var copies: [StaticFiles.Precompressed] = []
        for kind in options.precompressed {
            guard let entry = try file.directory.look(at: file.name + kind.suffix) else { continue }
            // A copy that is older than its file was made of an earlier one.
            let status = try entry.status()
            if status.kind == .file, status.seconds >= file.status.seconds { copies.append(kind) }
        }
        let type = mediaTypes.type(ofFileNamed: file.name)
        if let coding = codings?.best(of: copies.map(\.coding)),
            let kind = copies.first(where: { $0.coding == coding }),
            let copy = try tree.file(file.name + kind.suffix, in: file.directory)
        {
            return Representation(of: copy, type: type, coding: coding, varies: true)
        }
        return Representation(of: file, type: type, coding: nil, varies: !copies.isEmpty)
    }

    /// What may be sent compressed; `nil` is nothing.
    ///
    /// A range is of the file as it is, because a client that asks for one does not say which form it has the rest
    /// of. Unless it does, with an entity tag in `If-Range`: then that guards it.
    private static func acceptedCodings(_ scope: RequestScope) -> AcceptEncoding? {
        guard let accepted = scope[.acceptEncoding] else { return nil }
        if scope.method == .get, scope[.range] != nil {
            guard let condition = scope[.ifRange], case .tag = RangeCondition(condition) else { return nil }
        }
        return AcceptEncoding(accepted)
    }

    /// A redirect from a directory to the same with a slash. It is relative to the request's own path and begins with
    /// "./", so no name can turn it into an address elsewhere, and it holds behind a proxy that removes a prefix.
    private static func redirect(to name: String, _ scope: RequestScope) -> Response {
        var location = "./\(PercentCoding.encode(name))/"
        if let query = scope.query, query.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { location += "?\(query)" }
        return Response(status: .permanentRedirect, headerFields: [.location: location])
    }
}
