/// Options under a heading.
package struct OptionGroup<Settings>: Sendable {
    package let title: String
    package let options: [Option<Settings>]

    package init(_ title: String, _ options: [Option<Settings>]) {
        self.title = title
        self.options = options
    }
}

/// All options of a command.
package struct OptionTable<Settings>: Sendable {
    package let groups: [OptionGroup<Settings>]
    private let byName: [String: Option<Settings>]

    package init(_ groups: [OptionGroup<Settings>]) {
        self.groups = groups
        byName = Dictionary(groups.flatMap(\.options).map { ($0.name, $0) }) { first, _ in first }
    }

    package var options: [Option<Settings>] { groups.flatMap(\.options) }

    package subscript(name name: String) -> Option<Settings>? { byName[name] }

    /// The same options for settings that hold these settings.
    package func lifted<Outer>(to path: any WritableKeyPath<Outer, Settings> & Sendable) -> OptionTable<Outer> {
        OptionTable<Outer>(groups.map { group in OptionGroup(group.title, group.options.map { $0.lifted(to: path) }) })
    }
}
