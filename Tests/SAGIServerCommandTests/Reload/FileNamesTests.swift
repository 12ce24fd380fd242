import Testing

@testable import SAGIServer
@testable import SAGIServerCommand

@Suite struct FileNamesTests {
    @Test(arguments: [
        ("a.swift", "*.swift", true), (".swift", "*.swift", true), ("a.swiftx", "*.swift", false), ("", "*", true),
        ("", "", true), ("a", "", false), ("abc", "a?c", true), ("ac", "a?c", false), ("aXbXc", "a*b*c", true),
        ("abcb", "*b", true), ("abab", "*ab*ab*", true), ("aab", "*ab*ab*", false), ("x", "**", true),
        ("a*b", "a*b", true),
        ("ü.md", "?.md", true),
    ])
    func `a star stands for any characters and a question mark for one`(
        _ name: String, _ pattern: String, _ matches: Bool
    ) { #expect(FileNames.matches(name, pattern) == matches) }

    @Test func `by default, sources and templates count, and hidden files and back-ups do not`() {
        let configuration = ReloadConfiguration()
        let names = FileNames(includes: configuration.includes, excludes: configuration.excludes)
        for name in ["main.swift", "Package.swift", "index.html", "site.css", "page.leaf", "x.mustache"] {
            #expect(names.counts(name), "\(name)")
        }
        for name in [
            ".main.swift.swp", ".#main.swift", "main.swift~", "#main.swift#", "data.sqlite", "Package.resolved",
        ] {
            #expect(!names.counts(name), "\(name)")
        }
        #expect(names.isExcluded(".build") && names.isExcluded("node_modules") && !names.isExcluded("Sources"))
    }
}
