import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import SAGI
import Testing

@testable import SAGIServer

/// A connection of HTTP/1.1 over a ``MemoryTransport``, driven on a real event loop.
final class MemoryConnection: Sendable {
    private struct Parts {
        let connection: HTTP1Connection
        let transport: MemoryTransport
        let loop: LoopContext
    }

    private let parts: NIOLoopBound<Parts>
    private let eventLoop: any EventLoop

    static func run(
        _ application: any Application, extensions: Extensions = Extensions(),
        _ change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (MemoryConnection) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        change(&configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let parts = try await eventLoop.submit { [configuration] in
            let core = ServerCore(
                application: application, configuration: configuration, files: .singleton, accessLog: nil,
                logger: Logger(label: "test"))
            let loop = LoopContext(
                eventLoop: eventLoop, serverFields: ServerFields(server: nil, addsDate: false),
                waterMarks: (configuration.limits.lowWaterMark, configuration.limits.highWaterMark))
            let transport = MemoryTransport()
            let link = RequestScope.Link(
                scheme: "http", client: .ip("192.0.2.1", port: 1), server: .ip("192.0.2.2", port: 80), state: State(),
                extensions: extensions, logger: Logger(label: "test"))
            let connection = HTTP1Connection(server: core, loop: loop, transport: transport, link: link)
            loop.turn { connection.start() }
            return NIOLoopBound(
                Parts(connection: connection, transport: transport, loop: loop), eventLoop: eventLoop)
        }.get()
        let connection = MemoryConnection(parts: parts, eventLoop: eventLoop)
        do {
            try await body(connection)
        } catch {
            await connection.close()
            try await group.shutdownGracefully()
            throw error
        }
        await connection.close()
        try await group.shutdownGracefully()
    }

    private init(parts: NIOLoopBound<Parts>, eventLoop: any EventLoop) {
        self.parts = parts
        self.eventLoop = eventLoop
    }

    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Parts) -> Result) async throws -> Result {
        try await eventLoop.submit { [parts] in
            var result: Result?
            parts.value.loop.turn { result = body(parts.value) }
            return try #require(result)
        }.get()
    }

    func receive(_ text: String) async throws {
        try await onLoop { $0.connection.received(ByteBuffer(string: text)) }
    }

    /// Characters below U+0100 as bytes.
    func receiveBytes(_ text: String) async throws {
        let bytes = text.unicodeScalars.map { UInt8($0.value) }
        try await onLoop { $0.connection.received(ByteBuffer(bytes: bytes)) }
    }

    func receiveEnd() async throws { try await onLoop { $0.connection.receivedEnd() } }

    func stall() async throws { try await onLoop { $0.transport.isStalled = true } }

    func drain() async throws {
        try await onLoop {
            $0.transport.drain()
            $0.connection.writabilityChanged()
        }
    }

    func reachDeadline() async throws { try await onLoop { $0.connection.deadlineReached() } }

    func close() async {
        _ = try? await onLoop { $0.connection.closed(.clientClosed) }
    }

    var sent: String { get async throws { try await onLoop { String(buffer: $0.transport.sent) } } }
    var sendCount: Int { get async throws { try await onLoop { $0.transport.sendCount } } }
    var isReading: Bool { get async throws { try await onLoop { $0.transport.isReading } } }
    var isOutputClosed: Bool { get async throws { try await onLoop { $0.transport.isOutputClosed } } }
    var isClosed: Bool { get async throws { try await onLoop { $0.transport.isClosed } } }
    var isAborted: Bool { get async throws { try await onLoop { $0.transport.isAborted } } }

    /// Waits until what was sent fulfils `condition`.
    func waitForSent(_ condition: @Sendable (String) -> Bool) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            let text = try await sent
            if condition(text) { return text }
            await Task.yield()
        }
        let text = try await sent
        Issue.record("Not sent in time; sent so far: \(text)")
        return text
    }
}

/// An application made of a closure over HTTP exchanges.
func http(
    _ body: nonisolated(nonsending) @escaping @Sendable (HTTPExchange) async throws -> Void
) -> ClosureApplication {
    ClosureApplication { exchange in
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        try await body(http)
    }
}
