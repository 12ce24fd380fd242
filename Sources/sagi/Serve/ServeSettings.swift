import SAGIServerCommand
import SAGIToolkit

/// What `sagi serve` can be told: everything about the server, and how files are served.
struct ServeSettings: Sendable {
    var server = ServerSettings()
    var files = StaticFiles.Options()
    var usesPrecompressed = true
    var isSelfSigned = false

    static let files = OptionGroup<ServeSettings>(
        "Files",
        [
            Option(
                "listing", \.files.listsDirectories, .toggle, "Answers a directory without an index with a list."),
            Option(
                "index", each: \.files.indexFiles, .fileName, canBeEmpty: true,
                "File that stands for its directory; the first that exists does."),
            Option(
                "hidden-files", \.files.hiddenFiles, .hiddenFiles,
                "Which files with a dot in front are served: deny, well-known (only below /.well-known) or allow."),
            Option(
                "symlinks", \.files.symbolicLinks, .symbolicLinks,
                "Which symbolic links are followed: never or within-root."),
            Option(
                "precompressed", \.usesPrecompressed, .toggle,
                "Whether FILE.br, FILE.zst and FILE.gz are served to clients that accept them."),
            Option("cache-control", \.files.cacheControl, .orOff(.fieldValue), "The Cache-Control field of files."),
        ])

    static let certificate = OptionGroup<ServeSettings>(
        "Development",
        [
            Option(
                "tls-self-signed", \.isSelfSigned, .toggle,
                "Uses a certificate for localhost that is made on the spot and kept for later.")
        ])

    static let table = OptionTable(
        [files, certificate] + ServerOptions.table.lifted(to: \ServeSettings.server).groups)
}

extension ValueFormat<String> {
    fileprivate static let fileName = ValueFormat(
        metavar: "NAME", accepted: "the name of a file, without a directory",
        parse: { $0.isEmpty || $0.contains("/") || $0 == "." || $0 == ".." ? nil : $0 }, format: { $0 })
}

extension ValueFormat<StaticFiles.HiddenFiles> {
    fileprivate static let hiddenFiles = choice(
        "WHICH", [("deny", .deny), ("well-known", .wellKnown), ("allow", .allow)])
}

extension ValueFormat<StaticFiles.SymbolicLinks> {
    fileprivate static let symbolicLinks = choice("WHICH", [("never", .never), ("within-root", .withinRoot)])
}
