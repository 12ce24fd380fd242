import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server under test, in a process of its own: an example, most often Conformance.
struct ServerProcess: Sendable {
    let child: Child
    let folder: URL
    let program: String
    /// Where it listens, as its banner says: "http://127.0.0.1:8000", "unix:/tmp/socket".
    let addresses: [String]

    /// How one is started. `$FOLDER`, `$CERTS` and `$CLIENTS` in a flag stand for the folder of this server, for that
    /// of the certificates, and for that of the clients; `$FOLDER` in a variable of the environment, too.
    struct Options: Sendable {
        var program = "Conformance"
        var flags: [String] = []
        var environment: [String: String] = [:]
        /// A program that prepares something and then becomes the server.
        var launcher: [String] = []
        /// The Unix socket of a server that shows no banner.
        var socket: String?
    }

    /// Starts one, and waits until it says where it listens.
    static func start(_ options: Options) async throws -> ServerProcess {
        let (child, folder) = try await launch(options)
        let socket = options.socket?.replacing("$FOLDER", with: folder.path)
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let isThere = socket.map(FileManager.default.fileExists(atPath:)) ?? false
            if let addresses = isThere ? ["unix:\(socket ?? "")"] : banner(child.text) {
                return ServerProcess(
                    child: child, folder: folder, program: try Workspace.program(options.program), addresses: addresses)
            }
            if let status = child.status { throw Problem("\(options.program) ended with \(status): \(child.text)") }
            try await Task.sleep(for: .milliseconds(5))
        }
        child.signal(SIGKILL)
        throw Problem("\(options.program) has not started within 30 s: \(child.text)")
    }

    /// Starts one without waiting for anything.
    static func launch(_ options: Options) async throws -> (child: Child, folder: URL) {
        let folder = try Workspace.makeFolder()
        var words = options.launcher + [try Workspace.program(options.program)] + options.flags
        if words.contains(where: { $0.contains("$CERTS") }) {
            let certificates = try await Workspace.certificates().path
            words = words.map { $0.replacing("$CERTS", with: certificates) }
        }
        words = words.map {
            $0.replacing("$FOLDER", with: folder.path).replacing("$CLIENTS", with: Workspace.clients.path)
        }
        let variables = options.environment.mapValues { $0.replacing("$FOLDER", with: folder.path) }
        let executable = words[0] == "python3" ? try await Workspace.python() : words[0]
        let child = try Child(
            executable, Array(words.dropFirst()),
            environment: Workspace.environment(["TMPDIR": folder.path].merging(variables) { _, new in new }),
            output: folder.appendingPathComponent("server.log"))
        return (child, folder)
    }

    /// The addresses under "… listens on", when the last of them is there.
    private static func banner(_ text: String) -> [String]? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard text.hasSuffix("\n"), let start = lines.firstIndex(where: { $0.hasSuffix(" listens on") }) else {
            return nil
        }
        let addresses = lines[(start + 1)...].prefix { $0.hasPrefix("  ") }
            .map { String($0.dropFirst(2).prefix { $0 != " " }) }
        return addresses.isEmpty ? nil : addresses
    }

    /// What a client is told about the server, as JSON.
    func facts() async throws -> String {
        func address(_ scheme: String) -> String? {
            addresses.first { $0.hasPrefix(scheme) }.map { String($0.dropFirst(scheme.count)) }
        }
        var facts: [String: Any] = [
            "pid": Int(child.id), "log": child.output.path, "folder": folder.path, "addresses": addresses,
            "program": program, "certificates": try await Workspace.certificates().path,
        ]
        facts["http"] = address("http://") ?? addresses.first { $0.hasPrefix("unix:") }
        facts["https"] = address("https://")
        return String(decoding: try JSONSerialization.data(withJSONObject: facts), as: UTF8.self)
    }

    /// Ends it, if it still runs, and whoever has taken its place.
    func stop() async {
        if let text = try? String(contentsOf: folder.appendingPathComponent("pid"), encoding: .utf8),
            let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), process != child.id
        {
            kill(process, SIGKILL)
        }
        child.signal(SIGKILL)
        _ = await child.exitStatus(within: .seconds(10))
    }
}
