import HTTPSemantics
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes log messages to standard error, a line each: time, level, message, and metadata as `key=value`.
struct ConsoleLog: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var terminal: Terminal

    init(_ terminal: Terminal, metadataProvider: Logger.MetadataProvider? = nil) {
        self.terminal = terminal
        self.metadataProvider = metadataProvider
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        terminal.write(line(event, seconds: Int(now.tv_sec), milliseconds: Int(now.tv_nsec) / 1_000_000))
    }

    func line(_ event: LogEvent, seconds: Int, milliseconds: Int) -> String {
        var all = metadata
        for more in [metadataProvider?.get(), event.metadata] {
            all.merge(more ?? [:]) { _, new in new }
        }
        let pairs = all.sorted { $0.key < $1.key }.map { key, value in
            " \(terminal.styled("\(key)=", .faint))\(Self.value(value.description))"
        }
        let level = event.level.rawValue.uppercased()
        return terminal.styled(Self.time(seconds, milliseconds), .faint) + " "
            + terminal.styled(level, Self.style(event.level))
            + String(repeating: " ", count: max(1, 9 - level.count))
            + Self.escaped(event.message.description) + pairs.joined() + "\n"
    }

    private static func style(_ level: Logger.Level) -> Terminal.Style {
        switch level {
        case .trace, .debug: .faint
        case .info: .green
        case .notice: .cyan
        case .warning: .yellow
        case .error, .critical: .red
        }
    }

    /// "2026-11-21T09:30:00.123Z".
    private static func time(_ seconds: Int, _ milliseconds: Int) -> String {
        func pad(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = HTTPDate.civil(fromDays: seconds / 86400)
        let time = seconds % 86400
        return "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))T\(pad(time / 3600)):\(pad(time / 60 % 60)):"
            + "\(pad(time % 60)).\(pad(milliseconds, 3))Z"
    }

    /// A value, in quotes when it would not be seen where it ends.
    private static func value(_ text: String) -> String {
        let text = escaped(text)
        guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return text }
        return "\"\(text.replacing("\"", with: "\\\""))\""
    }

    /// Control characters would let whoever sends a request write lines and colours of their own.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
