import HTTPSemantics
import HTTPTypes
import Logging
import NIOCore
import SAGI
import Synchronization

/// Calls an application directly, in the order and with the rules of a server.
final class InMemoryTransport: TestTransport {
    private let application: any Application
    private let options: InMemoryOptions
    private let timeout: Duration
    private let lifespan: TestLifespan
    private let state: State
    private let exchanges = Mutex<[MemoryExchange]>([])

    /// Tells the application to start.
    init(_ application: any Application, _ options: InMemoryOptions, timeout: Duration) async throws {
        self.application = application
        self.options = options
        self.timeout = timeout
        lifespan = TestLifespan(application)
        let prepared =
            options.lifespan == .off
            ? nil : try await lifespan.startup(mayDecline: options.lifespan == .auto, timeout: timeout)
        state = options.state ?? prepared ?? State()
    }

    var scheme: String { options.scheme }
    var authority: String { options.authority }
    var version: HTTPVersion { options.version }

    func open(_ outgoing: OutgoingRequest) async throws -> any TestChannel {
        let request = outgoing.request
        let acceptsTrailers =
            options.version != .http10
            && (options.version != .http11
                || request.headerFields[values: .te].contains { $0.lowercased().contains("trailers") })
        let exchange = MemoryExchange(
            MemoryExchange.Facts(
                isHead: request.method == .head, version: options.version, acceptsTrailers: acceptsTrailers,
                expectsContinue: outgoing.hasBody && request.expectsContinue,
                hasBody: outgoing.hasBody, hasLength: request.headerFields[.contentLength] != nil,
                disconnect: outgoing.disconnect, inputBuffer: options.inputBuffer,
                cancelsOnDisconnect: options.cancelsOnDisconnect, closeTimeout: options.closeTimeout,
                webSocket: outgoing.webSocket),
            highWaterMark: options.highWaterMark, lowWaterMark: options.lowWaterMark)

        var scope = RequestScope(
            request: request, version: options.version, client: options.client, server: options.server, state: state,
            extensions: extensions(acceptsTrailers: acceptsTrailers), connection: exchange, logger: options.logger)
        if outgoing.webSocket != nil { scope.storage.contents.pointee.head.facts.insert(.webSocket) }
        if !options.rootPath.isEmpty { scope.rootPath = options.rootPath }

        exchanges.withLock { exchanges in
            exchanges.removeAll { $0.monitor.withLock { $0.outcome != nil } }
            exchanges.append(exchange)
        }
        exchange.start(application, scope)
        return MemoryChannel(exchange)
    }

    private func extensions(acceptsTrailers: Bool) -> Extensions {
        var extensions = options.extensions
        if options.version != .http10 { extensions[EarlyHints.self] = extensions[EarlyHints.self] ?? EarlyHints() }
        if acceptsTrailers { extensions[Trailers.self] = extensions[Trailers.self] ?? Trailers() }
        extensions[DenialResponse.self] = extensions[DenialResponse.self] ?? DenialResponse()
        extensions[FullFlush.self] = extensions[FullFlush.self] ?? FullFlush()
        return extensions
    }

    func shutdown() async throws {
        let open = exchanges.withLock { $0 }
        for exchange in open { exchange.shutDown() }
        try await within(timeout, "The end of the application's exchanges") {
            for exchange in open { _ = try await exchange.monitor.wait { $0.outcome } }
        }
        // After the last exchange.
        if options.lifespan != .off { try await lifespan.shutdown(timeout: timeout) }
    }
}

extension HTTPRequest {
    /// Whether the client waits for `100 Continue` (RFC 9110 §10.1.1).
    package var expectsContinue: Bool { headerFields[.expect]?.lowercased() == "100-continue" }
}
