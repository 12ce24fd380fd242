import Logging
import NIOCore
import NIOPosix
import SAGI
import Synchronization

/// A server between its start and its end: the event loops, the listeners and the application's lifespan.
final class RunningServer: Sendable {
    let core: ServerCore
    let addresses: [BoundAddress]

    private let configuration: ServerConfiguration
    private let lifespan: Lifespan
    private let loops: [LoopContext]
    private let listeners: [Listener]
    private let ownGroup: MultiThreadedEventLoopGroup?
    private let files: NIOThreadPool
    private let certificates: [TLSContexts]
    private let reloading: Task<Void, Never>?

    private init(
        core: ServerCore, configuration: ServerConfiguration, lifespan: Lifespan, loops: [LoopContext],
        listeners: [Listener], ownGroup: MultiThreadedEventLoopGroup?, files: NIOThreadPool,
        certificates: [TLSContexts]
    ) {
        self.core = core
        self.configuration = configuration
        self.lifespan = lifespan
        self.loops = loops
        self.listeners = listeners
        self.ownGroup = ownGroup
        self.files = files
        self.certificates = certificates
        addresses = listeners.flatMap(\.addresses)
        reloading = TLSContexts.watch(certificates, logger: core.logger)
    }

    static func start(
        _ application: any Application, configuration: ServerConfiguration, group: (any EventLoopGroup)?, logger: Logger
    ) async throws -> RunningServer {
        let certificates = try configuration.listeners.map { listener in
            try listener.tls.map { options in
                var options = options
                options.applicationProtocols = configuration.versions(of: listener).filter(options.applicationProtocols)
                return try TLSContexts(options, closeTimeout: configuration.timeouts.linger)
            }
        }
        let accessLog = try configuration.accessLog.map(AccessLog.init)
        let lifespan = Lifespan(application, mode: configuration.lifespan, worker: nil, logger: logger)
        let files = NIOThreadPool(numberOfThreads: 4)
        files.start()
        let core = ServerCore(
            application: application, configuration: configuration, files: files, accessLog: accessLog, logger: logger)

        let ownGroup =
            group == nil
            ? MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops ?? System.coreCount) : nil
        let group: any EventLoopGroup = group ?? ownGroup ?? MultiThreadedEventLoopGroup.singleton
        let loops = group.makeIterator().map { eventLoop in
            LoopContext(
                eventLoop: eventLoop,
                serverFields: ServerFields(
                    server: configuration.serverField, addsDate: configuration.addsDate, altSvc: configuration.altSvc),
                waterMarks: (configuration.limits.lowWaterMark, configuration.limits.highWaterMark),
                accessLog: accessLog.map { AccessLogBuffer($0, eventLoop: eventLoop) })
        }
        var listeners: [Listener] = []
        do {
            let state = try await lifespan.startup(timeout: configuration.timeouts.startup)
            do {
                listeners = try await Listener.open(
                    configuration, core: core, group: group, loops: loops, files: files, certificates: certificates,
                    state: state)
            } catch {
                await lifespan.shutdown(timeout: configuration.timeouts.shutdown)
                throw error
            }
        } catch {
            await accessLog?.close()
            try? await files.shutdownGracefully()
            try? await ownGroup?.shutdownGracefully()
            throw error
        }
        return RunningServer(
            core: core, configuration: configuration, lifespan: lifespan, loops: loops, listeners: listeners,
            ownGroup: ownGroup, files: files, certificates: certificates.compactMap(\.self))
    }

    func reloadCertificates() throws {
        for contexts in certificates { try contexts.reload() }
    }

    /// The order: no new connections, running exchanges to their end or to the timeout, the application's
    /// shutdown, and then everything else.
    func shutdown() async {
        reloading?.cancel()
        core.isStopping.store(true, ordering: .relaxed)
        for listener in listeners { await listener.close() }
        // A connection that was accepted last may still be on its way to its loop.
        for _ in 0..<2 {
            for loop in loops { try? await loop.eventLoop.submit {}.get() }
        }
        if await !drain(within: configuration.timeouts.shutdown) {
            core.logger.warning("Connections that did not end within \(configuration.timeouts.shutdown) are closed.")
            for loop in loops { loop.eventLoop.execute { loop.shutDownNow() } }
            _ = await drain(within: .seconds(2))
        }
        await lifespan.shutdown(timeout: configuration.timeouts.shutdown)
        for loop in loops { try? await loop.eventLoop.submit { loop.accessLog?.flush() }.get() }
        await core.accessLog?.close()
        try? await files.shutdownGracefully()
        try? await ownGroup?.shutdownGracefully()
    }

    /// Waits until no connection is left. False when that takes longer than `time`.
    private func drain(within time: Duration) async -> Bool {
        let grace = TimeAmount(configuration.timeouts.shutdownGrace)
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { [loops] in
                let (stream, continuation) = AsyncStream<Void>.makeStream()
                for loop in loops {
                    loop.eventLoop.execute { loop.drain(grace: grace) { continuation.yield() } }
                }
                var left = loops.count
                for await _ in stream {
                    left -= 1
                    if left == 0 { return true }
                }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: time)
                return false
            }
            let isDrained = await group.next() ?? false
            group.cancelAll()
            return isDrained
        }
    }
}
