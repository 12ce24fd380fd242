import HTTP1
import HTTP2
import HTTPSemantics
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import SAGI
import Synchronization

/// What the connections of a server share, and how they tell it what happens.
final class ServerCore: Sendable {
    let application: any Application
    let limits: ServerConfiguration.Limits
    let timeouts: ConnectionTimeouts
    let http1Limits: HTTP1Limits
    let http2Limits: HTTP2Limits
    let http2Settings: HTTP2Settings
    let http2Ping: (interval: TimeAmount?, timeout: TimeAmount?)
    let files: NIOThreadPool
    let runsApplicationOnLoop: Bool
    let cancelsOnDisconnect: Bool
    let serverNames: ServerNames?
    let rootPath: String
    let logger: Logger
    let accessLog: AccessLog?
    let webSocket: WebSocketSettings
    let eventStreamKeepalive: TimeAmount?
    let eventStreamIdleTimeout: TimeAmount?
    let statistics = ServerCounters()
    /// The server is shutting down: no connection is kept.
    let isStopping = Atomic<Bool>(false)

    private let keepsResponseFields: Bool

    init(
        application: any Application, configuration: ServerConfiguration, files: NIOThreadPool, accessLog: AccessLog?,
        logger: Logger
    ) {
        self.application = application
        self.files = files
        limits = configuration.limits
        timeouts = ConnectionTimeouts(configuration.timeouts)
        var http1Limits = HTTP1Limits()
        http1Limits.requestLine = configuration.limits.requestLine
        http1Limits.headerSection = configuration.limits.headerSection
        http1Limits.fieldCount = configuration.limits.headerCount
        http1Limits.body = configuration.limits.body
        http1Limits.trailerSection = configuration.limits.trailerSection
        http1Limits.chunkExtensions = configuration.limits.chunkExtensions
        http1Limits.allowsBareLineFeed = configuration.allowsBareLineFeed
        self.http1Limits = http1Limits
        http2Ping = (
            configuration.http2.pingInterval.map(TimeAmount.init), configuration.http2.pingTimeout.map(TimeAmount.init)
        )
        http2Limits = configuration.http2Limits
        http2Settings = configuration.http2Settings
        webSocket = WebSocketSettings(configuration.webSocket)
        eventStreamKeepalive = configuration.eventStream.keepalive.map(TimeAmount.init)
        eventStreamIdleTimeout = configuration.eventStream.idleTimeout.map(TimeAmount.init)
        runsApplicationOnLoop = configuration.runsApplicationOnLoop
        cancelsOnDisconnect = configuration.cancelsOnDisconnect
        serverNames = ServerNames(configuration.serverNames)
        rootPath = configuration.rootPath
        self.accessLog = accessLog
        self.logger = logger
        keepsResponseFields = accessLog?.format.needsResponseFields ?? false
    }

    /// What each request with content begins with.
    var patience: ContentPatience { ContentPatience(timeouts.bodyStall, rate: limits.minimumRate) }

    /// Bytes that a peer has to take in the time of ``ConnectionTimeouts/writeStall``, not to count as gone.
    func leastTaken(in stall: TimeAmount) -> Int {
        max(1, (limits.minimumRate ?? 0) * Int(stall.nanoseconds / 1_000_000) / 1000)
    }

    /// How many bytes of unwanted content are thrown away to keep a connection; nil closes it instead.
    func drainable(_ remaining: Int?) -> Int? {
        guard let remaining else { return limits.drain }
        return remaining <= limits.drain ? limits.drain : nil
    }

    @inline(__always)
    func exchangeBegan(_ exchange: ServerExchange, _ loop: LoopContext) {
        loop.countRequest()
        guard accessLog != nil else { return }
        exchange.startTime = .now()
        exchange.keepsResponseFields = keepsResponseFields
    }

