import SAGIServer

/// What a program says when it has started.
struct Banner {
    private let command: ServerCommand
    private let addresses: [BoundAddress]

    init(_ command: ServerCommand, _ addresses: [BoundAddress]) {
        self.command = command
        self.addresses = addresses
    }

    func text(_ terminal: Terminal) -> String {
        let lines = addresses.map { address in
            "  \(terminal.styled("\(address)", .cyan))\(address.isSecure && address.port == nil ? " (TLS)" : "")"
        }
        let hint = terminal.isInteractive ? terminal.styled("Press Ctrl-C to stop.", .faint) + "\n" : ""
        return "\(terminal.styled(command.title, .bold)) listens on\n\(lines.joined(separator: "\n"))\n\(hint)"
    }
}
