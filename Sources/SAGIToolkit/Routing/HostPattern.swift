/// A host that routes are for: `example.org`, `*.example.org` for everything below it, or `:tenant.example.org` with a
/// parameter in the place of one label.
struct HostPattern: Sendable {
    let text: String
    private let labels: [Substring]

    init(_ text: String) {
        self.text = text
        labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    }

    /// The parameters when `authority`, whose port does not count, matches; nil when it does not.
    func match(_ authority: String) -> [Parameters.Item]? {
        let host = Self.host(of: authority).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        var parameters: [Parameters.Item] = []
        var rest = labels[...]
        var labels = host[...]
        if rest.first == "*" {
            rest.removeFirst()
            guard labels.count > rest.count else { return nil }
            labels = labels.suffix(rest.count)
        }
        guard rest.count == labels.count else { return nil }
        for (pattern, label) in zip(rest, labels) {
            if pattern.first == ":" {
                guard !label.isEmpty else { return nil }
                parameters.append(.init(name: String(pattern.dropFirst()), value: String(label)))
            } else if pattern != label {
                return nil
            }
        }
        return parameters
    }

    /// The authority without its port.
    static func host(of authority: String) -> Substring {
        guard authority.first == "[", let end = authority.firstIndex(of: "]") else {
            return authority.prefix { $0 != ":" }
        }
        return authority[...end]
    }
}
