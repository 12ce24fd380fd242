import Foundation
import Synchronization

/// The folders of this test run, removed when it ends, and the programs that it needs.
enum Workspace {
    /// A folder for everything that this run writes.
    private static let root: URL = {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sagi-e2e-\(getpid())")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: Workspace.root) }
        return folder
    }()

    private static let count = Atomic<Int>(0)

    /// A new folder. Its path is short enough for a Unix socket in it.
    static func makeFolder() throws -> URL {
        let folder = root.appendingPathComponent("\(count.add(1, ordering: .relaxed).newValue)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// The folder with the clients.
    static let clients = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("clients")

    /// A program of this package: built beside the tests, or a few folders above them where tests are bundles.
    static func program(_ name: String) throws -> String {
        let arguments = [try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")]
        let start = arguments.compactMap(\.self).first ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
        for _ in 0..<6 {
            let path = folder.appendingPathComponent(name).path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue { return path }
            folder.deleteLastPathComponent()
        }
        throw Problem("The program \(name) is not beside the tests (\(start)): build it first.")
    }

    /// The environment of the processes under test: nothing that would change what they do.
    static func environment(_ changes: [String: String] = [:]) -> [String: String] {
        var result = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("SAGI_") && !name.hasPrefix("LISTEN_") && !name.lowercased().hasSuffix("_proxy")
        }
        result["NO_COLOR"] = "1"
        result["PYTHONDONTWRITEBYTECODE"] = "1"
        result.merge(changes) { _, new in new }
        return result
    }

    /// The Python interpreter of the virtual environment that `scripts/setup` makes, with the clients of other people.
    ///
    /// Else the interpreter itself: what is called `python3` may be a script that looks for it each time.
    static func python() async throws -> String { try await pythonTask.value }

    private static let pythonTask = Task {
        let own = clients.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(".venv/bin/python").path
        if FileManager.default.isExecutableFile(atPath: own) { return own }
        let child = try Child(
            "/usr/bin/env", ["python3", "-c", "import sys; print(sys.executable)"], environment: environment(),
            output: try makeFolder().appendingPathComponent("output"))
        guard await child.exitStatus(within: .seconds(20)) == 0 else {
            throw Problem("There is no python3: \(child.text)")
        }
        return child.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A folder with authorities, certificates and keys, made once.
    static func certificates() async throws -> URL { try await certificatesTask.value }

    private static let certificatesTask = Task {
        let folder = try makeFolder()
        let child = try Child(
            try await python(), [clients.appendingPathComponent("certificates.py").path, folder.path],
            environment: environment(), output: folder.appendingPathComponent("output"))
        guard await child.exitStatus(within: .seconds(60)) == 0 else {
            throw Problem("The certificates cannot be made: \(child.text)")
        }
        return folder
    }
}

/// What a test cannot go on without.
struct Problem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
