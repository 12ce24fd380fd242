import Logging
import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Builds a program anew when its sources change.
///
/// Used in the thread of its loop only.
final class Reloader {
    private let build: PackageBuild
    private let configuration: ReloadConfiguration
    private let loop: PollLoop
    private let terminal: Terminal
    private let logger: Logger
    private let told: (BuildState) -> Void
    private var watch: SourceWatch?
    private var timer: PollLoop.Timer?
    /// The compiler, while it works.
    private var running: Running?
    /// Something has changed since it began.
    private var isOutdated = false
    private var count = 0

    private struct Running {
        let process: CInt
        let output: CInt
        let start: Duration
        var text: [UInt8] = []
    }

    private static let mostText = 1 << 20

    /// - Parameter told: is called with the state of the build each time that it changes.
    init(
        _ build: PackageBuild, _ configuration: ReloadConfiguration, _ launch: Launch, on loop: PollLoop,
        told: @escaping (BuildState) -> Void
    ) throws {
        self.build = build
        self.configuration = configuration
        self.loop = loop
        self.told = told
        terminal = launch.terminal
        logger = launch.logger
        let directories = configuration.directories.isEmpty ? [build.package] : configuration.directories
        let names = FileNames(includes: configuration.includes, excludes: configuration.excludes)
        watch = try SourceWatch(directories, names, on: loop) { [unowned self] in changed($0) }
        logger.notice("Changes in \(directories.joined(separator: ", ")) are built and served.")
    }

    private func changed(_ path: String) {
        if timer == nil { logger.notice("\(path) has changed.") }
        timer.map(loop.cancel)
        timer = loop.after(configuration.delay) { [unowned self] in
            timer = nil
            start()
        }
    }

    /// Builds now, or once more when the build that is under way has ended.
    func start() {
        guard running == nil else {
            isOutdated = true
            return
        }
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else {
            return logger.error("A build cannot be started: \(String(cString: strerror(errno))).")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        let environment = Program.environment
        let compiler = ProgramStart(
            executable: ProgramStart.find("swift", build.package, environment["PATH"]), arguments: build.arguments,
            directory: build.package)
        do {
            let process = try compiler.spawn(environment: environment, output: ends[1])
            _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
            running = Running(process: process, output: ends[0], start: loop.now)
            count += 1
            loop.watch(ends[0]) { [unowned self] in read() }
            told(BuildState(.building, count: count))
        } catch {
            close(ends[0])
            logger.error("\(String(describing: error))")
        }
    }

    /// Ends the compiler.
    func stop() {
        if let running { kill(running.process, SIGTERM) }
    }

    private func read() {
        guard let output = running?.output else { return }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        while case let size = systemRead(output, &bytes), size != 0 {
            guard size > 0 else { return }
            terminal.write(String(decoding: bytes.prefix(size), as: UTF8.self))
            let room = Self.mostText - (running?.text.count ?? 0)
            running?.text += bytes.prefix(min(size, max(0, room)))
        }
        loop.unwatch(output)
    }

    /// A child has ended, and been taken.
    func ended(_ process: CInt, _ ending: WorkerPool.Ending) {
        guard process == running?.process else { return }
        read()
        guard let done = running else { return }
        running = nil
        loop.unwatch(done.output)
        close(done.output)
        if isOutdated {
            isOutdated = false
            return start()
        }
        let time = loop.now - done.start
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let isGood = ending == .exit(status: 0)
        logger.log(
            level: isGood ? .notice : .error,
            "Build \(count) \(isGood ? "took" : "failed after") \(Self.tenths(seconds)) s.")
        let text = isGood ? "" : BuildState.page(String(decoding: done.text, as: UTF8.self))
        told(BuildState(isGood ? .done : .failed, text: text, count: count, seconds: seconds))
    }

    private static func tenths(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

private func systemRead(_ descriptor: CInt, _ bytes: inout [UInt8]) -> Int { read(descriptor, &bytes, bytes.count) }
