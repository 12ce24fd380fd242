import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import SAGI
import Synchronization

/// Makes a connection of every socket that a listener accepts.
final class ConnectionFactory: Sendable {
    private let core: ServerCore
    private let listener: ListenerConfiguration
    private let versions: HTTPVersions
    private let certificates: TLSContexts?
    private let files: NIOThreadPool
    private let state: State
    private let contexts: [ObjectIdentifier: LoopContext]

    init(
        core: ServerCore, listener: ListenerConfiguration, versions: HTTPVersions, certificates: TLSContexts?,
        loops: [LoopContext],
        files: NIOThreadPool, state: State
    ) {
        self.core = core
        self.listener = listener
        self.versions = versions
        self.certificates = certificates
        self.files = files
        self.state = state
        contexts = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    }

    /// Serves a connection on an event loop, which this is called on.
    func serve(_ descriptor: CInt, on eventLoop: any EventLoop) {
        ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .writeBufferWaterMark, value: .init(low: core.limits.lowWaterMark, high: core.limits.highWaterMark)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
            }
            .withConnectedSocket(descriptor)
            .whenFailure { error in
                // The peer may be gone already.
                self.core.logger.debug("A connection could not be served: \(String(describing: error))")
            }
    }

    /// Builds the pipeline of one connection.
    private func prepare(_ channel: any Channel) throws {
        guard let loop = contexts[ObjectIdentifier(channel.eventLoop)] else { return }
        let facts = ConnectionFacts(
            client: PeerAddress(channel.remoteAddress), server: PeerAddress(channel.localAddress))
        let transport = NIOTransport(
            loop: loop, isSecure: certificates != nil, files: files,
            start: certificates != nil ? .afterHandshake : listener.proxyProtocol ? .afterProxyHeader : .atOnce,
            timeout: core.timeouts.handshake
        ) { transport in
            self.makeConnection(transport, loop, facts)
        }
        let pipeline = channel.pipeline.syncOperations
        if listener.proxyProtocol { try pipeline.addHandler(ProxyProtocolHandler(facts)) }
        if let certificates {
            try pipeline.addHandler(ServerHelloObserver(facts))
            try pipeline.addHandler(certificates.makeHandler(facts, logger: core.logger))
        }
        try pipeline.addHandler(transport)
    }

    private func makeConnection(
        _ transport: NIOTransport, _ loop: LoopContext, _ facts: ConnectionFacts
    ) -> any TransportHandler {
        var extensions = Extensions()
        extensions[EarlyHints.self] = EarlyHints()
        extensions[Trailers.self] = Trailers()
        extensions[FullFlush.self] = FullFlush()
        extensions[DenialResponse.self] = DenialResponse()
        if certificates != nil { extensions[TLSInfo.self] = facts.tls }
        let isUnix = if case .unix? = facts.server { true } else { false }
        let link = RequestScope.Link(
            scheme: certificates != nil ? "https" : "http", client: isUnix && !facts.isProxied ? nil : facts.client,
            server: facts.server, state: state, extensions: extensions, rootPath: core.rootPath, logger: core.logger)
        core.statistics.accepted.add(1, ordering: .relaxed)
        let open = core.statistics.connections.add(1, ordering: .relaxed).newValue
        let isTooMany = core.limits.connections.map { open > $0 } ?? false
        if isTooMany { core.statistics.refused.add(1, ordering: .relaxed) }
        if transport.negotiatedProtocol == "h2" {
            let connection = HTTP2Connection(server: core, loop: loop, transport: transport, link: link)
            connection.start()
            if isTooMany { connection.turnAway() }
            return connection
        }
        let connection = HTTP1Connection(
            server: core, loop: loop, transport: transport, link: link, versions: versions)
        if isTooMany { connection.turnAway() } else { connection.start() }
        return connection
    }
}

/// What the handlers before the transport learn about a connection. Used on its event loop only.
///
/// `@unchecked Sendable`: see above.
final class ConnectionFacts: @unchecked Sendable {
    var client: PeerAddress?
    var server: PeerAddress?
    /// The addresses are those that a proxy told.
    var isProxied = false
    var tls = TLSInfo()
    /// What was found out about the client's certificate, on another thread.
    private let verified = Mutex<Result<ClientVerifier.Client, ClientVerifier.Problem>?>(nil)

    init(client: PeerAddress?, server: PeerAddress?) {
        self.client = client
        self.server = server
    }

    func verified(_ result: Result<ClientVerifier.Client, ClientVerifier.Problem>) {
        verified.withLock { $0 = result }
    }

    /// Takes over what was found out. A certificate that could not be verified is not told: nobody must take it
    /// for one that could.
    func noteClient() {
        switch verified.withLock({ $0 }) {
        case .success(let client)?:
            tls.clientCertificateChain = client.chain
            tls.clientCertificateName = client.name
        case .failure(let problem)?:
            tls.clientCertificateError = problem.sentence
        case nil:
            break
        }
    }
}

extension PeerAddress {
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4?, .v6?:
            guard let host = address?.ipAddress else { return nil }
            self = .ip(host, port: address?.port ?? 0)
        case .unixDomainSocket?:
            self = .unix(address?.pathname ?? "")
        case nil:
            return nil
        }
    }
}
