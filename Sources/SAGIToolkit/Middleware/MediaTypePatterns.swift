/// A set of media types: `type/subtype`, `type/*`, `*+suffix` and `*/*`.
struct MediaTypePatterns: Sendable {
    private var types: Set<String> = []
    private var suffixes: Set<String> = []
    private var hasAll = false

    init(_ patterns: [String]) {
        for pattern in patterns.map({ $0.lowercased() }) {
            if pattern == "*/*" || pattern == "*" {
                hasAll = true
            } else if pattern.hasPrefix("*+") {
                suffixes.insert(String(pattern.dropFirst(2)))
            } else {
                types.insert(pattern)
            }
        }
    }

    /// Whether the value of `Content-Type` is one of them.
    func contain(_ contentType: String) -> Bool {
        if hasAll { return true }
        let essence = Self.essence(contentType)
        if types.contains(essence) { return true }
        if let slash = essence.utf8.firstIndex(of: UInt8(ascii: "/")), types.contains("\(essence[..<slash])/*") {
            return true
        }
        guard let plus = essence.utf8.lastIndex(of: UInt8(ascii: "+")) else { return false }
        return suffixes.contains(String(essence[essence.utf8.index(after: plus)...]))
    }

    /// The type and subtype in lower case, without parameters.
    static func essence(_ contentType: String) -> String {
        contentType.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
