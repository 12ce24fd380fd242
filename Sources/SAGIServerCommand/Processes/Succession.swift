import Logging
import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Has a new process of the program take the place of this one: the same command, which may be a newer release of it,
/// with the listening sockets. This one goes on until the new one serves, and after that the new one alone accepts.
///
/// Used in the thread of its loop only.
final class Succession {
    private let launch: Launch
    private let loop: PollLoop
    private var successor: (process: CInt, channel: ProcessChannel, timer: PollLoop.Timer?)?
    private var completion: ((CInt?) -> Void)?

    init(_ launch: Launch, _ loop: PollLoop) {
        self.launch = launch
        self.loop = loop
    }

    var isUnderWay: Bool { completion != nil }

    /// Why there can be no successor now; nil when there can.
    var obstacle: String? {
        if successor != nil { return "A successor is being started already." }
        guard getpid() == 1 else { return nil }
        return """
            As the first process of a container, this one cannot be replaced: the container would end with it. Start a \
            new container, or use --workers, whose workers SIGHUP replaces.
            """
    }

    /// Starts the successor; only where there is no obstacle.
    ///
    /// - Parameter completion: gets the number of the successor's process when that serves, and nil when it could not:
    ///   then this process goes on.
    func begin(_ sockets: ListeningSockets, _ completion: @escaping (CInt?) -> Void) {
        do {
            let (channel, other) = try ProcessChannel.pair()
            defer { close(other) }
            let handover = Handover(worker: nil, channel: other, sockets: sockets.offer())
            let process = try launch.start.spawn(
                environment: launch.environment(for: handover), descriptors: handover.descriptors)
            self.completion = completion
            let limit = launch.configuration.timeouts.startup.map { $0 + .seconds(10) }
            successor = (process, channel, limit.map { loop.after($0) { [weak self] in self?.giveUp("in its time") } })
            launch.logger.notice("Process \(process) has been started to take the place of this one.")
            channel.watch(loop) { [weak self] line in
                if line == "ready" { self?.succeeded() } else if line == nil { self?.giveUp("at all") }
            }
        } catch {
            launch.logger.error("No successor can be started: \(String(describing: error))")
            completion(nil)
        }
    }

    /// This process ends, and nobody takes its place.
    func cancel() {
        guard completion != nil, let successor else { return }
        completion = nil
        if let timer = successor.timer { loop.cancel(timer) }
        // It may have written its number by now, and puts that away.
        kill(successor.process, SIGTERM)
    }

    private func succeeded() {
        guard let successor, let completion else { return }
        self.completion = nil
        if let timer = successor.timer { loop.cancel(timer) }
        launch.logger.notice("Process \(successor.process) serves now; this one ends what it has begun.")
        completion(successor.process)
    }

    private func giveUp(_ how: String) {
        guard let successor, let completion else { return }
        self.successor = nil
        self.completion = nil
        if let timer = successor.timer { loop.cancel(timer) }
        kill(successor.process, SIGKILL)
        successor.channel.close()
        waitForEnd(of: successor.process)
        launch.logger.error("Process \(successor.process) did not serve \(how); this one goes on.")
        completion(nil)
    }

    /// A child has ended, and been taken.
    func ended(_ process: CInt) {
        if process == successor?.process { giveUp("at all") }
    }

    private func waitForEnd(of process: CInt) {
        guard Reaper.ending(of: process) == nil else { return }
        loop.after(.milliseconds(20)) { [weak self] in self?.waitForEnd(of: process) }
    }
}
