public import HTTPTypes
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The client's end of an open WebSocket.
///
/// ```swift
/// try await client.webSocket("/chat") { socket in
///     try await socket.send("hello")
///     #expect(try await socket.text() == "hello")
///     try await socket.close()
/// }
/// ```
///
/// It answers pings and a Close by itself. One task receives at a time. Every wait ends with
/// ``TestClientError/timeout(_:)`` after ``TestClient/Options/timeout``.
public final class TestWebSocket: Sendable {
    /// The head of the response that accepted the handshake.
    public let response: HTTPResponse
    /// The exchange that the handshake began.
    public let exchange: TestExchange
    let inbox: SocketInbox
    let channel: any SocketChannel
    /// Whether the message that has been begun with `more` is a text; nil when there is none.
    private let openMessage = Monitor<Bool?>(nil)

    init(_ response: HTTPResponse, _ exchange: TestExchange, _ inbox: SocketInbox, _ channel: any SocketChannel) {
        self.response = response
        self.exchange = exchange
        self.inbox = inbox
        self.channel = channel
    }

    // MARK: The handshake

    /// The fields of the response that accepted the handshake.
    public var headerFields: HTTPFields { response.headerFields }
    /// The subprotocol that the application chose; `nil` when it chose none.
    public var subprotocol: String? { headerFields[.secWebSocketProtocol] }
    /// Whether both sides have agreed to compress messages (RFC 7692).
    public var isCompressed: Bool { headerFields[.secWebSocketExtensions]?.contains("permessage-deflate") ?? false }

    // MARK: Sending

    /// Sends a text message, or a part of one. Suspends while the application takes none of it.
    ///
    /// - Parameters:
    ///   - text: the message, or the part.
    ///   - more: whether other parts of the message follow. Default false.
    /// - Throws: ``WebSocketClosed`` when either side has closed the socket.
    public func send(_ text: String, more: Bool = false) async throws {
        try begin(isText: true, more: more)
        try await send(.text(text, more: more))
    }

    /// Sends a binary message, or a part of one; see ``send(_:more:)-(String,_)``.
    public func send(_ bytes: ByteBuffer, more: Bool = false) async throws {
        try begin(isText: false, more: more)
        try await send(.bytes(bytes, more: more))
    }

