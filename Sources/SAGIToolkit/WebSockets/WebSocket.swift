public import Foundation
public import HTTPTypes
public import NIOCore
public import SAGI
import Synchronization

/// A WebSocket, as a handler gets it: whole messages both ways.
///
/// ```swift
/// routes.webSocket("/echo") { socket in
///     for try await message in socket { try await socket.send(message) }
/// }
/// ```
///
/// The first message that is sent or waited for accepts the socket, unless ``accept(subprotocol:headerFields:compression:)``
/// has done so or ``deny(_:)`` has denied it. Any task may send; one at a time receives. Returning closes the socket.
public final class WebSocket: Sendable {
    /// The request that asked for the socket.
    public let request: Request
    /// The subprotocols that the client offers, in its order.
    public let subprotocols: [String]

    private let receive: Receive<WebSocketInbound>
    private let outbound: Send<WebSocketOutbound>
    private let status = Mutex(Status())
    private let opening = Opening()

    private struct Status {
        var state = State.connecting
        var subprotocol: String?
        var closing: Closing?
    }

    /// How far a socket has come.
    public enum State: Sendable {
        /// Neither accepted nor denied.
        case connecting
        case open
        /// Closed by one side, denied, or gone.
        case closed
    }

    /// How a socket ended.
    public struct Closing: Sendable, Equatable {
        /// The code of the Close frame (RFC 6455 §7.4): 1005 for none in it, and 1006 when there was no Close frame.
        public var code: UInt16
        /// The peer's reason; of code 1006 and of what the server has closed, the name of a `DisconnectReason`.
        public var reason: String
    }

    /// Makes a socket of an exchange. Of one exchange there must be no more than one.
    public init(_ exchange: WebSocketExchange) {
        request = Request(scope: exchange.scope)
        subprotocols = exchange.subprotocols
        receive = exchange.receive
        outbound = exchange.send
    }

    /// How far the socket has come.
    public var state: State {
        let state = status.withLock { $0.state }
        return state == .open && !request.isConnected ? .closed : state
    }

    /// What was agreed on; `nil` before the socket is open, and for none.
    public var subprotocol: String? { status.withLock { $0.subprotocol } }

    /// How the socket ended, as far as that has been received.
    public var closing: Closing? { status.withLock { $0.closing } }

    // MARK: Opening

    /// Opens the socket. Once it is open this does nothing.
    ///
    /// - Parameters:
    ///   - subprotocol: one of ``subprotocols``, or `nil`, the default, for none.
    ///   - headerFields: what the response to the handshake has beside what it must have.
    ///   - compression: whether messages are compressed for a client that can read that; `nil`, the default, leaves it to
    ///     the server.
    /// - Throws: `ExchangeError` for a subprotocol that was not offered, and for a socket that was denied.
    public nonisolated(nonsending) func accept(
        subprotocol: String? = nil, headerFields: HTTPFields = [:], compression: Bool? = nil
    ) async throws {
        guard state == .connecting else { return }
        // Others who send or receive wait until it is open.
        try await opening {
            try await outbound(.accept(subprotocol: subprotocol, headerFields: headerFields, compression: compression))
            status.withLock { status in
                guard status.state == .connecting else { return }
                status.state = .open
                status.subprotocol = subprotocol
            }
        }
    }

    /// Answers the handshake with an ordinary response instead.
    ///
    /// - Throws: `ExchangeError` when the socket is open or has ended.
    public nonisolated(nonsending) func deny(_ response: Response) async throws {
        let exchange = WebSocketExchange(
            scope: request.scope, subprotocols: subprotocols, receive: receive, send: outbound)
        try await response.handle(.webSocket(exchange))
        status.withLock { $0.state = .closed }
    }

    // MARK: Sending

    /// Sends a text message. Waits while the client takes less than is sent.
    ///
    /// - Throws: `ExchangeError` for a socket that this side has closed. Nothing for a client that has gone.
    public nonisolated(nonsending) func send(_ text: String) async throws {
        try await accept()
        try await outbound(.text(text))
    }

