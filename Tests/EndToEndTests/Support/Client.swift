import Foundation

/// A run of one of the programs in `clients`.
struct Client {
    let passed: Bool
    let text: String

    static func run(_ file: String, _ function: String, facts: String, timeout: Duration) async throws -> Client {
        let suite = file.split(separator: "/").last?.prefix { $0 != "." } ?? ""
        let program = snakeCase(suite.hasSuffix("Tests") ? suite.dropLast(5) : suite)
        let check = snakeCase(function.prefix { $0 != "(" })
        let child = try Child(
            try await Workspace.python(),
            ["-u", Workspace.clients.appendingPathComponent("\(program).py").path, check, facts],
            environment: Workspace.environment(), output: try Workspace.makeFolder().appendingPathComponent("output"))
        switch await child.exitStatus(within: timeout) {
        case 0: return Client(passed: true, text: child.text)
        case nil: return Client(passed: false, text: "It did not end within \(timeout).\n\(child.text)")
        case let status?: return Client(passed: false, text: "It ended with \(status).\n\(child.text)")
        }
    }

    /// "early_hints" of "earlyHints", and "tls" of "TLS".
    static func snakeCase(_ name: some StringProtocol) -> String {
        var result = ""
        var last: Character?
        for character in name {
            if character.isUppercase, last?.isUppercase == false { result += "_" }
            result += character.lowercased()
            last = character
        }
        return result
    }
}
