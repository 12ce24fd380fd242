/// Finds what somebody meant who wrote something else.
enum Suggestion {
    /// What other servers call it.
    private static let synonyms = [
        "host": "bind", "port": "bind", "listen": "bind", "socket": "bind", "uds": "bind", "fd": "bind",
        "workers": "event-loops", "threads": "event-loops", "ssl-certfile": "tls-cert", "ssl-keyfile": "tls-key",
        "certfile": "tls-cert", "keyfile": "tls-key",
    ]

    /// The candidate that is most like `word`; nil when none is near.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        if let synonym = synonyms[word], candidates.contains(synonym) { return synonym }
        let near = candidates.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        if let near, near.distance <= max(1, min(3, word.count / 2)) { return near.name }
        // A part of a name, when only one name has it: "cert" is no help, "min-version" is.
        let containing = candidates.filter { word.count > 3 && $0.contains(word) }
        return containing.count == 1 ? containing[0] : nil
    }

    /// How many letters have to be inserted, removed, changed or swapped with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left), b = Array(right)
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
