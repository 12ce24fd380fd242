/// Which names of files count: those that some pattern covers and no other one excludes.
struct FileNames: Sendable {
    let includes: [String]
    let excludes: [String]

    func counts(_ name: String) -> Bool {
        !isExcluded(name) && includes.contains { Self.matches(name, $0) }
    }

    func isExcluded(_ name: String) -> Bool { excludes.contains { Self.matches(name, $0) } }

    /// `*` stands for any characters, `?` for one.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name), pattern = Array(pattern)
        var at = 0, place = 0
        // Where the last star stood, and how much it covers.
        var star: (place: Int, at: Int)?
        while at < name.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.place, last.at + 1)
                (place, at) = (last.place + 1, last.at + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
