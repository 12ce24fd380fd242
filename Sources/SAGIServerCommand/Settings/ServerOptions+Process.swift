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

    static let workers = OptionGroup<ServerSettings>(
        "Workers",
        [
            Option(
                "workers", letter: "w", \.configuration.processes.workers, .workers,
                "Processes that serve, kept by a supervisor; auto is one per core, off is one process without one."),
            Option(
                "heartbeat-timeout", \.configuration.processes.heartbeatTimeout, .orOff(.duration()),
                "A worker whose event loops are blocked for so long is killed and replaced."),
            Option(
                "worker-max-requests", \.configuration.processes.maxRequests, .orOff(.count(1...Int.max)),
                "Requests after which a worker is replaced."),
            Option(
                "worker-max-age", \.configuration.processes.maxAge, .orOff(.duration()),
                "The age at which a worker is replaced."),
            Option(
                "worker-max-memory", \.configuration.processes.maxMemory, .orOff(.size()),
                "Resident memory from which on a worker is replaced."),
            Option(
                "worker-jitter", \.configuration.processes.jitter, .count(0...100),
                "By how many per cent these requests and ages differ at most, so that not all are replaced at once."),
        ])

    static let reload = OptionGroup<ServerSettings>(
        "Development",
        [
            Option(
                "reload", \.configuration.reload.isEnabled, .toggle,
                "Builds the program anew when its sources change, and replaces it when that is done."),
            Option(
                "reload-dir", each: \.configuration.reload.directories, .directory,
                default: { _ in "that of the package" }, "Directory in which changes are looked for."),
            Option(
                "reload-include", each: \.configuration.reload.includes,
                .text("NAME", "the name of files, with * and ?"),
                "Files that count; * stands for any characters."),
            Option(
                "reload-exclude", each: \.configuration.reload.excludes,
                .text("NAME", "the name of files, with * and ?"),
                canBeEmpty: true, "Files and directories that do not count."),
            Option(
                "reload-delay", \.configuration.reload.delay, .duration(),
                "How long nothing more may have changed before it is built."),
            Option(
                "reload-page", \.configuration.reload.changesPages, .toggle,
                "Whether HTML pages get a script that shows errors and loads them again."),
        ])

    static let process = OptionGroup<ServerSettings>(
        "Process",
        [
            Option(
                "pid-file", \.pidFile, .orOff(.file), "File that holds the process number while the server runs."),
            Option(
                "control-socket", \.configuration.processes.controlSocket, .orOff(.socketPath),
                "Unix socket where \"sagi ctl\" asks and tells this program."),
            Option(
                "control-mode", \.configuration.processes.controlMode, .fileMode,
                "Permissions of that socket: who may open it may stop the program."),
            Option(
                "user", \.configuration.processes.user, .orOff(.text("NAME", "the name or number of a user")),
                "User that the program becomes when its listeners are open."),
            Option(
                "group", \.configuration.processes.group, .orOff(.text("NAME", "the name or number of a group")),
                default: "that of the user", "Group that it becomes."),
            Option(
                "umask", \.configuration.processes.umask, .or("inherited", .fileMode),
                "Permissions that files which the program makes do not get."),
            Option(
                "working-directory", \.configuration.processes.workingDirectory, .orOff(.directory),
                "Where relative paths begin, but for that of the configuration file."),
            Option(
                "config", letter: "c", \.configurationFile, .optional(.file), places: [.flag, .environment],
                "Configuration file in YAML."),
            Option(action: "version", letter: "V", "Shows the version."),
            Option(action: "help", letter: "h", "Shows this."),
            Option(action: "help-markdown", isHidden: true, "Shows all options as Markdown."),
        ])
}

extension ValueFormat<ProcessConfiguration.Workers?> {
    /// A number of processes.
    fileprivate static let workers = ValueFormat(
        metavar: "N|auto|off", accepted: "a whole number from 1 to 1024, auto or off", choices: ["auto", "off"],
        canBeOff: true,
        parse: { text in
            switch text {
            case "auto": .some(.auto)
            case "off", "none": .some(nil)
            default:
                Digits.number(text).flatMap { (1...1024).contains($0) ? .some(.count($0)) : nil }
            }
        },
        format: { workers in
            switch workers {
            case .auto?: "auto"
            case .count(let count)?: String(count)
            case nil: "off"
            }
        })
}
