import SAGITesting

/// What happened, in order: written by applications, read and awaited by tests.
final class Notebook: Sendable {
    private let lines = Monitor<[String]>([])

    func note(_ line: String) { lines.update { $0.append(line) } }

    /// Works for ever, and notes when it is cancelled.
    func noteCancellation() async throws {
        do {
            try await Task.sleep(for: .seconds(3600))
        } catch {
            note("cancelled")
            throw error
        }
    }

    var all: [String] { lines.withLock { $0 } }

    /// Waits until a line is there.
    func wait(for line: String) async throws {
        try await within(.seconds(10), "The line \"\(line)\"") { [lines] in
            try await lines.wait { $0.contains(line) ? true : nil }
        }
    }

    /// Waits until there are so many lines.
    func wait(count: Int) async throws -> [String] {
        try await within(.seconds(10), "\(count) lines") { [lines] in
            try await lines.wait { $0.count >= count ? $0 : nil }
        }
    }
}
