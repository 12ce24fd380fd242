import HTTPSemantics
import SAGI

/// Paths, each with all that is below it, and what holds for them.
///
/// It compares segment by segment, as a router does. What somebody further inside may understand as another path (with
/// `.`, `..`, or an escaped slash or backslash) is never found, so that nothing is exempted by it.
struct PathMap<Value: Sendable>: Sendable {
    private let entries: [(segments: [String], value: Value)]

    init(_ entries: some Sequence<(String, Value)>) {
        self.entries = entries.map { path, value in
            (path.split(separator: "/").map(String.init), value)
        }.sorted { $0.segments.count > $1.segments.count }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// What holds for the request's path: of the longest of those that it is or is below.
    func value(for scope: RequestScope) -> Value? {
        guard !entries.isEmpty else { return nil }
        let segments = scope.rawPath.split(separator: "/").map { PercentCoding.decode($0) }
        let isPlain = segments.allSatisfy { segment in
            segment != "." && segment != ".." && !segment.contains("/") && !segment.contains("\\")
        }
        guard isPlain else { return nil }
        return entries.first { segments.starts(with: $0.segments) }?.value
    }
}

/// Paths, each with all that is below it.
typealias PathSet = PathMap<Void>

extension PathMap where Value == Void {
    init(_ paths: [String]) { self.init(paths.map { ($0, ()) }) }

    func contains(_ scope: RequestScope) -> Bool { value(for: scope) != nil }
}
