import HTTPSemantics
import HTTPTypes

/// The servable entries of a directory, sorted: directories first, and then by name.
struct DirectoryListing: Sendable {
    struct Entry: Sendable {
        let name: String
        /// In bytes; `nil` for a directory.
        let size: Int?
    }

    static let maximumEntries = 10_000

    let entries: [Entry]
    /// Whether there are more entries than are shown.
    let isCut: Bool

    init(_ entries: [Entry], isCut: Bool) {
        self.entries = entries.map { (($0.size == nil ? 0 : 1), $0.name.lowercased(), $0) }
            .sorted { ($0.0, $0.1, $0.2.name) < ($1.0, $1.1, $1.2.name) }.map(\.2)
        self.isCut = isCut
    }

    /// The listing as a page.
    func response(title: String, isRoot: Bool) -> Response {
        var rows = isRoot ? "" : Self.row(href: "../", name: "../", size: "")
        for entry in entries {
            // "./" keeps a name with a colon from being read as a scheme.
            let href = "./" + PercentCoding.encode(entry.name)
            rows +=
                entry.size.map { Self.row(href: href, name: entry.name, size: Self.format($0)) }
                ?? Self.row(href: href + "/", name: entry.name + "/", size: "")
        }
        var body = "<h1>\(HTML.escape(title))</h1>\n<ul>\n\(rows)</ul>"
        if entries.isEmpty { body += "\n<p>Nothing is here yet.</p>" }
        if isCut { body += "\n<p>Only \(Self.maximumEntries) entries are shown.</p>" }
        let style = """
            ul { list-style: none; padding: 0 }
            li { display: flex; gap: 1rem; justify-content: space-between; border-bottom: 1px solid #8883 }
            a { flex: 1; padding: .4rem 0; overflow-wrap: anywhere; text-decoration: none }
            a:hover { text-decoration: underline }
            small { padding: .4rem 0; white-space: nowrap; opacity: .7 }

            """
        return .page(
            HTML.page(title: title, style: style, body: body), headerFields: [.cacheControl: "no-cache"])
    }

    private static func row(href: String, name: String, size: String) -> String {
        "<li><a href=\"\(HTML.escape(href))\">\(HTML.escape(name))</a><small>\(size)</small></li>\n"
    }

    /// "512 B", "1.4 KiB".
    static func format(_ bytes: Int) -> String {
        guard bytes >= 1024 else { return "\(bytes) B" }
        var tenths = Double(bytes) / 1024
        var units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][...]
        while tenths >= 1024, units.count > 1 {
            tenths /= 1024
            units.removeFirst()
        }
        let rounded = Int((tenths * 10).rounded())
        return "\(rounded / 10).\(rounded % 10) \(units.first ?? "")"
    }
}

extension FileTree {
    /// What of a directory may be served. `path` is where it is.
    func list(_ directory: Descriptor, at path: RequestPath) throws(FileSystemError) -> DirectoryListing {
        let isRoot = path.names.isEmpty
        let (names, isCut) = try directory.names(limit: DirectoryListing.maximumEntries) {
            serves($0, atRoot: isRoot)
        }
        var entries: [DirectoryListing.Entry] = []
        for name in names {
            guard let status = try directory.look(at: name)?.status() else { continue }
            switch status.kind {
            case .file:
                entries.append(DirectoryListing.Entry(name: name, size: status.size))
            case .directory:
                entries.append(DirectoryListing.Entry(name: name, size: nil))
            case .link where symbolicLinks == .withinRoot:
                guard let path = path.appending(name) else { continue }
                switch try find(path) {
                case nil: continue
                case .file(let file): entries.append(DirectoryListing.Entry(name: name, size: file.status.size))
                case .directory: entries.append(DirectoryListing.Entry(name: name, size: nil))
                }
            case .link, .other:
                continue
            }
        }
        return DirectoryListing(entries, isCut: isCut)
    }
}
