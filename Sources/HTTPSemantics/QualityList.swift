/// A list of preferences with weights: the value of `Accept`, `Accept-Encoding` or `Accept-Language`
/// (RFC 9110 §12.4.2).
package struct QualityList: Sendable {
    package struct Item: Sendable, Hashable {
        /// What is preferred, in lower case, without its parameters.
        package let name: String
        /// Its weight in thousandths: 0 refuses it and 1000 is the most wanted.
        package let quality: Int
        /// Whether it has parameters other than the weight.
        package let hasParameters: Bool
    }

    package let items: [Item]

    /// Reads the value of a field. A weight that is none refuses its item.
    package init(_ text: String) {
        items = text.utf8.split(separator: UInt8(ascii: ",")).compactMap { element in
            let parts = element.split(separator: UInt8(ascii: ";")).map {
                Substring($0).filter { $0 != " " && $0 != "\t" }.lowercased()
            }
            guard let name = parts.first, !name.isEmpty else { return nil }
            let weights = parts.dropFirst().filter { $0.hasPrefix("q=") }
            return Item(
                name: name, quality: weights.last.map { Self.thousandths($0.dropFirst(2)) } ?? 1000,
                hasParameters: parts.count - 1 > weights.count)
        }
    }

    /// The weight of that very item; `nil` when it is not in the list.
    package func quality(of name: String) -> Int? {
        items.first { $0.name == name && !$0.hasParameters }?.quality
    }

    /// The weight of a media type, by the most specific range that holds it (RFC 9110 §12.5.1).
    package func quality(ofMediaType type: String) -> Int {
        let range = type.prefix { $0 != "/" } + "/*"
        return quality(of: type) ?? quality(of: String(range)) ?? quality(of: "*/*") ?? 0
    }

    // "1", "0.5", "0.333": at most three digits after the point.
    private static func thousandths(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, whole == "0" || whole == "1", decimals.utf8.count <= 3,
            decimals.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let fraction = Int(decimals + String(repeating: "0", count: 3 - decimals.utf8.count))
        else { return 0 }
        return min(1000, (whole == "1" ? 1000 : 0) + fraction)
    }
}
