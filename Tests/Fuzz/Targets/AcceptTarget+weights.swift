import HTTPSemantics

extension AcceptTarget {
    private static let types = ["text/html", "text/event-stream", "text/html;level=1", "a/b"]
    private static let languages = ["en", "de", "de-CH", "zh-Hant"]

    /// Lists of weights, against the plainest reading of them, and what is chosen by them.
    static func checkWeights(_ text: String) throws(Violation) {
        let list = QualityList(text)
        guard list.items.allSatisfy({ 0...1000 ~= $0.quality && !$0.name.isEmpty }) else {
            throw Violation("\(list) for \(text)")
        }
        for type in types {
            let quality = list.quality(ofMediaType: type)
            guard 0...1000 ~= quality else { throw Violation("\(quality) for \(type) by \(text)") }
            // Quotes are left to the examples: reading them plainly is reading them the same way.
            guard !text.utf8.contains(0x22), quality != expectedQuality(type, text) else { continue }
            throw Violation("\(quality) for \(type) by \(text), not \(expectedQuality(type, text))")
        }
        guard let language = LanguageLookup(text).best(of: languages) else { return }
        let lowercased = language.lowercased()
        let mentions = list.items.contains { item in
            item.quality > 0 && (item.name == "*" || item.name == lowercased || item.name.hasPrefix("\(lowercased)-"))
        }
        let isRefused =
            list.items.contains { $0.name == lowercased && $0.quality == 0 }
            && !list.items.contains { $0.name == lowercased && $0.quality > 0 }
        guard mentions, !isRefused, languages.contains(language) else { throw Violation("\(language) by \(text)") }
    }

    private static func expectedQuality(_ type: String, _ text: String) -> Int {
        let parts = type.split(separator: ";")
        let name = String(parts[0])
        let parameter = parts.count > 1 ? String(parts[1]) : nil
        var best: [Int: Int] = [:]
        for element in text.utf8.split(separator: 0x2C) {
            let pieces = element.split(separator: 0x3B, omittingEmptySubsequences: false).map(trimmed)
            var parameters: [String] = []
            var quality = 1000
            for piece in pieces.dropFirst() where !piece.isEmpty {
                let halves = piece.utf8.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false).map(
                    trimmed)
                let value = halves.count > 1 ? halves[1] : ""
                if halves[0] == "q" { quality = weight(value) } else { parameters.append("\(halves[0])=\(value)") }
            }
            let specificity: Int
            switch pieces[0] {
            case name: specificity = 2
            case "*/*": specificity = 0
            default:
                guard pieces[0] == name.prefix(while: { $0 != "/" }) + "/*" else { continue }
                specificity = 1
            }
            guard parameters.allSatisfy({ $0 == parameter }) else { continue }
            let place = specificity * 100_000 + min(parameters.count, 0xFFFF)
            best[place] = max(best[place] ?? 0, quality)
        }
        return best.max { $0.key < $1.key }?.value ?? 0
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let end = bytes.reversed().drop(while: isBlank).reversed().drop(while: isBlank)
        return String(decoding: Array(end), as: UTF8.self).lowercased()
    }

    private static func weight(_ text: String) -> Int {
        let digits = Array(text.utf8)
        guard let first = digits.first, first == 0x30 || first == 0x31 else { return 0 }
        guard digits.count > 1 else { return first == 0x31 ? 1000 : 0 }
        guard digits[1] == 0x2E, digits.count <= 5, digits[2...].allSatisfy({ 0x30...0x39 ~= $0 }) else { return 0 }
        var result = first == 0x31 ? 1000 : 0
        for (digit, factor) in zip(digits[2...], [100, 10, 1]) { result += Int(digit - 0x30) * factor }
        return min(1000, result)
    }
}