    /// Sends a value as JSON in a text message.
    ///
    /// - Throws: what the encoder throws, or ``WebSocketClosed``.
    public func send(json value: some Encodable) async throws {
        try await send(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }

    private func begin(isText: Bool, more: Bool) throws {
        try openMessage.withLock { open in
            guard open ?? isText == isText else {
                throw TestClientError.invalidRequest("A message of one kind cannot go on as one of the other.")
            }
            open = more ? isText : nil
        }
    }

    private func send(_ frame: SocketFrame) async throws {
        try inbox.monitor.withLock { state in
            if state.sentClose || state.close != nil { throw state.closed }
        }
        try await within(exchange.options.timeout, "Room for more on the WebSocket") { [channel] in
            try await channel.send(frame)
        }
    }

    // MARK: Receiving

    /// The next message: waits until it is there.
    ///
    /// - Throws: ``WebSocketClosed`` when the socket is closed and everything before that has been received; what the
    ///   application threw, unless ``TestClient/Options/raisesApplicationErrors`` is off.
    public func receive() async throws -> WebSocketMessage {
        if let message = try await nextMessage() { return message }
        throw inbox.monitor.withLock { $0.closed }
    }

    /// The next message, which must be a text; see ``receive()``.
    ///
    /// - Throws: ``TestClientError/unexpectedContent(_:)`` when it is binary.
    public func text() async throws -> String {
        switch try await receive() {
        case .text(let text): return text
        case .bytes(let bytes):
            throw TestClientError.unexpectedContent(
                "A text was expected, and a binary message of \(bytes.readableBytes) bytes came.")
        }
    }

    /// The next message, which must be binary; see ``receive()``.
    ///
    /// - Throws: ``TestClientError/unexpectedContent(_:)`` when it is a text.
    public func bytes() async throws -> ByteBuffer {
        switch try await receive() {
        case .bytes(let bytes): return bytes
        case .text(let text):
            throw TestClientError.unexpectedContent("A binary message was expected, and a text came: \(text)")
        }
    }

    /// The next message as JSON, be it a text or binary; see ``receive()``.
    ///
    /// - Throws: ``TestClientError/unexpectedContent(_:)`` that shows the message.
    public func json<Value: Decodable>(as type: Value.Type = Value.self) async throws -> Value {
        let bytes =
            switch try await receive() {
            case .text(let text): ByteBuffer(string: text)
            case .bytes(let bytes): bytes
            }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch {
            let preview = String(buffer: bytes).prefix(1000)
            throw TestClientError.unexpectedContent("The message is no JSON of \(type): \(error). It is: \(preview)")
        }
    }

    /// The next message; nil when the socket is closed.
    fileprivate func nextMessage() async throws -> WebSocketMessage? {
        let next = try await within(exchange.options.timeout, "The next message of the WebSocket") { [inbox] in
            try await inbox.monitor.wait { state -> (message: WebSocketMessage, waiting: Int)?? in
                if !state.messages.isEmpty { return .some(state.messages.removeFirst()) }
                guard state.close != nil else { return nil }
                return .some(nil)
            }
        }
        if let next { channel.taken(next.waiting) } else { try raise(exchange.channel.outcomeSoFar) }
        return next?.message
    }

    private func raise(_ outcome: ApplicationOutcome?) throws {
        guard exchange.options.raisesApplicationErrors, !inbox.monitor.withLock({ $0.didDrop }) else { return }
        // An application that is cancelled because its client has closed the socket has done nothing wrong.
        if let error = outcome?.error, !(error is CancellationError) { throw error }
    }

    // MARK: Pings

    /// Sends a ping, and waits for its pong.
    ///
    /// - Throws: ``WebSocketClosed`` when the socket is closed before the pong came.
    public func ping() async throws {
        var payload = ByteBuffer()
        payload.writeInteger(UInt64.random(in: .min ... .max))
        try await send(.ping(payload))
        try await within(exchange.options.timeout, "The pong") { [inbox, payload] in
            try await inbox.monitor.wait { state -> Void? in
                if let index = state.pongs.firstIndex(of: payload) {
                    state.pongs.remove(at: index)
                    return ()
                }
                if state.close != nil { throw state.closed }
                return nil
            }
        }
    }

    /// The payloads of the pings that have come from the server.
    public var pings: [ByteBuffer] { inbox.monitor.withLock { $0.pings } }

    /// Waits until so many pings have come from the server since the socket was opened.
    ///
    /// - Throws: ``WebSocketClosed`` when the socket is closed before that.
    public func waitForPings(_ count: Int) async throws {
        try await within(exchange.options.timeout, "Ping \(count) of the server") { [inbox] in
            try await inbox.monitor.wait { state -> Void? in
                if state.pings.count >= count { return () }
                if state.close != nil { throw state.closed }
                return nil
            }
        }
    }

    /// Whether pings are answered. Without that a server with a keepalive takes the client for gone. Default true.
    public var answersPings: Bool {
        get { inbox.monitor.withLock { $0.answersPings } }
        set { inbox.monitor.withLock { $0.answersPings = newValue } }
    }

    // MARK: The end

    /// Closes the socket, and waits for the answer of the server. Does nothing when it is closed already.
    ///
    /// - Parameters:
    ///   - code: `nil` for a Close frame without one. Default 1000.
    ///   - reason: at most 123 bytes; it goes with a code only.
    /// - Returns: what the server has said; see ``closed``.
    @discardableResult
    public func close(code: UInt16? = 1000, reason: String = "") async throws -> WebSocketClose {
        guard reason.utf8.count <= 123 else {
            throw TestClientError.invalidRequest("A close reason is longer than 123 bytes.")
        }
        let isFirst = inbox.monitor.update { state in
            defer { state.sentClose = true }
            return !state.sentClose && state.close == nil
        }
        if isFirst {
            try await within(exchange.options.timeout, "Room for a Close frame") { [channel] in
                try await channel.send(.close(code: code, reason: code == nil ? "" : reason))
            }
        }
        return try await closed
    }

    /// How the socket was closed: waits until it is. Messages that came before can still be received.
    ///
    /// - Throws: ``TestClientError/timeout(_:)`` when it stays open.
    public var closed: WebSocketClose {
        get async throws {
            try await within(exchange.options.timeout, "The end of the WebSocket") { [inbox] in
                try await inbox.monitor.wait { $0.close }
            }
        }
    }

    /// Goes away without a Close frame. The application receives `.disconnect(code: 1006, …)`.
    public func drop() {
        inbox.monitor.update { state in
            state.didDrop = true
            state.close = state.close ?? WebSocketClose(code: 1006)
        }
        exchange.disconnect()
    }

    /// What the application threw: waits until it has returned. `nil` when it returned well.
    public func applicationError() async throws -> (any Error)? { try await exchange.applicationError() }

    /// Closes the socket with 1000 if it is open, and waits until the application has returned.
    ///
    /// - Throws: what the application threw, unless the test has dropped the socket or
    ///   ``TestClient/Options/raisesApplicationErrors`` is off.
    public func finish() async throws {
        try await close()
        guard !inbox.monitor.withLock({ $0.didDrop }) else { return }
        let outcome = try await within(exchange.options.timeout, "The application's end") { [exchange] in
            try await exchange.channel.outcome()
        }
        try raise(outcome)
    }
}

extension SocketInbox.State {
    fileprivate var closed: WebSocketClosed {
        WebSocketClosed(close: close ?? WebSocketClose(code: 1006), failure: failure)
    }
}

/// The messages as they come. They end when the socket is closed; when the application threw, the iteration throws
/// that, unless ``TestClient/Options/raisesApplicationErrors`` is off.
extension TestWebSocket: AsyncSequence {
    public typealias Element = WebSocketMessage

    public func makeAsyncIterator() -> Iterator { Iterator(socket: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let socket: TestWebSocket

        /// The next message; `nil` when the socket is closed.
        public mutating func next() async throws -> WebSocketMessage? { try await socket.nextMessage() }
    }
}
