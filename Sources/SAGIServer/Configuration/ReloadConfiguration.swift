/// How a program under development is built and started anew when its sources change.
public struct ReloadConfiguration: Sendable, Equatable {
    /// Whether it is. Default false.
    public var isEnabled = false
    /// Where changes are looked for, all directories below included. Default empty: the directory of the package.
    public var directories: [String] = []
    /// The names of files that count: `*` stands for any characters and `?` for one. Default: Swift and C, and what is
    /// usual for templates, style sheets and scripts.
    public var includes = [
        "*.swift", "*.c", "*.h", "*.html", "*.css", "*.js", "*.json", "*.md", "*.mustache", "*.leaf", "*.stencil",
    ]
    /// The names of files and directories that do not count. Default: hidden ones, back-ups, and what others build.
    public var excludes = [".*", "*~", "#*#", "node_modules"]
    /// How long nothing more may have changed before it is built. Default 200 ms.
    public var delay = Duration.milliseconds(200)
    /// Whether HTML pages get a script, from the path `/.sagi/`, that shows errors of the compiler and loads the page
    /// again when the new build serves. Default true.
    public var changesPages = true

    public init() {}
}