    /// Sends a binary message.
    public nonisolated(nonsending) func send(_ bytes: ByteBuffer) async throws {
        try await accept()
        try await outbound(.bytes(bytes))
    }

    /// Sends a message as it was received.
    public nonisolated(nonsending) func send(_ message: Message) async throws {
        switch message {
        case .text(let text): try await send(text)
        case .bytes(let bytes): try await send(bytes)
        }
    }

    /// Sends a value as a text message of JSON.
    public nonisolated(nonsending) func send(json value: some Encodable, encoder: JSONEncoder = JSONEncoder())
        async throws
    {
        try await send(String(decoding: encoder.encode(value), as: UTF8.self))
    }

    /// Sends a message unless the client is behind: then it does nothing, and returns false. For whoever would rather
    /// drop a message than wait.
    public nonisolated(nonsending) func trySend(_ message: Message) async throws -> Bool {
        guard !request.scope.isBehind else { return false }
        try await send(message)
        return true
    }

    /// Pings the client each `interval` in which nothing has arrived from it, and closes the socket when nothing has for
    /// `timeout` more; `nil` stops that. The server does so anyway, as it is configured.
    public nonisolated(nonsending) func keepalive(every interval: Duration?, timeout: Duration? = nil) async throws {
        try await accept()
        try await outbound(.keepalive(interval: interval, timeout: timeout))
    }

    /// Closes the socket. Of several calls the first one counts. Before the socket is open it is denied with 403.
    ///
    /// - Throws: `ExchangeError` for a code that may not be sent (RFC 6455 §7.4), or a reason of more than 123 bytes.
    public nonisolated(nonsending) func close(code: UInt16 = 1000, reason: String = "") async throws {
        try await outbound(.close(code: code, reason: reason))
        status.withLock { $0.state = .closed }
    }

    /// Calls `body` when the socket has ended: with `nil` when this side has closed it, or else with why.
    public func onClose(_ body: @escaping @Sendable (DisconnectReason?) -> Void) { request.scope.onClose(body) }

    // MARK: Receiving

    /// The next message, whole; `nil` when the socket has ended, for which ``closing`` says how.
    ///
    /// A message that is too large for the server's limit ends the socket. Whoever wants the parts of a message as they
    /// arrive uses the exchange itself.
    public nonisolated(nonsending) func receive() async throws -> Message? {
        var text: String?
        var bytes: ByteBuffer?
        while true {
            switch try await receive.callAsFunction() {
            case .connect:
                try await accept()
            case .text(let part, let more):
                if !more { return .text(text.map { $0 + part } ?? part) }
                text = (text ?? "") + part
            case .bytes(var part, let more):
                guard var whole = bytes.take() else {
                    if !more { return .bytes(part) }
                    bytes = part
                    continue
                }
                whole.writeBuffer(&part)
                if !more { return .bytes(whole) }
                bytes = whole
            case .disconnect(let code, let reason):
                status.withLock { status in
                    status.state = .closed
                    status.closing = Closing(code: code, reason: reason)
                }
                return nil
            }
        }
    }

    /// The next message as JSON; `nil` when the socket has ended.
    ///
    /// - Throws: ``WebSocketClosure`` with 1007 for a message that is not such a value: uncaught, it closes the socket.
    public nonisolated(nonsending) func receive<Value: Decodable>(
        _ type: Value.Type, decoder: JSONDecoder = JSONDecoder()
    ) async throws -> Value? {
        try await receive().map { try $0.decode(type, decoder) }
    }
}

extension WebSocket: AsyncSequence {
    public typealias Element = Message

    public func makeAsyncIterator() -> Iterator { Iterator(socket: self) }

    /// The messages of a socket until it ends.
    public struct Iterator: AsyncIteratorProtocol {
        let socket: WebSocket

        public nonisolated(nonsending) mutating func next() async throws -> Message? { try await socket.receive() }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Message? {
            try await socket.receive()
        }
    }

    /// The messages as values of JSON.
    public func messages<Value: Decodable & Sendable>(
        of type: Value.Type, decoder: JSONDecoder = JSONDecoder()
    ) -> some AsyncSequence<Value, any Error> {
        map { try $0.decode(type, decoder) }
    }
}
