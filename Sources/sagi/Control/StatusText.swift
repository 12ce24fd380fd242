import SAGIServerCommand

/// How a program is, for people.
struct StatusText {
    private let status: ProgramStatus

    init(_ status: ProgramStatus) { self.status = status }

    var text: String {
        let head = "\(status.version), process \(status.process): \(status.state), up for \(Self.time(status.uptime))\n"
        let addresses = status.addresses.map { "  \($0)\n" }.joined()
        let rows = status.workers.map { worker in
            [
                worker.number.map(String.init) ?? "-", String(worker.process), worker.state, Self.time(worker.uptime),
                Self.size(worker.memory), String(worker.connections), String(worker.requests),
            ]
        }
        let title = ["WORKER", "PROCESS", "STATE", "UPTIME", "MEMORY", "CONNECTIONS", "REQUESTS"]
        let wanted = status.wanted.map { $0 == status.workers.count ? "" : "\n\($0) workers are wanted.\n" } ?? ""
        return head + addresses + "\n" + TextTable.text([title] + rows) + wanted
    }

    /// "45 s", "3 min", "2 h 5 min", "12 d 3 h".
    static func time(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86400) d \(seconds / 3600 % 24) h"
        }
    }

    static func size(_ bytes: Int) -> String {
        let tenths = bytes * 10 / (1 << 20)
        return "\(tenths / 10).\(tenths % 10) MiB"
    }
}
