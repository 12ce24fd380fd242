import Foundation
import Synchronization
import Testing

/// A program that runs: its output as it comes, its end, and signals to it.
final class Command: Sendable {
    let id: pid_t
    private let texts: Texts
    private let changes: AsyncStream<Void>
    private let exits: AsyncStream<CInt>

    /// Starts a program. Its environment is what is given here and nothing of the tests' own.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], directory: String = "/"
    ) throws {
        let (changes, change) = AsyncStream<Void>.makeStream()
        let (exits, exit) = AsyncStream<CInt>.makeStream()
        self.changes = changes
        self.exits = exits
        let texts = Texts()
        self.texts = texts
        let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 }
        // The shell goes to the directory and becomes the program.
        let words = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", directory, program] + arguments
        let started = try Self.spawn(words, environment.map { "\($0)=\($1)" })
        let id = started.id
        self.id = id
        let group = DispatchGroup()
        for (descriptor, isError) in [(started.output, false), (started.error, true)] {
            Thread.detachNewThread(in: group) {
                defer { close(descriptor) }
                var bytes = [UInt8](repeating: 0, count: 64 * 1024)
                while true {
                    let count = read(descriptor, &bytes, bytes.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    texts.append(bytes.prefix(count), isError: isError)
                    change.yield()
                }
            }
        }
        Thread.detachNewThread {
            var status: CInt = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            texts.end()
            // Everything that it wrote comes first.
            group.wait()
            change.finish()
            // As a shell says it: 128 and the number of the signal.
            exit.yield(status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F)
        }
    }

    deinit { send(SIGKILL) }

    /// The program gets standard output and standard error; what else this process has open is closed on exec.
    private static func spawn(
        _ words: [String], _ environment: [String]
    ) throws -> (id: pid_t, output: CInt, error: CInt) {
        let output = try makePipe(), error = try makePipe()
        defer {
            close(output.writing)
            close(error.writing)
        }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, error.writing, 2)
        // The thread that starts it may block signals.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, numericCast(POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var id: pid_t = 0
        try #require(posix_spawn(&id, words[0], &actions, &attributes, &arguments, &variables) == 0)
        return (id, output.reading, error.reading)
    }

    private static func makePipe() throws -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        // Another program that starts now would keep it open, and its end would not be seen.
        for end in ends { try #require(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        return (ends[0], ends[1])
    }

    var output: String { texts.output }
    var error: String { texts.error }

    func send(_ signal: CInt) {
        if !texts.hasEnded { kill(id, signal) }
    }

    /// Waits until standard error has a text. One waiter at a time.
    func waitForError(_ text: String) async throws {
        if error.contains(text) { return }
        try await within(.seconds(20), "\"\(text)\"") {
            for await _ in self.changes where self.error.contains(text) { return }
            throw Failure(description: "The program ended without \"\(text)\": \(self.error)")
        }
    }

    /// Waits until a file has something in it.
    func waitForFile(_ path: String) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while ((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0) == 0 {
            try #require(ContinuousClock.now < end, "Nothing came into \(path): \(error)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits for the end: the exit status, or 128 and the number of the signal.
    func status() async throws -> CInt {
        try await within(.seconds(30), "the end") {
            for await status in self.exits { return status }
            throw CancellationError()
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private func within<Value: Sendable>(
        _ time: Duration, _ what: String, _ body: @escaping @Sendable @isolated(any) () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: time)
                throw Failure(description: "\(what) did not come within \(time): \(self.error)")
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}

extension Command {
    /// Runs a program to its end.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], directory: String = "/"
    ) async throws -> (status: CInt, output: String, error: String) {
        let command = try Command(program, arguments, environment: environment, directory: directory)
        let status = try await command.status()
        return (status, command.output, command.error)
    }

    static func sagi(
        _ arguments: [String], environment: [String: String] = [:], directory: String = "/"
    ) async throws -> (status: CInt, output: String, error: String) {
        try await run(sagi(), arguments, environment: environment, directory: directory)
    }

    /// The `sagi` program, which lies beside the tests.
    static func sagi() throws -> String {
        var places = Bundle.allBundles.filter { $0.bundlePath.hasSuffix(".xctest") }.map {
            $0.bundleURL.deletingLastPathComponent()
        }
        places.append(Bundle.main.bundleURL)
        places += CommandLine.arguments.prefix(1).map { URL(filePath: $0).deletingLastPathComponent() }
        let found = places.map { $0.appending(path: "sagi").path }.first { path in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
        }
        return try #require(found, "There is no sagi program in \(places.map(\.path)).")
    }
}

/// What a program has written, and whether it has ended.
private final class Texts: Sendable {
    private let state = Mutex((output: [UInt8](), error: [UInt8](), hasEnded: false))

    var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
    var error: String { state.withLock { String(decoding: $0.error, as: UTF8.self) } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func append(_ bytes: ArraySlice<UInt8>, isError: Bool) {
        state.withLock { if isError { $0.error += bytes } else { $0.output += bytes } }
    }

    func end() { state.withLock { $0.hasEnded = true } }
}

extension Thread {
    fileprivate static func detachNewThread(in group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
        group.enter()
        detachNewThread {
            body()
            group.leave()
        }
    }
}
