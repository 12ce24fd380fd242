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
    private let sockets: ListeningSockets
    private let acceptor: Acceptor
    private let ownGroup: MultiThreadedEventLoopGroup?
    private let files: NIOThreadPool
    private let certificates: [TLSContexts]
    private let reloading: Task<Void, Never>?

    private init(
        core: ServerCore, configuration: ServerConfiguration, lifespan: Lifespan, loops: [LoopContext],
        sockets: ListeningSockets, acceptor: Acceptor, ownGroup: MultiThreadedEventLoopGroup?, files: NIOThreadPool,
        certificates: [TLSContexts]
    ) {
        self.core = core
        self.configuration = configuration
        self.lifespan = lifespan
        self.loops = loops
        self.sockets = sockets
        self.acceptor = acceptor
        self.ownGroup = ownGroup
        self.files = files
        self.certificates = certificates
        addresses = sockets.addresses
        reloading = TLSContexts.watch(certificates, logger: core.logger)
    }

    static func start(
        _ application: any Application, configuration: ServerConfiguration, group: (any EventLoopGroup)?,
        logger: Logger,
        sockets opened: ListeningSockets?, worker: Int?
    ) async throws -> RunningServer {
        let certificates = try configuration.listeners.map { listener in
            try listener.tls.map { options in
                var options = options
                options.applicationProtocols = configuration.versions(of: listener).filter(options.applicationProtocols)
                return try TLSContexts(options, closeTimeout: configuration.timeouts.linger)
            }
        }
        let accessLog = try configuration.accessLog.map { try AccessLog($0, isShared: worker != nil) }
        let lifespan = Lifespan(application, mode: configuration.lifespan, worker: worker, logger: logger)
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
        let acceptor = Acceptor(loops.map(\.eventLoop), logger: logger)
        let sockets: ListeningSockets
        let state: State
        do {
            state = try await lifespan.startup(timeout: configuration.timeouts.startup)
            do {
                sockets = try open(configuration, opened, loops: worker == nil ? loops.count : 1)
            } catch {
                await lifespan.shutdown(timeout: configuration.timeouts.shutdown)
                throw error
            }
        } catch {
            opened?.close()
            await accessLog?.close()
            try? await files.shutdownGracefully()
            try? await ownGroup?.shutdownGracefully()
            throw error
        }
        for (index, listener) in configuration.listeners.enumerated() {
            let factory = ConnectionFactory(
                core: core, listener: listener, versions: configuration.versions(of: listener),
                certificates: certificates[index], loops: loops, files: files, state: state)
            sockets.lead(to: factory, through: acceptor, listener: index, loops: loops.count)
        }
        for address in sockets.unclaimed {
            logger.warning("The inherited socket on \(address) is not configured and is not served.")
        }
        acceptor.start()
        return RunningServer(
            core: core, configuration: configuration, lifespan: lifespan, loops: loops, sockets: sockets,
            acceptor: acceptor, ownGroup: ownGroup, files: files, certificates: certificates.compactMap(\.self))
    }

    /// With `SO_REUSEPORT` there is a socket for each event loop; workers have one each.
    private static func open(
        _ configuration: ServerConfiguration, _ opened: ListeningSockets?, loops: Int
    ) throws -> ListeningSockets {
        let sockets = try opened ?? ListeningSockets.open(configuration)
        do {
            if configuration.reusePort, loops > 1 { try sockets.spread(over: loops, backlog: configuration.backlog) }
        } catch {
            sockets.close()
            throw error
        }
        return sockets
    }

    /// Asks every event loop what it does, and calls `body` when all have answered.
    func pulse(_ body: @escaping @Sendable (Pulse) -> Void) {
        let answers = Mutex((left: loops.count, pulse: Pulse()))
        for loop in loops {
            loop.eventLoop.execute {
                let pulse = answers.withLock { answers -> Pulse? in
                    answers.left -= 1
                    answers.pulse.requests += loop.requests
                    answers.pulse.connections += loop.connections.count
                    return answers.left == 0 ? answers.pulse : nil
                }
                if let pulse { body(pulse) }
            }
        }
    }

    /// Calls `body` once, when so many requests have begun.
    func whenServed(_ requests: Int, _ body: @escaping @Sendable () -> Void) {
        let budget = RequestBudget(requests, loops: loops.count, whenSpent: body)
        for loop in loops {
            loop.eventLoop.execute { loop.spend(budget) }
        }
    }

    func reloadCertificates() throws {
        for contexts in certificates { try contexts.reload() }
    }

    /// The order: no new connections, running exchanges to their end or to the timeout, the application's
    /// shutdown, and then everything else.
    ///
    /// - Parameter limit: how long running exchanges may take.
    func shutdown(within limit: Duration) async {
        reloading?.cancel()
        core.isStopping.store(true, ordering: .relaxed)
        sockets.refuseNewConnections()
        await acceptor.close { [sockets] in sockets.isShared($0) }
        sockets.close()
        if await !drain(within: limit) {
            if limit > .zero { core.logger.warning("Connections that did not end within \(limit) are closed.") }
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
