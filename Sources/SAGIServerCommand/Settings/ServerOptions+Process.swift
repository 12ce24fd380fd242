import Logging
import SAGIServer

extension ServerOptions {
    static let logging = OptionGroup<ServerSettings>(
        "Logging",
        [
            Option(
                "access-log", \.accessLog, .orOff(.accessLog),
                "A line for each request; a file is opened again on SIGUSR1."),
            Option(
                "access-log-format", \.accessLogFormat, .accessLogFormat,
                "One of \(Phrase.oneOf(AccessLogFormat.presets.keys.sorted())), or a format of atoms such as \"%h %r %s\"."
            ),
            Option(
                "log-level", \.configuration.logLevel, .cases("LEVEL"),
                "How much is logged to standard error: "
                    + "\(Phrase.oneOf(Logger.Level.allCases.map(\.rawValue)))."),
            Option(
                "quiet", letter: "q", \.isQuiet, .toggle, "Shows no addresses at start, and logs nothing below error."),
            Option(
                "color", \.color, .or("auto", .toggle), default: "on a terminal, unless NO_COLOR is set",
                "Whether the output has colours."),
        ])

    static let process = OptionGroup<ServerSettings>(
        "Process",
        [
            Option(
                "pid-file", \.pidFile, .orOff(.file), "File that holds the process number while the server runs."),
            Option(
                "config", letter: "c", \.configurationFile, .optional(.file), places: [.flag, .environment],
                "Configuration file in YAML."),
            Option(action: "version", letter: "V", "Shows the version."),
            Option(action: "help", letter: "h", "Shows this."),
            Option(action: "help-markdown", isHidden: true, "Shows all options as Markdown."),
        ])
}
