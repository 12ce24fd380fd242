extension StaticFiles {
    /// How files are served. The defaults serve what is plainly there and nothing else.
    public struct Options: Sendable {
        /// The files that stand for their directory; the first that exists does. Default `["index.html"]`.
        public var indexFiles = ["index.html"]
        /// Whether a directory without an index file is answered with a list of its files. Default false: 404.
        public var listsDirectories = false
        /// Which files whose name begins with a dot are served. Default ``HiddenFiles/wellKnown``.
        public var hiddenFiles = HiddenFiles.wellKnown
        /// Which symbolic links are followed. Default ``SymbolicLinks/never``.
        public var symbolicLinks = SymbolicLinks.never
        /// Media types by file name extension, in lower case and without the dot, that come before those known
        /// already. Default none.
        public var mediaTypes: [String: String] = [:]
        /// Compressed copies that are looked for next to a file, the most wanted first. A copy is served to clients
        /// that accept its coding, unless it is older than its file. Default brotli, zstd and gzip.
        public var precompressed: [Precompressed] = [.brotli, .zstd, .gzip]
        /// The `Cache-Control` of files, such as "public, max-age=3600". Default none.
        public var cacheControl: String?
        /// How many ranges of a file one request may ask for (RFC 9110 §14.2). With more of them the whole file is
        /// sent; with 0, always. Default 16.
        public var maximumRanges = 16
        /// Whether files are looked up on the global pool of threads. Default false: on the event loop, which is
        /// right for a local file system. Set it for one that can make its callers wait, such as NFS.
        public var looksUpOffLoop = false

        /// The defaults.
        public init() {}
    }

    /// Which files and directories whose name begins with a dot are served.
    public enum HiddenFiles: Sendable, Hashable {
        /// None.
        case deny
        /// What is below `.well-known` at the root (RFC 8615), as far as no other name on the way begins with a dot.
        case wellKnown
        /// All.
        case allow
    }

    /// Which symbolic links in the directory are followed. The directory itself may always be a link.
    public enum SymbolicLinks: Sendable, Hashable {
        /// None: a link is as if it were not there.
        case never
        /// Those that lead to something in the directory, through nothing outside of it.
        case withinRoot
    }

    /// A kind of compressed copy that may lie next to a file.
    public struct Precompressed: Sendable, Hashable {
        /// The name of the content coding (RFC 9110 §8.4.1).
        public var coding: String
        /// What the copy's name has after the file's name.
        public var suffix: String

        public init(coding: String, suffix: String) {
            self.coding = coding
            self.suffix = suffix
        }

        /// `br` in `app.js.br` (RFC 7932).
        public static let brotli = Precompressed(coding: "br", suffix: ".br")
        /// `zstd` in `app.js.zst` (RFC 8878).
        public static let zstd = Precompressed(coding: "zstd", suffix: ".zst")
        /// `gzip` in `app.js.gz` (RFC 1952).
        public static let gzip = Precompressed(coding: "gzip", suffix: ".gz")
    }
}
