import HTTPSemantics
import SAGI

/// A request's path as names in a tree of files.
///
/// Everything is compared byte by byte. Swift compares and splits text by what people see as characters, and to
/// them "/" or "." followed by a combining mark is another character; to the file system it is not.
struct RequestPath: Sendable {
    enum Failure: Error {
        /// The path cannot name anything: 400.
        case malformed
        /// The path names nothing that could be served: 404.
        case unservable
    }

    /// The names from the root of the tree on; empty for the root itself.
    private(set) var names: [String]
    /// Whether the path says that it means a directory.
    let endsInSlash: Bool
    /// The last name of the whole path, the mount point's included; `nil` when there is none.
    let lastName: String?

    /// Takes the path below the mount point (``RequestScope/rootPath``).
    ///
    /// Names that are empty, "." or "..", and escaped separators are refused and not resolved: no honest link has
    /// them, and what one part of a system resolves another may have let pass.
    init(_ scope: RequestScope) throws(Failure) {
        let path = scope.path.utf8
        guard !path.contains(0) else { throw .malformed }
        guard !Self.hasEscapedSeparator(scope.rawPath) else { throw .unservable }
        var rest = path[...]
        var root = scope.rootPath.utf8[...]
        while root.last == UInt8(ascii: "/") { root = root.dropLast() }
        if rest.starts(with: root) {
            let below = rest.dropFirst(root.count)
            if below.isEmpty || below.first == UInt8(ascii: "/") { rest = below }
        }
        guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { throw .unservable }
        names = rest.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        if names.last?.isEmpty ?? false { names.removeLast() }
        guard names.allSatisfy(Self.isName) else { throw .unservable }
        endsInSlash = path.isEmpty || path.last == UInt8(ascii: "/")
        lastName = path.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) }
    }

    private init(names: [String]) {
        self.names = names
        endsInSlash = false
        lastName = names.last
    }

    /// The path of `name` in the directory that this path names; `nil` when it is no plain name.
    func appending(_ name: String) -> RequestPath? {
        Self.isName(name) ? RequestPath(names: names + [name]) : nil
    }

    /// Whether `name` can be one entry of a directory, and means the same on every system.
    static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        return !bytes.isEmpty && !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8)
            && !bytes.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }

    /// Whether the path holds %2F or %5C.
    private static func hasEscapedSeparator(_ path: String) -> Bool {
        var rest = path.utf8[...]
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            let escape = rest[percent...].dropFirst().prefix(2)
            if let high = escape.first.flatMap(PercentCoding.hexValue), escape.count == 2,
                let low = escape.last.flatMap(PercentCoding.hexValue), [0x2F, 0x5C].contains(high << 4 | low)
            {
                return true
            }
            rest = rest[percent...].dropFirst()
        }
        return false
    }
}
