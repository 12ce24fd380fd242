public import Logging
public import NIOCore
import NIOPosix
public import SAGI
public import ServiceLifecycle
import Synchronization

/// The reference server for SAGI: it listens, and calls an application for every request.
///
/// ```swift
/// let server = Server(Hello())
/// try await server.run()          // until it is told to stop
/// ```
///
/// It is a `Service`, so it runs in a `ServiceGroup` beside others. A program that wants the parts calls
/// ``start()`` and ``shutdown()`` itself. No signal is handled here.
public final class Server: Service, Sendable {
    private let application: any Application
    private let configuration: ServerConfiguration
    private let providedGroup: (any EventLoopGroup)?
    private let logger: Logger
    private let state = Mutex(Phase.idle)

    private enum Phase {
        case idle
        case starting
        case running(RunningServer)
        case stopping
        case stopped
    }

    /// Makes a server. Nothing is opened before ``start()`` or ``run()``.
    ///
    /// - Parameters:
    ///   - application: what is served.
    ///   - configuration: everything that can be set.
    ///   - eventLoopGroup: the caller's own event loops, which stay the caller's. Default: the server makes its own.
    ///   - logger: where the server logs. Default: a logger called "sagi".
    public init(
        _ application: any Application, configuration: ServerConfiguration = ServerConfiguration(),
        eventLoopGroup: (any EventLoopGroup)? = nil, logger: Logger? = nil
    ) {
        self.application = application
        self.configuration = configuration
        providedGroup = eventLoopGroup
        var logger = logger ?? Logger(label: "sagi")
        logger.logLevel = configuration.logLevel
        self.logger = logger
    }

    /// Starts, and serves until the service group shuts down gracefully or the task is cancelled; then shuts down.
    ///
    /// - Throws: ``ConfigurationError`` or ``LifespanFailure`` when the server cannot start.
    public func run() async throws {
        try await start()
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Starts the application and then listens. Returns when connections are accepted.
    ///
    /// - Throws: ``ConfigurationError`` or ``LifespanFailure``; then nothing is left open.
    public func start() async throws { try await start(on: nil) }

    /// Starts on sockets that are open already, which are the server's from now on.
    ///
    /// - Parameters:
    ///   - sockets: those of the configuration's listeners; `nil` opens them.
    ///   - worker: the number of the worker that this process is, from 1.
    package func start(on sockets: ListeningSockets?, worker: Int? = nil) async throws {
        try state.withLock { phase throws(ConfigurationError) in
            guard case .idle = phase else { throw ConfigurationError("A server can be started once.") }
            phase = .starting
        }
        do {
            let running = try await RunningServer.start(
                application, configuration: configuration, group: providedGroup, logger: logger, sockets: sockets,
                worker: worker)
            state.withLock { $0 = .running(running) }
        } catch {
            state.withLock { $0 = .stopped }
            throw error
        }
    }

    /// Stops accepting, lets running exchanges end within ``ServerConfiguration/Timeouts/shutdown``, ends what is
    /// left, and shuts the application down. Returns when everything is closed. Does nothing when the server does
    /// not run.
    public func shutdown() async { await shutdown(within: configuration.timeouts.shutdown) }

    /// The same with another limit for what is running; zero ends it at once.
    package func shutdown(within limit: Duration) async {
        let running = state.withLock { phase -> RunningServer? in
            guard case .running(let running) = phase else { return nil }
            phase = .stopping
            return running
        }
        guard let running else { return }
        await running.shutdown(within: limit)
        state.withLock { $0 = .stopped }
    }

    /// Where the server listens, with the ports that the operating system chose. Empty before ``start()``.
    public var addresses: [BoundAddress] { running?.addresses ?? [] }

    /// What the server has counted since it started.
    public var statistics: Statistics {
        guard let counters = running?.core.statistics else { return Statistics() }
        return Statistics(
            connections: counters.connections.load(ordering: .relaxed),
            accepted: counters.accepted.load(ordering: .relaxed), refused: counters.refused.load(ordering: .relaxed))
    }

    /// Reads the certificates again. New connections use them; the old ones stay in use when the new ones are bad.
    ///
    /// - Throws: ``ConfigurationError`` that names the bad file.
    public func reloadCertificates() throws { try running?.reloadCertificates() }

    /// Opens the file of the access log again, after it has been moved away.
    public func reopenLogs() throws { try running?.core.accessLog?.reopen() }

    /// Asks every event loop what it does, and calls `body` when all have answered: never, while one of them is blocked
    /// or the server does not run.
    package func pulse(_ body: @escaping @Sendable (Pulse) -> Void) { running?.pulse(body) }

    /// Calls `body` once, when so many requests have begun.
    package func whenServed(_ requests: Int, _ body: @escaping @Sendable () -> Void) {
        running?.whenServed(requests, body)
    }

    private var running: RunningServer? {
        state.withLock { if case .running(let running) = $0 { running } else { nil } }
    }
}

/// An address on which a server listens.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
    public let address: PeerAddress
    /// Whether it speaks TLS.
    public let isSecure: Bool

    /// The port; `nil` for a Unix socket.
    public var port: Int? { address.port }

    /// "http://127.0.0.1:8000", "https://[::1]:8443" or "unix:/run/app.sock".
    public var description: String {
        switch address {
        case .ip: "\(isSecure ? "https" : "http")://\(address)"
        case .unix: address.description
        }
    }
}

/// What a server has counted.
public struct Statistics: Sendable, Hashable {
    /// Connections that are open now.
    public var connections = 0
    /// Connections accepted since the start, refused ones among them.
    public var accepted = 0
    /// Connections answered 503 because there were too many.
    public var refused = 0
}
