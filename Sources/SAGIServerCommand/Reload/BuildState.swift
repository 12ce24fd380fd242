#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How the newest build of a program is, as its pages show it.
package struct BuildState: Codable, Equatable, Sendable {
    package enum Phase: String, Codable, Sendable {
        /// Nothing is being built: what serves is the newest.
        case done
        case building
        /// The compiler has found errors. What serves is older.
        case failed
    }

    package var phase: Phase
    /// What the compiler said.
    package var text = ""
    /// How many times it has been built, this time included.
    package var count = 0
    /// How long that took.
    package var seconds = 0.0

    package init(_ phase: Phase, text: String = "", count: Int = 0, seconds: Double = 0) {
        (self.phase, self.text, self.count, self.seconds) = (phase, text, count, seconds)
    }

    /// One line.
    package var line: String {
        guard let data = try? JSONEncoder().encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    package init?(line: some StringProtocol) {
        guard let state = try? JSONDecoder().decode(Self.self, from: Data(line.utf8)) else { return nil }
        self = state
    }

    /// What a browser is told.
    func event(process: Int) -> String {
        struct Event: Codable {
            var process: Int
            var state: BuildState
        }
        guard let data = try? JSONEncoder().encode(Event(process: process, state: self)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// What the compiler said without the colours of a terminal, and not more than a page can show.
    package static func page(_ output: String, limit: Int = 32 * 1024) -> String {
        let plain = output.replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "")
        guard plain.utf8.count > limit else { return plain }
        return String(decoding: Array(plain.utf8.prefix(limit)), as: UTF8.self) + "\n…"
    }
}
