import HTTPTypes
import NIOCore
import NIOPosix
import NIOSSL
import SAGI
import SAGIServer
import SAGITesting
import Synchronization

/// Reaches an application through a real server, over connections that are kept and used again.
final class LiveTransport: TestTransport {
    let server: Server
    private let options: LiveOptions
    private let timeout: Duration
    private let recorder: Recorder
    private let tls: NIOSSLContext?
    private let pool = Mutex(Pool())

    private struct Pool {
        var idle: [BoundAddress: [LiveConnection]] = [:]
        var open: [ObjectIdentifier: LiveConnection] = [:]
    }

    private init(
        _ server: Server, _ options: LiveOptions, _ recorder: Recorder, _ tls: NIOSSLContext?, timeout: Duration
    ) {
        self.server = server
        self.options = options
        self.recorder = recorder
        self.tls = tls
        self.timeout = timeout
    }

    static func start(
        _ application: any Application, _ options: LiveOptions, timeout: Duration
    ) async throws -> LiveTransport {
        var configuration = options.server
        for index in configuration.listeners.indices {
            guard case .tcp(let host, _) = configuration.listeners[index].address else { continue }
            configuration.listeners[index].address = .tcp(host: host, port: 0)
        }
        // An application that hangs fails its test, and not half a minute later.
        configuration.timeouts.startup = min(configuration.timeouts.startup ?? timeout, timeout)
        configuration.timeouts.shutdown = min(configuration.timeouts.shutdown, timeout)
        let tls = configuration.listeners.contains { $0.tls != nil } ? try NIOSSLContext(options) : nil
        let recorder = Recorder()
        let server = Server(
            RecordedApplication(application: application, recorder: recorder), configuration: configuration,
            eventLoopGroup: configuration.eventLoops == nil ? MultiThreadedEventLoopGroup.singleton : nil,
            logger: options.logger)
        do {
            try await server.start()
        } catch let failure as LifespanFailure {
            let message = recorder.log.withLock { $0.startupFailure }
            throw TestClientError.startupFailed(message ?? failure.description)
        }
        return LiveTransport(server, options, recorder, tls, timeout: timeout)
    }

    // MARK: Requests

    var scheme: String { server.addresses.first?.isSecure == true ? "https" : "http" }

    var authority: String {
        guard case .ip(let host, let port)? = server.addresses.first?.address else { return "localhost" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    var version: HTTPVersion { .http11 }

    func open(_ outgoing: OutgoingRequest) async throws -> any TestChannel {
        // Whatever host a target names: nothing but this server is ever asked.
        let isSecure = outgoing.request.scheme == "https"
        guard let address = server.addresses.first(where: { $0.isSecure == isSecure }) else {
            throw TestClientError.invalidRequest("The server does not listen for \(outgoing.request.scheme ?? "http").")
        }
        let id = recorder.nextID()
        let connection = try await connection(to: address, opensSocket: outgoing.webSocket != nil)
        return LiveChannel(
            connection, outgoing, id, recorder,
            onEnd: { [weak self] isReusable in
                self?.finished(connection, address, isReusable: isReusable)
            })
    }

    private func connection(to address: BoundAddress, opensSocket: Bool) async throws -> LiveConnection {
        while !opensSocket, let kept = pool.withLock({ $0.idle[address]?.popLast() }) {
            if kept.channel.isActive { return kept }
        }
        let connection = try await connect(to: address, opensSocket: opensSocket)
        pool.withLock { $0.open[ObjectIdentifier(connection)] = connection }
        connection.channel.closeFuture.whenComplete { [weak self] _ in
            self?.pool.withLock { pool in
                pool.open[ObjectIdentifier(connection)] = nil
                pool.idle[address]?.removeAll { $0 === connection }
            }
        }
        return connection
    }

    private func finished(_ connection: LiveConnection, _ address: BoundAddress, isReusable: Bool) {
        guard isReusable, connection.channel.isActive else { return connection.channel.close(promise: nil) }
        pool.withLock { $0.idle[address, default: []].append(connection) }
    }

    private func connect(to address: BoundAddress, opensSocket: Bool) async throws -> LiveConnection {
        let (tls, serverName) = (address.isSecure ? tls : nil, options.serverName)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try LiveConnection.addHandlers(
                        to: channel, tls: tls, serverName: serverName, opensSocket: opensSocket)
                }
            }
        let channel =
            switch address.address {
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
            case .ip(let host, let port):
                try await bootstrap.connect(host: host == "0.0.0.0" ? "127.0.0.1" : host, port: port).get()
            }
        return try await LiveConnection.make(channel)
    }

    // MARK: The end

    func shutdown() async throws {
        let open = pool.withLock { Array($0.open.values) }
        // An open WebSocket is closed by the server, as in memory.
        for connection in open where !connection.handler.carriesSocket { connection.channel.close(promise: nil) }
        defer { for connection in open { connection.channel.close(promise: nil) } }
        let isDone = Monitor(false)
        Task { [server] in
            await server.shutdown()
            isDone.update { $0 = true }
        }
        // The server waits for exchanges and for the application, each within this time.
        try await within(timeout * 3, "The server's shutdown") { try await isDone.wait { $0 ? true : nil } }
        if let message = recorder.log.withLock({ $0.shutdownFailure }) {
            throw TestClientError.shutdownFailed(message)
        }
    }
}

extension NIOSSLContext {
    /// The client's side of TLS.
    fileprivate convenience init(_ options: LiveOptions) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        switch options.trust {
        case .none: configuration.certificateVerification = .none
        case .file(let path): configuration.trustRoots = .file(path)
        }
        configuration.applicationProtocols = ["http/1.1"]
        if let identity = options.identity {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(identity.certificate)
                .map { .certificate($0) }
            let password = identity.keyPassword
            let key =
                try password.map { password in
                    try NIOSSLPrivateKey(file: identity.key, format: .pem) { $0(password.utf8) }
                } ?? NIOSSLPrivateKey(file: identity.key, format: .pem)
            configuration.privateKey = .privateKey(key)
        }
        try self.init(configuration: configuration)
    }
}
