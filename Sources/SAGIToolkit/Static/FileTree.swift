/// The directory that is served: finds what a path names in it, and nothing outside.
///
/// The way from the root to a file is walked name by name, each opened relative to the directory before it and
/// without following links. So nothing that happens to the tree meanwhile, no link planted at the right moment, leads
/// out of it: what is sent is what was looked at. The root is opened anew for each request, so that a directory which
/// is replaced as a whole by a deployment is seen at once.
struct FileTree: Sendable {
    /// Something in the tree, open.
    enum Found: Sendable {
        case file(FoundFile)
        case directory(Descriptor)
    }

    /// The directory, as an absolute path.
    let root: String
    let hiddenFiles: StaticFiles.HiddenFiles
    let symbolicLinks: StaticFiles.SymbolicLinks

    private static let maximumLinks = 16

    /// What `path` names; `nil` when there is nothing, or nothing that may be served.
    func find(_ path: RequestPath) throws(FileSystemError) -> Found? {
        guard let start = try Descriptor.root(root) else { return nil }
        var directory = start
        var walked: [String] = []
        var ahead = Array(path.names.reversed())
        var links = 0
        while let name = ahead.popLast() {
            if name == ".." {
                // Only links have this name. It leads to where the walk came from, which is walked again.
                guard walked.popLast() != nil, let parent = try reopen(walked, from: start) else { return nil }
                directory = parent
                continue
            }
            guard serves(name, atRoot: walked.isEmpty), let entry = try directory.look(at: name) else { return nil }
            switch try entry.status().kind {
            case .directory:
                directory = entry
                walked.append(name)
            case .file:
                guard ahead.isEmpty else { return nil }
                return try file(name, in: directory).map(Found.file)
            case .link:
                links += 1
                guard symbolicLinks == .withinRoot, links <= Self.maximumLinks,
                    var target = directory.target(ofLink: name)?.utf8[...]
                else { return nil }
                if target.first == UInt8(ascii: "/") {
                    let base = root == "/" ? root : "\(root)/"
                    guard target.starts(with: base.utf8) else { return nil }
                    target = target.dropFirst(root.utf8.count)
                    directory = start
                    walked = []
                }
                let names = target.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
                ahead += names.filter { $0 != "." }.reversed()
            case .other:
                return nil
            }
        }
        return .directory(directory)
    }

    /// The regular file `name` of a directory, open for reading; `nil` when there is none.
    func file(_ name: String, in directory: Descriptor) throws(FileSystemError) -> FoundFile? {
        guard let entry = try directory.look(at: name), try entry.status().kind == .file,
            let descriptor = try directory.read(name)
        else { return nil }
        // Once more: it may have been replaced between looking and opening.
        let status = try descriptor.status()
        guard status.kind == .file else { return nil }
        return FoundFile(name: name, status: status, descriptor: descriptor, directory: directory)
    }

    /// Whether an entry of that name may be served.
    func serves(_ name: String, atRoot: Bool) -> Bool {
        guard RequestPath.isName(name) else { return false }
        guard name.utf8.first == UInt8(ascii: ".") else { return true }
        return switch hiddenFiles {
        case .deny: false
        case .wellKnown: atRoot && name == ".well-known"
        case .allow: true
        }
    }

    private func reopen(_ names: [String], from start: Descriptor) throws(FileSystemError) -> Descriptor? {
        var directory = start
        for name in names {
            guard let next = try directory.look(at: name), try next.status().kind == .directory else { return nil }
            directory = next
        }
        return directory
    }
}

/// A regular file, open for reading, and the directory that it is in.
struct FoundFile: Sendable {
    let name: String
    let status: FileStatus
    let descriptor: Descriptor
    let directory: Descriptor
}