    @inline(__always)
    func exchangeEnded(
        _ exchange: ServerExchange, _ storage: RequestScope.Storage, _ loop: LoopContext, _ failure: (any Error)?
    ) {
        if failure != nil || exchange.failure != nil { report(exchange, storage, failure) }
        guard let log = loop.accessLog else { return }
        log.append(
            AccessLogEntry(
                head: storage.contents.pointee.head, link: storage.contents.pointee.link, status: exchange.status,
                contentBytes: exchange.contentBytes,
                nanoseconds: (.now() - exchange.startTime).nanoseconds,
                ending: exchange.reason?.name ?? "completed", responseFields: exchange.responseFields))
    }

    /// A request that never became an exchange, because the server refused it: its head, as far as that is known.
    func refused(
        _ head: RequestHead, _ link: RequestScope.Link, _ loop: LoopContext, status: Int, sentence: String
    ) {
        logger.debug("Refused a request: \(sentence)", metadata: ["status": "\(status)", "client": "\(link.peerName)"])
        guard let log = loop.accessLog else { return }
        log.append(
            AccessLogEntry(
                head: head, link: link, status: status, contentBytes: 0, nanoseconds: 0,
                ending: DisconnectReason.protocolError.name, responseFields: nil))
    }

    private func report(_ exchange: ServerExchange, _ storage: RequestScope.Storage, _ failure: (any Error)?) {
        // A peer that has gone is never an error of the application.
        if let reason = exchange.reason, reason != .serverError { return }
        let scope = RequestScope(storage: storage)
        var metadata: Logger.Metadata = [
            "method": "\(scope.method)", "path": "\(scope.rawPath)",
            "client": "\(storage.contents.pointee.link.peerName)",
        ]
        if let failure { metadata["error"] = "\(String(describing: failure))" }
        logger.error(
            "\(exchange.failure ?? "The application threw after its response was complete.")", metadata: metadata)
    }
}

/// Counts that a server keeps while it runs.
final class ServerCounters: Sendable {
    let connections = Atomic<Int>(0)
    let accepted = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    /// WebSockets that have been asked for and are not over.
    let webSockets = Atomic<Int>(0)
}

/// The timeouts of a configuration as the event loops count them.
struct ConnectionTimeouts: Sendable {
    let requestHeader: TimeAmount?
    let bodyStall: TimeAmount?
    let keepAlive: TimeAmount?
    let writeStall: TimeAmount?
    let connectionAge: TimeAmount?
    let handshake: TimeAmount?
    let halfClosed: TimeAmount?
    let linger: TimeAmount

    init(_ timeouts: ServerConfiguration.Timeouts) {
        requestHeader = timeouts.requestHeader.map(TimeAmount.init)
        bodyStall = timeouts.bodyStall.map(TimeAmount.init)
        keepAlive = timeouts.keepAlive.map(TimeAmount.init)
        writeStall = timeouts.writeStall.map(TimeAmount.init)
        connectionAge = timeouts.connectionAge.map(TimeAmount.init)
        handshake = timeouts.handshake.map(TimeAmount.init)
        halfClosed = timeouts.halfClosed.map(TimeAmount.init)
        linger = TimeAmount(timeouts.linger)
    }
}

/// The hosts that a server answers for.
struct ServerNames: Sendable {
    private let exact: Set<String>
    private let suffixes: [String]

    /// Nil when every host is served.
    init?(_ names: [String]) {
        guard !names.isEmpty else { return nil }
        let names = names.map { $0.lowercased() }
        exact = Set(names.filter { !$0.hasPrefix("*.") })
        suffixes = names.filter { $0.hasPrefix("*.") }.map { String($0.dropFirst()) }
    }

    /// Whether the host of `authority`, its port left out, is one of them.
    func contains(_ authority: String) -> Bool {
        var host = authority.lowercased()
        if host.hasPrefix("[") {
            host = String(host.dropFirst().prefix { $0 != "]" })
        } else if let colon = host.firstIndex(of: ":") {
            host = String(host[..<colon])
        }
        if host.hasSuffix(".") { host.removeLast() }
        return exact.contains(host) || suffixes.contains { host.hasSuffix($0) && host.count > $0.count }
    }
}

extension RequestScope.Link {
    var peerName: String { client.map(String.init(describing:)) ?? "unix" }
}
