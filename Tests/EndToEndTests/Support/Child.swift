import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A process that a test starts. Its output goes to a file.
final class Child: Sendable {
    let id: pid_t
    let output: URL
    private let ending = Ending()

    /// - Parameters:
    ///   - executable: the path of the program.
    ///   - output: the file that takes standard output and standard error.
    init(_ executable: String, _ arguments: [String], environment: [String: String], output: URL) throws {
        self.output = output
        id = try Self.spawn(
            executable, arguments, environment.map { "\($0)=\($1)" }, output: output.path)
        // A thread for each child: it waits for that one, and nothing of it can be missed.
        let thread = Thread { [id, ending] in
            var status: CInt = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            // What a shell would say: 128 and the number of the signal.
            let signal = status & 0x7F
            ending.end(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
        }
        thread.start()
    }

    /// The child gets the three standard descriptors; whatever else this process has open is closed on exec.
    private static func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String], output: String
    ) throws -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, executable, &actions, nil, &words, &variables)
        guard code == 0 else {
            throw Problem("\(executable) cannot be started: \(String(cString: strerror(code))).")
        }
        return id
    }

    /// The exit status, once the process has ended.
    var status: Int32? { ending.status }

    /// What it has written so far.
    var text: String { String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self) }

    func signal(_ number: Int32) {
        if status == nil { kill(id, number) }
    }

    /// Waits until the process has ended.
    ///
    /// - Returns: its exit status; nil when that takes longer than `time`, and then the process is killed.
    func exitStatus(within time: Duration) async -> Int32? {
        let timer = Task {
            try await Task.sleep(for: time)
            signal(SIGKILL)
            return true
        }
        let status = await ending.wait()
        timer.cancel()
        return (try? await timer.value) == true ? nil : status
    }
}

/// The end of a process, which several may wait for.
private final class Ending: Sendable {
    private struct State {
        var status: Int32?
        var waiters: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Mutex(State())

    var status: Int32? { state.withLock { $0.status } }

    func end(_ status: Int32) {
        let waiters = state.withLock { state in
            state.status = status
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }
}
