/// A list of preferences with weights: the value of `Accept`, `Accept-Encoding` or `Accept-Language`
/// (RFC 9110 §12.4.2).
package struct QualityList: Sendable {
    package struct Item: Sendable, Hashable {
        /// What is preferred, in lower case, without its parameters.
        package let name: String
        /// The parameters other than the weight, in lower case and without quotes.
        package let parameters: [Parameter]
        /// Its weight in thousandths: 0 refuses it and 1000 is the most wanted.
        package let quality: Int
    }

    package struct Parameter: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package let items: [Item]

    /// Reads the value of a field. A weight that is none refuses its item.
    package init(_ text: String) {
        items = QuotedParts.split(text.utf8[...], at: UInt8(ascii: ",")).compactMap(Self.item)
    }

    /// The weight of that very item; `nil` when it is not in the list.
    package func quality(of name: String) -> Int? {
        items.first { $0.name == name && $0.parameters.isEmpty }?.quality
    }

    /// The weight of a media type, by the most specific range that holds it, and of several such the one that likes it
    /// most (RFC 9110 §12.5.1).
    ///
    /// - Parameter type: a type with parameters or without. A range with parameters holds the types that have them all.
    package func quality(ofMediaType type: String) -> Int {
        guard let type = Self.item(type.utf8[...]) else { return 0 }
        let anySubtype = type.name.prefix { $0 != "/" } + "/*"
        var best = (-1, 0)
        for item in items {
            let specificity: Int
            switch item.name {
            case type.name: specificity = 2
            case anySubtype: specificity = 1
            case "*/*": specificity = 0
            default: continue
            }
            guard item.parameters.allSatisfy(type.parameters.contains) else { continue }
            // Parameters make a range more specific than another of the same type, and no more than that.
            let candidate = (specificity << 16 + min(item.parameters.count, 0xFFFF), item.quality)
            if candidate > best { best = candidate }
        }
        return best.1
    }

    /// Reads `name; parameter=value; q=0.5`; `nil` when it has no name.
    private static func item(_ element: Substring.UTF8View) -> Item? {
        let parts = QuotedParts.split(element, at: UInt8(ascii: ";")).map(QuotedParts.trimmed)
        guard let name = parts.first, !name.isEmpty else { return nil }
        var parameters: [Parameter] = []
        var quality = 1000
        for part in parts.dropFirst() where !part.isEmpty {
            let mark = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = String(Substring(QuotedParts.trimmed(part[..<mark]))).lowercased()
            let value = QuotedParts.unquoted(QuotedParts.trimmed(part[mark...].dropFirst()))
            // Wherever it stands: recipients take any "q" for the weight (RFC 9110 §12.5.1).
            if name == "q" {
                quality = thousandths(value)
            } else {
                parameters.append(Parameter(name: name, value: value.lowercased()))
            }
        }
        return Item(name: String(Substring(name)).lowercased(), parameters: parameters, quality: quality)
    }

    // "1", "0.5", "0.333": at most three digits after the point.
    private static func thousandths(_ text: String) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, whole == "0" || whole == "1", decimals.utf8.count <= 3,
            decimals.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let fraction = Int(decimals + String(repeating: "0", count: 3 - decimals.utf8.count))
        else { return 0 }
        return min(1000, (whole == "1" ? 1000 : 0) + fraction)
    }
}

/// Parts of a field's value, in which quoted strings (RFC 9110 §5.6.4) may hold what else would part them.
private enum QuotedParts {
    static func split(_ text: Substring.UTF8View, at separator: UInt8) -> [Substring.UTF8View] {
        var parts: [Substring.UTF8View] = []
        var start = text.startIndex
        var index = start
        var isQuoted = false
        while index < text.endIndex {
            let byte = text[index]
            let current = index
            index = text.index(after: index)
            switch byte {
            case UInt8(ascii: "\""):
                isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted:
                if index < text.endIndex { index = text.index(after: index) }
            case separator where !isQuoted:
                parts.append(text[start..<current])
                start = index
            default: break
            }
        }
        return parts + [text[start...]]
    }

    static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var bytes = bytes.drop(while: FieldSyntax.isBlank)
        while let last = bytes.last, FieldSyntax.isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }

    static func unquoted(_ bytes: Substring.UTF8View) -> String {
        guard bytes.first == UInt8(ascii: "\"") else { return String(Substring(bytes)) }
        var result: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            guard let next = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte else { break }
            result.append(next)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
