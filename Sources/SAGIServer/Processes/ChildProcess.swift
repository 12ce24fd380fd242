import CPlatform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A program as it was started: how to start it once more, whatever lies at its path by then.
package struct ProgramStart: Sendable, Equatable {
    package var executable: String
    package var arguments: [String]
    package var directory: String

    package init(executable: String, arguments: [String], directory: String) {
        self.executable = executable
        self.arguments = arguments
        self.directory = directory
    }

    /// This program. Symbolic links on the way to it are followed anew each time, so that a release that replaces
    /// another one by such a link is found.
    package static func current(path: String?) -> ProgramStart {
        let arguments = CommandLine.arguments
        let directory = currentDirectory()
        return ProgramStart(
            executable: find(arguments.first ?? "", directory, path), arguments: arguments, directory: directory)
    }

    /// The path of a program as a shell would find it.
    package static func find(_ name: String, _ directory: String, _ path: String?) -> String {
        if name.hasPrefix("/") { return name }
        if name.contains("/") { return "\(directory)/\(name)" }
        for place in (path ?? "").split(separator: ":") where access("\(place)/\(name)", X_OK) == 0 {
            return place.hasPrefix("/") ? "\(place)/\(name)" : "\(directory)/\(place)/\(name)"
        }
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return count > 0 ? String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : name
    }

    package static func currentDirectory() -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Starts it in a process of its own, which gets `descriptors` as 3, 4, 5 …
    ///
    /// - Parameter output: where its output goes, errors included; -1 is where that of this process goes.
    /// - Returns: the number of the process.
    /// - Throws: ``ConfigurationError`` that names the program.
    package func spawn(
        environment: [String: String], output: CInt = -1, descriptors: [CInt] = []
    ) throws -> CInt {
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: CInt = 0
        let code = sagi_spawn(
            &process, executable, &words, &variables, directory, output, descriptors, CInt(descriptors.count))
        guard code == 0 else {
            throw ConfigurationError("\(executable) cannot be started: \(String(cString: strerror(code))).")
        }
        return process
    }
}

/// Children that have ended.
package enum Reaper {
    /// Takes the ones that have ended, those that this process has inherited among them: the numbers of their
    /// processes, and how each has ended.
    package static func reap() -> [(process: CInt, ending: WorkerPool.Ending)] {
        var ended: [(CInt, WorkerPool.Ending)] = []
        var status: CInt = 0
        while true {
            let process = waitpid(-1, &status, WNOHANG)
            if process <= 0 {
                if process < 0, errno == EINTR { continue }
                return ended
            }
            ended.append((process, ending(status)))
        }
    }

    /// How one child has ended; nil while it runs.
    package static func ending(of process: CInt) -> WorkerPool.Ending? {
        var status: CInt = 0
        let result = waitpid(process, &status, WNOHANG)
        if result == process { return ending(status) }
        return result < 0 && errno == ECHILD ? .exit(status: 0) : nil
    }

    private static func ending(_ status: CInt) -> WorkerPool.Ending {
        let signal = status & 0x7F
        return signal == 0 ? .exit(status: (status >> 8) & 0xFF) : .signal(signal)
    }
}
