import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The processes of this machine, and what may be done with them.
enum ProcessTable {
    /// Those that were started for a folder, as their `TMPDIR` says, zombies left out; none where that cannot be seen.
    static func processes(in folder: URL) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let variable = Data("TMPDIR=\(folder.path)\0".utf8)
        return names.compactMap { pid_t($0) }.filter { process in
            let path = "/proc/\(process)/environ"
            return (try? Data(contentsOf: URL(fileURLWithPath: path)))?.range(of: variable) != nil
        }
    }

    static func kill(_ processes: [pid_t]) {
        for process in processes { _ = systemKill(process, SIGKILL) }
    }

    static var isRoot: Bool { getuid() == 0 }

    /// Whether a process can be made the first of a namespace.
    static let hasNamespaces: Bool = {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        child.arguments = ["--pid", "--fork", "--mount-proc", "true"]
        child.standardError = FileHandle.nullDevice
        guard isRoot, (try? child.run()) != nil else { return false }
        child.waitUntilExit()
        return child.terminationStatus == 0
    }()
}

private func systemKill(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }
