/// Chooses a language (RFC 4647 §3.4, "lookup"; RFC 9110 §12.5.4).
package struct LanguageLookup: Sendable {
    private let ranges: [QualityList.Item]

    /// Takes the value of `Accept-Language`.
    package init(_ text: String) { ranges = QualityList(text).items.filter { !$0.name.isEmpty } }

    /// The tag that suits best; `nil` when none does.
    ///
    /// Each range, the one with the highest weight first, is shortened from its end until it is one of `tags`:
    /// "de-AT" is served with "de". The other way round it is not: "en" does not ask for "en-US". "*" is any tag.
    /// What a weight of 0 refuses is never chosen.
    package func best(of tags: [String]) -> String? {
        let allowed = tags.filter { !refuses($0.lowercased()) }
        // The sort keeps the order of those with the same weight.
        let wanted = ranges.enumerated().filter { $0.element.quality > 0 }
            .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
        for (_, range) in wanted {
            if range.name == "*" {
                if let first = allowed.first { return first }
                continue
            }
            // The longest tag that the range begins with is the first one that shortening it leads to.
            var best: String?
            for tag in allowed where best.map({ $0.utf8.count < tag.utf8.count }) ?? true {
                let name = tag.lowercased()
                if range.name == name || range.name.hasPrefix("\(name)-") { best = tag }
            }
            if let best { return best }
        }
        return nil
    }

    /// Whether the longest range that is the tag, or the start of it, has the weight 0.
    private func refuses(_ tag: String) -> Bool {
        let holding = ranges.filter { $0.name == "*" || tag == $0.name || tag.hasPrefix("\($0.name)-") }
        let longest = holding.max { Self.length($0) < Self.length($1) }
        guard let longest else { return false }
        return !holding.contains { Self.length($0) == Self.length(longest) && $0.quality > 0 }
    }

    private static func length(_ range: QualityList.Item) -> Int { range.name == "*" ? 0 : range.name.utf8.count }
}
