import SAGIServer
import SAGIServerCommand

/// `sagi ctl COMMAND`.
enum Control {
    struct Settings: Sendable {
        var socket: String?
        var isJSON = false
    }

    private static let command = Subcommand(
        usage: "sagi ctl [OPTIONS] status | scale N | reload | restart | reopen-logs | stop",
        summary: """
            Asks or tells a program that was started with --control-socket. "reload" replaces its workers, one after the \
            other, by what its configuration and its executable are now; "restart" replaces the whole program. \
            "reopen-logs" is for log rotation.
            """,
        options: [
            Option(
                "socket", letter: "s", \.socket, .optional(.file),
                "The program's socket; SAGI_CONTROL_SOCKET, if not given."),
            Option("json", \.isJSON, .toggle, "Shows the answer as JSON, in one line."),
        ],
        defaults: Settings())

    static func run(_ arguments: [String]) throws -> CInt {
        guard let (settings, operands) = try command.parse(arguments, operands: 1...2) else { return 0 }
        guard let order = ControlCommand(operands.joined(separator: " ")) else {
            throw ConfigurationError(
                "\"\(operands.joined(separator: " "))\" is none of status, scale N (1 to 1024), reload, restart, "
                    + "reopen-logs and stop.")
        }
        guard let path = settings.socket ?? Program.environment["SAGI_CONTROL_SOCKET"] else {
            throw ConfigurationError(
                "Which program? --socket PATH, or the variable SAGI_CONTROL_SOCKET, says where it listens.")
        }
        let text = try ControlSocket.ask(path, order.line)
        let answer = try ControlAnswer(reading: text)
        if settings.isJSON {
            Terminal.output.write("\(text)\n")
        } else if let status = answer.status {
            Terminal.output.write(StatusText(status).text)
        } else {
            (answer.ok ? Terminal.output : Terminal.error).write("\(answer.message ?? "")\n")
        }
        return answer.ok ? 0 : 1
    }
}
