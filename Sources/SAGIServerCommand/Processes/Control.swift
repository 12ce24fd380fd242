#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `sagi ctl` can tell a program.
package enum ControlCommand: Equatable, Sendable {
    case status
    case scale(Int)
    case reload
    case restart
    case reopenLogs
    case stop

    /// Reads a line; nil when it says none of these.
    package init?(_ line: String) {
        let words = line.split(separator: " ")
        switch (words.first, words.count) {
        case ("status", 1): self = .status
        case ("reload", 1): self = .reload
        case ("restart", 1): self = .restart
        case ("reopen-logs", 1): self = .reopenLogs
        case ("stop", 1): self = .stop
        case ("scale", 2):
            guard let count = Digits.number(words[1]), (1...1024).contains(count) else { return nil }
            self = .scale(count)
        default: return nil
        }
    }

    package var line: String {
        switch self {
        case .status: "status"
        case .scale(let count): "scale \(count)"
        case .reload: "reload"
        case .restart: "restart"
        case .reopenLogs: "reopen-logs"
        case .stop: "stop"
        }
    }
}

/// What a program answers, in one line of JSON.
package struct ControlAnswer: Codable, Equatable, Sendable {
    package var ok: Bool
    package var message: String?
    package var status: ProgramStatus?

    static func done(_ message: String) -> ControlAnswer { ControlAnswer(ok: true, message: message) }
    static func refused(_ message: String) -> ControlAnswer { ControlAnswer(ok: false, message: message) }
    static func status(_ status: ProgramStatus) -> ControlAnswer { ControlAnswer(ok: true, status: status) }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "{\"ok\":false}" }
        return String(decoding: data, as: UTF8.self)
    }

    package init(reading text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    private init(ok: Bool, message: String? = nil, status: ProgramStatus? = nil) {
        self.ok = ok
        self.message = message
        self.status = status
    }
}

/// How a program is.
package struct ProgramStatus: Codable, Equatable, Sendable {
    package enum Mode: String, Codable, Sendable { case single, supervisor }

    package var name: String
    package var version: String
    /// The number of its first process.
    package var process: Int
    package var mode: Mode
    /// "starting", "serving", "restarting" or "stopping".
    package var state: String
    /// Seconds.
    package var uptime: Int
    package var addresses: [String]
    /// How many workers there are to be.
    package var wanted: Int?
    package var workers: [WorkerStatus]
}

/// How a process that serves is.
package struct WorkerStatus: Codable, Equatable, Sendable {
    /// From 1; of several with one number, all but one are starting or stopping.
    package var number: Int?
    package var process: Int
    /// "starting", "serving", "retiring" or "stopping".
    package var state: String
    /// Seconds.
    package var uptime: Int
    /// Bytes of resident memory.
    package var memory: Int
    package var connections: Int
    package var requests: Int
}
