import Testing

@testable import SAGIServer

@Suite("Access log of several processes")
struct SharedAccessLogTests {
    @Test(
        "What several processes write to one pipe is cut between lines",
        arguments: [
            ("a\nbb\nccc\n", 100, "a\nbb\nccc\n"), ("a\nbb\nccc\n", 9, "a\nbb\nccc\n"), ("a\nbb\nccc\n", 8, "a\nbb\n"),
            ("a\nbb\nccc\n", 5, "a\nbb\n"), ("a\nbb\nccc\n", 4, "a\n"), ("long line\nb\n", 4, "long line\n"),
            ("without an end", 4, "without an end"),
        ])
    func wholeLines(_ text: String, _ most: Int, _ first: String) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { String(decoding: AccessLog.wholeLines($0, most), as: UTF8.self) } == first)
    }
}
