import Logging
import Testing

@testable import SAGIServerCommand

@Suite struct ConsoleLogTests {
    private func line(
        _ message: Logger.Message, _ metadata: Logger.Metadata? = nil, level: Logger.Level = .info, color: Bool = false
    ) -> String {
        var terminal = Terminal.error
        terminal.hasColor = color
        var log = ConsoleLog(terminal)
        log[metadataKey: "own"] = "1"
        let event = LogEvent(
            level: level, message: message, metadata: metadata, source: "test", file: #fileID, function: #function,
            line: #line)
        return log.line(event, seconds: 1_795_253_400, milliseconds: 7)
    }

    @Test func `a line has time, level, message and metadata in order`() {
        #expect(
            line("Hello.", ["b": "2", "a": "x y"]) == "2026-11-21T09:30:00.007Z INFO     Hello. a=\"x y\" b=2 own=1\n")
        #expect(line("Hello.", level: .critical) == "2026-11-21T09:30:00.007Z CRITICAL Hello. own=1\n")
    }

    @Test func `metadata of the message goes before that of the logger`() {
        #expect(line("x", ["own": "2"]).hasSuffix(" own=2\n"))
    }

    @Test func `control characters cannot forge lines or colours`() {
        let text = line("a\nb\u{1B}[31m\u{2028}", ["k": "v\r\n\tw\"x"])
        #expect(text.hasSuffix("a\\nb\\u{1b}[31m\\u{2028} k=\"v\\r\\n\\tw\\\"x\" own=1\n"))
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test func `an empty value is seen`() {
        #expect(line("x", ["k": ""]).contains(" k=\"\" "))
    }

    @Test func `the level has a colour where colours are shown`() {
        #expect(line("x", level: .error, color: true).contains("\u{1B}[31mERROR\u{1B}[0m"))
        #expect(!line("x", level: .error).contains("\u{1B}"))
    }
}
